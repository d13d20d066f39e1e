"""The brain mask of a case: the user's, that of stripped images, or extracted from the heads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import (
    Alignment,
    CaseError,
    Notice,
    Sequence,
    Severity,
    Study,
    Volume,
    grid_difference,
)
from glioscope.preparation.grid import resampled_mask
from glioscope.preparation.lesion_edge import with_whole_lesions
from glioscope.preparation.recognize import Recognized
from glioscope.preparation.stripped import require_foreground

Extract = Callable[[Volume], Volume]
"""Takes a head (intensities) and returns the bool mask of its brain on the same grid."""

_NEAR_MM: Final = 6.0
_AGREEING: Final = 0.93


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BrainMask:
    """The brain on the case's grid, and what must be said about it."""

    mask: Volume
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """All series of a patient brought to one grid.

    Args:
        images: As scanned.
        heads: On the case's grid.
        alignments: By sequence.
        reference: The sequence that did not move.
    """

    images: Mapping[Sequence, Volume]
    heads: Mapping[Sequence, Volume]
    alignments: Mapping[Sequence, Alignment]
    reference: Sequence


def brain_mask(study: Study, placed: Placed, state: Recognized, *, extract: Extract) -> BrainMask:
    """Find the brain.

    Args:
        study: Its own mask, if it brings one, overrules all.
        placed: The heads.
        state: What was already done to the images.
        extract: Finds the brain in one head.

    Raises:
        CaseError: If the mask found is empty.
    """
    if study.brain_mask is not None:
        found = BrainMask(mask=_given(study.brain_mask, placed))
    elif state.stripped:
        raw = state.brain or require_foreground(
            placed.images[placed.reference], case_id=study.case_id
        )
        found = BrainMask(mask=resampled_mask(raw, like=placed.heads[placed.reference]))
    else:
        found = _extracted(placed, extract)
    if not found.mask.data.any():
        msg = f"case {study.case_id}: no brain was found; give its mask with --brain-mask"
        raise CaseError(msg)
    return found


def _given(mask: Volume, placed: Placed) -> Volume:
    """Bring the user's mask along with the series on whose grid it lies."""
    grid = placed.heads[placed.reference]
    order = [placed.reference, *(s for s in placed.images if s is not placed.reference)]
    for sequence in order:
        if grid_difference(mask, placed.images[sequence]) is None:
            moved = placed.alignments[sequence].to_reference
            return resampled_mask(mask, like=grid, to_reference=moved)
    return resampled_mask(mask, like=grid)


def _extracted(placed: Placed, extract: Extract) -> BrainMask:
    """Extract on every sequence and let the sequences vote.

    One sequence may lose a tumor at the cortex and another may leak, so half of those that reach a
    voxel suffice, but only within a few millimetres of what more than half agree on.  Then lesions
    that are bright on FLAIR are followed out of it.
    """
    covered = {name: np.isfinite(head.data) for name, head in placed.heads.items()}
    found, refusals = {}, {}
    for name, head in placed.heads.items():
        try:
            one = extract(head.with_data(np.nan_to_num(head.data)))
        except CaseError as error:
            refusals[name] = error
        else:
            found[name] = one.data & covered[name]
    if not found:
        raise next(iter(refusals.values()))
    silent = tuple(_no_brain_on(name) for name in refusals)
    votes = np.sum(list(found.values()), axis=0, dtype=np.uint8)
    voters = np.sum([covered[name] for name in found], axis=0, dtype=np.uint8)
    grid = placed.heads[placed.reference]
    sure = 2 * votes > voters
    if not sure.any():
        return BrainMask(mask=grid.with_data(sure), notices=silent)
    mask = _joined((votes > 0) & (2 * votes >= voters), sure, np.array(grid.spacing_mm))
    if Sequence.FLAIR in placed.heads:
        mask = with_whole_lesions(grid.with_data(mask), placed.heads[Sequence.FLAIR]).data
    doubts = [
        (name, overlap)
        for name, one in found.items()
        if (overlap := _overlap(one, mask & covered[name])) < _AGREEING
    ]
    return BrainMask(
        mask=grid.with_data(mask), notices=(*silent, *(_doubt(*one) for one in doubts))
    )


def _overlap(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    total = np.count_nonzero(one) + np.count_nonzero(other)
    return 2.0 * np.count_nonzero(one & other) / total if total else 1.0


def _doubt(sequence: Sequence, overlap: float) -> Notice:
    message = (
        f"The brain found on {sequence.upper()} alone differs from the one found together (Dice"
        f" {overlap:.2f}); look at the brain outline in the pictures."
    )
    return Notice(
        code="brain-mask-uncertain",
        severity=Severity.WARNING,
        message=message,
        sequence=sequence,
    )


def _no_brain_on(sequence: Sequence) -> Notice:
    message = (
        f"No brain could be told on {sequence.upper()}; the brain comes from the other sequences."
        f" Look whether {sequence.upper()} shows a head."
    )
    return Notice(
        code="brain-not-found",
        severity=Severity.WARNING,
        message=message,
        sequence=sequence,
    )


def _joined(
    either: npt.NDArray[np.bool_],
    both: npt.NDArray[np.bool_],
    spacing_mm: npt.NDArray[np.float64],
) -> npt.NDArray[np.bool_]:
    near = ndimage.distance_transform_edt(~both, sampling=spacing_mm) <= _NEAR_MM
    filled: npt.NDArray[np.bool_] = ndimage.binary_fill_holes(either & near)
    return filled
