"""A plane in the world, and on which side of it the voxels of a grid lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from glioscope.core import Volume

Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plane:
    """All points with ``normal @ point = offset_mm``, RAS+ mm.

    Args:
        normal: Shape ``(3,)``, unit length.
        offset_mm: Of the plane from the origin, along the normal.
    """

    normal: Points
    offset_mm: float

    @classmethod
    def pulled_back(cls, normal: Points, offset_mm: float, affine: Points) -> Self:
        """Return the plane of another world that an affine map brings onto a given plane.

        Args:
            normal: Of the given plane, any length.
            offset_mm: Of it, in units of that length.
            affine: Shape ``(4, 4)``, from the other world to that of the given plane.
        """
        turned = normal @ affine[:3, :3]
        length = float(np.linalg.norm(turned))
        offset = offset_mm - float(normal @ affine[:3, 3])
        return cls(normal=turned / length, offset_mm=offset / length)

    def height_mm(self, grid: Volume, *, to_reference: Points | None = None) -> Points:
        """Return how far along the normal each voxel of a grid lies from the plane.

        Args:
            grid: Any; its data is not looked at.
            to_reference: Shape ``(4, 4)``, world of the grid to that of the plane; ``None`` if
                they are the same.

        Returns:
            Shape of the grid, float64, mm.
        """
        to_world = grid.affine if to_reference is None else to_reference @ grid.affine
        steps = self.normal @ to_world[:3, :3]
        start = float(self.normal @ to_world[:3, 3]) - self.offset_mm
        i, j, k = (np.arange(count) * step for count, step in zip(grid.shape, steps, strict=True))
        return np.asarray(i[:, None, None] + j[None, :, None] + (k + start)[None, None, :])
