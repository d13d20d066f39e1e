"""A three-dimensional image that knows where it lies in the patient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from glioscope.core.errors import GeometryError, GridMismatchError

AFFINE_TOLERANCE_MM = 1e-3
"""Two affines closer than this at every corner of the grid are the same grid."""

_SINGULAR = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Volume:
    """Voxels and the affine that maps their indices to RAS+ millimetres.

    Args:
        data: Shape ``(I, J, K)``; intensities, a bool mask, or integer labels.  Treated as
            read-only: a change makes a new volume (``with_data``).
        affine: Shape ``(4, 4)``, float64: voxel index to world, RAS+ mm.

    Raises:
        GeometryError: If the data is not 3D, or the affine is not finite and invertible.
    """

    data: npt.NDArray[Any]
    affine: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        affine = np.array(self.affine, dtype=np.float64)
        if self.data.ndim != 3 or 0 in self.data.shape:
            msg = f"an image of shape {self.data.shape} is not a 3D volume; give one volume a file"
            raise GeometryError(msg)
        if affine.shape != (4, 4) or not np.isfinite(affine).all():
            msg = "the affine is not a finite 4 x 4 matrix; convert the image again from its source"
            raise GeometryError(msg)
        if abs(float(np.linalg.det(affine[:3, :3]))) < _SINGULAR:
            msg = "the affine has no volume (two axes coincide); convert the image again"
            raise GeometryError(msg)
        affine.setflags(write=False)
        object.__setattr__(self, "affine", affine)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along each axis."""
        i, j, k = self.data.shape
        return (i, j, k)

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between neighbouring voxel centres along each axis, mm."""
        x, y, z = np.sqrt((self.affine[:3, :3] ** 2).sum(axis=0)).tolist()
        return (x, y, z)

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel, ml (1 ml = 1000 mm3)."""
        return abs(float(np.linalg.det(self.affine[:3, :3]))) / 1000.0

    def with_data(self, data: npt.NDArray[Any]) -> Self:
        """Return other voxels on the same grid.

        Raises:
            GridMismatchError: If the shape differs.
        """
        if data.shape != self.data.shape:
            msg = f"data of shape {data.shape} does not fit a grid of {self.data.shape}"
            raise GridMismatchError(msg)
        return replace(self, data=data)

    def world(self, index: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Map voxel indices, shape ``(..., 3)``, to RAS+ mm."""
        points = np.asarray(index, dtype=np.float64)
        return np.asarray(points @ self.affine[:3, :3].T + self.affine[:3, 3])

    def index(self, world_mm: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Map RAS+ mm, shape ``(..., 3)``, to (fractional) voxel indices."""
        points = np.asarray(world_mm, dtype=np.float64) - self.affine[:3, 3]
        return np.asarray(points @ np.linalg.inv(self.affine[:3, :3]).T)


def grid_difference(one: Volume, other: Volume) -> str | None:
    """Say how two grids differ; ``None`` if they are the same."""
    if one.shape != other.shape:
        return f"shape {one.shape} against {other.shape}"
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in one.shape])).reshape(3, -1).T
    distance_mm = float(np.abs(one.world(corners) - other.world(corners)).max())
    if distance_mm > AFFINE_TOLERANCE_MM:
        return f"corners up to {distance_mm:.3g} mm apart"
    return None


def check_same_grid(*, case_id: str, **volumes: Volume) -> None:
    """Refuse volumes that do not share one grid.

    Args:
        case_id: Named in the error.
        **volumes: The volumes by name; the first is the measure of the others.

    Raises:
        GridMismatchError: At the first one that differs.
    """
    (first_name, first), *others = volumes.items()
    for name, volume in others:
        difference = grid_difference(first, volume)
        if difference is not None:
            msg = (
                f"case {case_id}: {name} and {first_name} lie on different grids"
                f" ({difference}); run `glioscope prepare` on the case first"
            )
            raise GridMismatchError(msg)
