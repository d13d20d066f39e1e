"""All scores of one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from glioscope.core import CaseError, Label, Region, Volume, check_same_grid, region_mask
from glioscope.evaluation.lesionwise import lesion_wise_scores
from glioscope.evaluation.overlap import dice, mean_iou
from glioscope.evaluation.surface import SurfaceDistances

SCORED_REGIONS: Final = (Region.ET, Region.TC, Region.WT)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionScores:
    """How well one region of one case was found.

    Args:
        dice: 0 to 1.
        lesion_wise_dice: BraTS 2023, 0 to 1.
        hd95_mm: 95th percentile of the Hausdorff distance.
        lesion_wise_hd95_mm: BraTS 2023.
        normalized_surface_dice: At the tolerance of the case, 0 to 1.
        truth_ml: Volume of the truth.
        prediction_ml: Volume of the prediction.
    """

    dice: float
    lesion_wise_dice: float
    hd95_mm: float
    lesion_wise_hd95_mm: float
    normalized_surface_dice: float
    truth_ml: float
    prediction_ml: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseScores:
    """How well one case was segmented.

    Args:
        case_id: Pseudonym.
        regions: Scores by region.
        mean_iou: Of the three labels; ``None`` where the truth does not hold them all.
        tolerance_mm: Of the normalized surface Dice.
    """

    case_id: str
    regions: Mapping[Region, RegionScores]
    mean_iou: float | None
    tolerance_mm: float

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``json.dump``."""
        return {
            "case_id": self.case_id,
            "regions": {str(region): asdict(scores) for region, scores in self.regions.items()},
            "mean_iou": self.mean_iou,
            "tolerance_mm": self.tolerance_mm,
        }


def evaluate_case(
    prediction: Volume,
    truth: Volume,
    *,
    case_id: str,
    regions: tuple[Region, ...] = SCORED_REGIONS,
    tolerance_mm: float = 1.0,
) -> CaseScores:
    """Score the labels of one case against the truth.

    Args:
        prediction: Labels of ``core.Label``; not probabilities, not the 4 of older sets.
        truth: Labels on the same grid.
        case_id: Named in errors.
        regions: Regions that the truth can speak about; with a whole-tumor mask only, give
            ``(Region.WT,)``, and the mean IoU of the labels stays ``None``.
        tolerance_mm: Of the normalized surface Dice.

    Raises:
        GridMismatchError: If the grids differ.
        CaseError: If a value is no label.
    """
    check_same_grid(case_id=case_id, prediction=prediction, truth=truth)
    predicted, true = _cropped(
        _labels(prediction, name="prediction", case_id=case_id),
        _labels(truth, name="truth", case_id=case_id),
    )
    scores = {
        region: _region_scores(
            region_mask(predicted, region).data, region_mask(true, region).data, truth, tolerance_mm
        )
        for region in regions
    }
    labels_known = set(regions) >= set(SCORED_REGIONS)
    return CaseScores(
        case_id=case_id,
        regions=scores,
        mean_iou=mean_iou(predicted.data, true.data) if labels_known else None,
        tolerance_mm=tolerance_mm,
    )


def _region_scores(
    prediction: npt.NDArray[np.bool_],
    truth: npt.NDArray[np.bool_],
    grid: Volume,
    tolerance_mm: float,
) -> RegionScores:
    distances = SurfaceDistances.between(prediction, truth, spacing_mm=grid.spacing_mm)
    by_lesion = lesion_wise_scores(prediction, truth, spacing_mm=grid.spacing_mm)
    return RegionScores(
        dice=dice(prediction, truth),
        lesion_wise_dice=by_lesion.dice,
        hd95_mm=distances.hd95_mm(),
        lesion_wise_hd95_mm=by_lesion.hd95_mm,
        normalized_surface_dice=distances.normalized_surface_dice(tolerance_mm),
        truth_ml=int(np.count_nonzero(truth)) * grid.voxel_volume_ml,
        prediction_ml=int(np.count_nonzero(prediction)) * grid.voxel_volume_ml,
    )


def _labels(volume: Volume, *, name: str, case_id: str) -> Volume:
    known = (volume.data >= 0) & (volume.data <= max(Label))
    labels = np.where(known, volume.data, 0).astype(np.uint8)
    if not np.array_equal(labels, volume.data):
        found = np.unique(volume.data[~known | (labels != volume.data)])[:6].tolist()
        msg = (
            f"case {case_id}: the {name} holds {found}, which are no labels (0 to"
            f" {int(max(Label))}); read it with glioscope.io.read_labels, which knows the"
            " conventions of BraTS"
        )
        raise CaseError(msg)
    return volume.with_data(labels)


def _cropped(prediction: Volume, truth: Volume) -> tuple[Volume, Volume]:
    """Cut both to the box that holds all labels; no score depends on what lies around it."""
    either = (prediction.data != 0) | (truth.data != 0)
    spans = []
    for axis in range(3):
        filled = np.nonzero(either.any(axis=tuple({0, 1, 2} - {axis})))[0]
        # Dilated lesions must have room, or they would not join as they do on the whole grid.
        spans.append((max(int(filled[0]) - 4, 0), int(filled[-1]) + 5) if filled.size else (0, 1))
    box = tuple(slice(*span) for span in spans)
    return (
        Volume(data=prediction.data[box], affine=prediction.affine),
        Volume(data=truth.data[box], affine=truth.affine),
    )
