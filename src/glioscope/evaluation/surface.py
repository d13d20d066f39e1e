"""How far apart the surfaces of two masks lie.

Surfaces are made of the elements of marching cubes, each at the center of its cube of eight
voxels and weighted by its area, as in Nikolov et al., J Med Internet Res 2021;23(7):e26151
(doi:10.2196/26151), whose definition BraTS 2023 uses for HD95.  Weighting by area makes the
result independent of how many voxels a slanted surface happens to cross.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from glioscope.measurement import cube_areas_mm2, cube_codes

ABSENT_HD95_MM: Final = 374.0
"""HD95 where one of two masks is empty: BraTS takes the diagonal of its 240 x 240 x 155 mm."""

_ROUNDING_MM: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceDistances:
    """From each element of one surface to the nearest of the other, and back.

    Args:
        from_prediction_mm: One distance an element of the predicted surface.
        prediction_areas_mm2: Its areas.
        from_truth_mm: One distance an element of the true surface.
        truth_areas_mm2: Its areas.
    """

    from_prediction_mm: npt.NDArray[np.float64]
    prediction_areas_mm2: npt.NDArray[np.float64]
    from_truth_mm: npt.NDArray[np.float64]
    truth_areas_mm2: npt.NDArray[np.float64]

    @classmethod
    def between(
        cls,
        prediction: npt.NDArray[np.bool_],
        truth: npt.NDArray[np.bool_],
        *,
        spacing_mm: tuple[float, float, float],
    ) -> Self:
        """Measure two masks of one grid; an empty one has no elements and no distances.

        Args:
            prediction: Boolean, shape ``(I, J, K)``.
            truth: Boolean, the same shape.
            spacing_mm: Of the voxels.
        """
        predicted, predicted_areas = _surface(prediction, spacing_mm)
        true, true_areas = _surface(truth, spacing_mm)
        return cls(
            from_prediction_mm=_nearest_mm(predicted, true),
            prediction_areas_mm2=predicted_areas,
            from_truth_mm=_nearest_mm(true, predicted),
            truth_areas_mm2=true_areas,
        )

    def hd95_mm(self) -> float:
        """Return the larger of the two 95th percentiles of the distance, by area."""
        if self.truth_areas_mm2.size == 0 or self.prediction_areas_mm2.size == 0:
            both = self.truth_areas_mm2.size == self.prediction_areas_mm2.size
            return 0.0 if both else ABSENT_HD95_MM
        return max(
            _percentile_mm(self.from_prediction_mm, self.prediction_areas_mm2, 0.95),
            _percentile_mm(self.from_truth_mm, self.truth_areas_mm2, 0.95),
        )

    def normalized_surface_dice(self, tolerance_mm: float) -> float:
        """Return the share of both surfaces that lies within a tolerance of the other."""
        total = self.truth_areas_mm2.sum() + self.prediction_areas_mm2.sum()
        if total == 0:
            return 1.0
        limit = tolerance_mm + _ROUNDING_MM
        near = self.prediction_areas_mm2[self.from_prediction_mm <= limit].sum()
        near += self.truth_areas_mm2[self.from_truth_mm <= limit].sum()
        return float(near / total)


def hd95_mm(
    prediction: npt.NDArray[np.bool_],
    truth: npt.NDArray[np.bool_],
    *,
    spacing_mm: tuple[float, float, float],
) -> float:
    """Return the 95th percentile of the Hausdorff distance, mm.

    Two empty masks: 0; one empty mask: 374 mm, as in BraTS.

    Args:
        prediction: Boolean, shape ``(I, J, K)``.
        truth: Boolean, the same shape.
        spacing_mm: Of the voxels.
    """
    return SurfaceDistances.between(prediction, truth, spacing_mm=spacing_mm).hd95_mm()


def normalized_surface_dice(
    prediction: npt.NDArray[np.bool_],
    truth: npt.NDArray[np.bool_],
    *,
    spacing_mm: tuple[float, float, float],
    tolerance_mm: float = 1.0,
) -> float:
    """Return the share of both surfaces within a tolerance of the other, 0 to 1, by area.

    Two empty masks: 1; one empty mask: 0.

    Args:
        prediction: Boolean, shape ``(I, J, K)``.
        truth: Boolean, the same shape.
        spacing_mm: Of the voxels.
        tolerance_mm: Distance up to which two surfaces are the same; 1 mm is a voxel of BraTS.
    """
    distances = SurfaceDistances.between(prediction, truth, spacing_mm=spacing_mm)
    return distances.normalized_surface_dice(tolerance_mm)


def _surface(
    mask: npt.NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    codes = cube_codes(mask)
    places = np.nonzero((codes != 0) & (codes != 255))
    points_mm = np.column_stack(places) * np.array(spacing_mm)
    return points_mm, cube_areas_mm2(spacing_mm)[codes[places]]


def _nearest_mm(
    points_mm: npt.NDArray[np.float64], others_mm: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    if len(points_mm) == 0 or len(others_mm) == 0:
        return np.full(len(points_mm), np.inf)
    tree = cKDTree(others_mm, balanced_tree=False, compact_nodes=False)
    return np.asarray(tree.query(points_mm)[0], dtype=np.float64)


def _percentile_mm(
    distances_mm: npt.NDArray[np.float64], areas_mm2: npt.NDArray[np.float64], share: float
) -> float:
    order = np.argsort(distances_mm)
    covered = np.cumsum(areas_mm2[order]) / areas_mm2.sum()
    place = min(int(np.searchsorted(covered, share)), len(order) - 1)
    return float(distances_mm[order[place]])
