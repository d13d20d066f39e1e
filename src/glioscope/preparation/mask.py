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
from glioscope.preparation.recognize import Recognized
from glioscope.preparation.stripped import require_foreground

Extract = Callable[[Volume], Volume]
"""Takes a head (intensities) and returns the bool mask of its brain on the same grid."""

_SECOND: Final = (Sequence.FLAIR, Sequence.T2, Sequence.T1, Sequence.T1C)
"""Which sequence is extracted beside the reference: first those on which a tumor is bright."""

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


def brain_mask(
    study: Study, placed: Placed, state: Recognized, *, extract: Extract | None
) -> BrainMask:
    """Find the brain.

    Args:
        study: Its own mask, if it brings one, overrules all.
        placed: The heads.
        state: What was already done to the images.
        extract: Finds the brain in one head; ``None`` if there is no extraction.

    Raises:
        CaseError: If the mask found is empty, or there is no way to find one.
    """
    if study.brain_mask is not None:
        found = BrainMask(mask=_given(study.brain_mask, placed))
    elif state.stripped:
        raw = state.brain or require_foreground(
            placed.images[placed.reference], case_id=study.case_id
        )
        found = BrainMask(mask=resampled_mask(raw, like=placed.heads[placed.reference]))
    elif extract is not None:
        found = _extracted(placed, extract)
    else:
        msg = f"case {study.case_id}: the heads are not stripped; give a mask with --brain-mask"
        raise CaseError(msg)
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
    """Extract on the reference and on one sequence that shows a tumor bright, and join both.

    Either may lose a tumor at the cortex and either may leak, so the union is taken, but only as
    far as a few millimetres from what both agree on.
    """
    second = next((s for s in _SECOND if s in placed.heads and s is not placed.reference), None)
    one = extract(placed.heads[placed.reference])
    if second is None:
        return BrainMask(mask=one)
    other = extract(placed.heads[second])
    total = int(one.data.sum()) + int(other.data.sum())
    both = one.data & other.data
    if not both.any():
        return BrainMask(mask=one.with_data(both))
    joined = _joined(one.data | other.data, both, np.array(one.spacing_mm))
    notices = []
    overlap = 2.0 * int(both.sum()) / total
    if overlap < _AGREEING:
        message = (
            f"The brain found on {placed.reference.upper()} and on {second.upper()} agree little"
            f" (Dice {overlap:.2f}); look at the brain outline in the pictures."
        )
        notices.append(
            Notice(code="brain-mask-uncertain", severity=Severity.WARNING, message=message)
        )
    return BrainMask(mask=one.with_data(joined), notices=tuple(notices))


def _joined(
    either: npt.NDArray[np.bool_],
    both: npt.NDArray[np.bool_],
    spacing_mm: npt.NDArray[np.float64],
) -> npt.NDArray[np.bool_]:
    near = ndimage.distance_transform_edt(~both, sampling=spacing_mm) <= _NEAR_MM
    filled: npt.NDArray[np.bool_] = ndimage.binary_fill_holes(either & near)
    return filled
