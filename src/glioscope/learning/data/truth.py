"""The files of a listed case as a study, and what its expert drew, on the prepared case's grid."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import numpy.typing as npt

from glioscope.core import (
    REGION_LABELS,
    Case,
    CaseError,
    Label,
    Region,
    Sequence,
    Study,
    Volume,
    grid_difference,
)
from glioscope.io import read_labels, read_study, read_volume
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.sample import REGIONS
from glioscope.preparation import resampled

_DRAWN_OVER: Final = (Sequence.FLAIR, Sequence.T1C, Sequence.T2, Sequence.T1)
"""Whose world labels lie in, where several images have their grid: experts outline the whole
tumor on FLAIR."""

_LEAST_INSIDE: Final = 0.5
"""Of the whole tumor, within the brain: less means labels of another patient or another grid."""

_REGION_LABEL: Final = {
    Region.WT: Label.EDEMA,
    Region.TC: Label.NECROSIS,
    Region.ET: Label.ENHANCING,
}
"""What a voxel is that lies in this region and in none of the following ones."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """What an expert drew.

    Args:
        regions: In the order of ``REGIONS``, 0 to 1, float32, shape ``(3, I, J, K)`` on the case's
            grid; those that are not known are 0.
        known: 1 for each region that was outlined.
        labels: ``core.Label``, uint8, on the case's grid: half a voxel covered is inside.  A whole
            tumor alone is ``Label.EDEMA``.
    """

    regions: npt.NDArray[np.float32]
    known: tuple[int, int, int]
    labels: Volume


def read_listed(listed: ListedCase) -> Study:
    """Read exactly the files that a listing names.

    Raises:
        InputError: If one is missing or damaged.
    """
    # whatever else lies beside the files is left alone, so the folder to search is an empty one
    with TemporaryDirectory() as empty:
        return read_study(
            Path(empty),
            case_id=listed.case_id,
            overrides=listed.images,
            brain_mask=listed.brain,
        )


def read_truth(listed: ListedCase, *, case: Case, study: Study) -> Truth | None:
    """Read the labels of a case and bring them to its grid; ``None`` if it has none.

    Args:
        listed: Names the file of the labels.
        case: Prepared from ``study``.
        study: From ``read_listed``.

    Raises:
        InputError: If the file can't be read, or its values are no labels.
        CaseError: If they lie on the grid of no image, or for the most part outside the brain.
    """
    if listed.labels is None:
        return None
    drawn = _drawn(listed, listed.labels)
    known = (1, 0, 0) if listed.whole_tumor_only else (1, 1, 1)
    moved = _to_case(drawn, case=case, study=study)
    regions = np.zeros((len(REGIONS), *case.brain.shape), dtype=np.float32)
    for channel, region in enumerate(REGIONS):
        if known[channel]:
            mask = drawn.with_data(np.isin(drawn.data, REGION_LABELS[region]))
            regions[channel] = resampled(mask, like=case.brain, to_reference=moved).data
    _check_inside(regions[0], drawn, case)
    labels = np.zeros(case.brain.shape, dtype=np.uint8)
    for share, region in zip(regions, REGIONS, strict=True):
        labels[share >= 0.5] = _REGION_LABEL[region]
    return Truth(regions=regions, known=known, labels=case.brain.with_data(labels))


def _drawn(listed: ListedCase, path: Path) -> Volume:
    if not listed.whole_tumor_only:
        return read_labels(path, convention=listed.convention)
    whole = read_volume(path)
    return whole.with_data(np.where(whole.data > 0, Label.EDEMA, 0).astype(np.uint8))


def _to_case(labels: Volume, *, case: Case, study: Study) -> npt.NDArray[np.float64]:
    """Return how the labels' world is brought to the case's: as the image they were drawn over."""
    grids = {one.declared: one.volume for one in study.series}
    alignments = {one.sequence: one for one in case.alignments}
    for sequence in _DRAWN_OVER:
        if sequence in alignments and grid_difference(grids[sequence], labels) is None:
            return alignments[sequence].to_reference
    if all(one.already_aligned for one in alignments.values()):
        return np.eye(4)
    msg = (
        f"case {case.case_id}: the labels lie on the grid of none of the images"
        f" ({', '.join(alignments)}), and these were moved against each other; give labels on the"
        " grid of the image that they were drawn over"
    )
    raise CaseError(msg)


def _check_inside(whole: npt.NDArray[np.float32], drawn: Volume, case: Case) -> None:
    drawn_ml = np.count_nonzero(drawn.data) * drawn.voxel_volume_ml
    inside_ml = float(whole[case.brain.data].sum()) * case.brain.voxel_volume_ml
    if inside_ml < _LEAST_INSIDE * drawn_ml:
        msg = (
            f"case {case.case_id}: {inside_ml:.1f} of the {drawn_ml:.1f} ml of tumor in its labels"
            " lie within the brain; look whether the labels belong to these images"
        )
        raise CaseError(msg)
