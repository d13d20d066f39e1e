"""What of a head is erased: all below the brows that is far from the brain.

One region a head, in the world of its reference; any series and any single slice is asked by where
its voxels lie, so that all sequences lose the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

from glioscope.core import CaseError, Volume
from glioscope.io import to_itk
from glioscope.preparation import resampled, resampled_mask
from glioscope.privacy.face.plane import Plane

Points = npt.NDArray[np.float64]

_FIELD_MM: Final = 1.0
"""Grid of the distance to the brain, which is smooth."""

_BEYOND_MM: Final = 4.0
"""How far the distance is known beyond the margin; farther away it is taken as large."""

_SLACK_MM: Final = 1.5
"""Kept beyond the margin, more than interpolating the distance can be wrong."""

_TOUCHED: Final = 0.25
"""Share of a voxel of that grid from which on it is brain: thin parts must not get lost."""

_FAR_MM: Final = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceRegion:
    """Where a head is erased.

    Args:
        brain: Bool, what must stay, in the reference's world.
        distance_mm: Outside of the brain, float32, on a grid that reaches beyond the margin.
        level: Plane that the region lies below.
        margin_mm: Around the brain, kept as well.
    """

    brain: Volume
    distance_mm: Volume
    level: Plane
    margin_mm: float

    @classmethod
    def around(cls, brain: Volume, *, level: Plane, margin_mm: float) -> Self:
        """Measure the distance to a brain.

        Args:
            brain: Bool, not empty.
            level: As above.
            margin_mm: As above.
        """
        grid = _grid_around(brain, margin_mm + _SLACK_MM + _BEYOND_MM)
        share = resampled(brain, like=grid)
        coarse = share.with_data(share.data > _TOUCHED)
        distance = sitk.GetArrayFromImage(
            sitk.SignedMaurerDistanceMap(
                to_itk(coarse.with_data(coarse.data.astype(np.uint8))),
                insideIsPositive=False,
                squaredDistance=False,
                useImageSpacing=True,
            )
        )
        return cls(
            brain=brain,
            distance_mm=coarse.with_data(distance.transpose(2, 1, 0).astype(np.float32)),
            level=level,
            margin_mm=margin_mm,
        )

    def on(self, grid: Volume, *, to_reference: Points | None = None) -> Volume:
        """Return the voxels of a grid whose centers lie in the region, as a bool mask.

        Args:
            grid: Any; its data is not looked at.
            to_reference: Shape ``(4, 4)``, world of the grid to that of the region; ``None`` if
                they are the same.
        """
        move = np.eye(4) if to_reference is None else to_reference
        to_world = move @ grid.affine
        below = self.level.height_mm(grid, to_reference=to_reference) < 0
        to_field = np.linalg.inv(self.distance_mm.affine) @ to_world
        away_mm = ndimage.affine_transform(
            self.distance_mm.data,
            to_field[:3, :3],
            to_field[:3, 3],
            output_shape=grid.shape,
            order=1,
            mode="constant",
            cval=_FAR_MM,
            output=np.float32,
        )
        return grid.with_data(below & (away_mm > self.margin_mm + _SLACK_MM))

    def require_apart(
        self, erased: Volume, *, to_reference: Points | None = None, name: str
    ) -> None:
        """Make sure, by another way than `on`, that a mask leaves the brain and its margin alone.

        The brain is brought onto the mask's own grid and its distance is measured there.

        Args:
            erased: Bool, on the grid of a series.
            to_reference: As in `on`.
            name: How the message calls the series.

        Raises:
            CaseError: If a voxel of the mask lies within the margin.
        """
        move = np.eye(4) if to_reference is None else to_reference
        back = np.asarray(np.linalg.inv(move), dtype=np.float64)
        brain = resampled_mask(self.brain, like=erased, to_reference=back).data
        if not brain.any() or not erased.data.any():
            return
        box = _box_around(brain, erased.spacing_mm, self.margin_mm)
        away_mm = ndimage.distance_transform_edt(~brain[box], sampling=erased.spacing_mm)
        nearest_mm = float(away_mm[erased.data[box]].min(initial=_FAR_MM))
        if nearest_mm < self.margin_mm:
            msg = (
                f"{name}: the face can't be removed, the region found comes within"
                f" {nearest_mm:.1f} mm of the brain ({self.margin_mm:.0f} mm must stay); leave the"
                " series out"
            )
            raise CaseError(msg)


def _grid_around(brain: Volume, margin_mm: float) -> Volume:
    """Return an empty grid, axes of the world, over a mask and a margin."""
    used = [np.flatnonzero(brain.data.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
    ends = [(int(where[0]), int(where[-1])) for where in used]
    corners = brain.world(np.array(np.meshgrid(*ends)).reshape(3, -1).T)
    low, high = corners.min(axis=0) - margin_mm, corners.max(axis=0) + margin_mm
    affine = np.diag([_FIELD_MM, _FIELD_MM, _FIELD_MM, 1.0])
    affine[:3, 3] = low
    i, j, k = (np.ceil((high - low) / _FIELD_MM).astype(int) + 1).tolist()
    return Volume(data=np.zeros((i, j, k), dtype=np.uint8), affine=affine)


def _box_around(
    mask: npt.NDArray[np.bool_], spacing_mm: tuple[float, float, float], margin_mm: float
) -> tuple[slice, ...]:
    (box,) = ndimage.find_objects(mask.astype(np.uint8))
    reach = [int(np.ceil(margin_mm / mm)) + 1 for mm in spacing_mm]
    return tuple(
        slice(max(side.start - more, 0), side.stop + more)
        for side, more in zip(box, reach, strict=True)
    )
