"""The plane between the patient's left and right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glioscope.core.errors import GeometryError


@dataclass(frozen=True, slots=True, kw_only=True)
class MidlinePlane:
    """The ideal mid-sagittal plane in the patient's world.

    Args:
        point_mm: A point of the plane, RAS+ mm.
        normal_mm: Its normal, of any length but 0, pointing to the patient's right.

    Raises:
        GeometryError: If the normal has no length.
    """

    point_mm: tuple[float, float, float]
    normal_mm: tuple[float, float, float]

    def __post_init__(self) -> None:
        length = float(np.linalg.norm(self.normal_mm))
        if not np.isfinite(length) or length == 0.0:
            msg = f"a midline plane with the normal {self.normal_mm} has no direction; give another"
            raise GeometryError(msg)
        x, y, z = (np.array(self.normal_mm) / length).tolist()
        object.__setattr__(self, "normal_mm", (x, y, z))

    def side_mm(self, points_mm: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the distance of points, shape ``(..., 3)``: negative left, positive right."""
        points = np.asarray(points_mm, dtype=np.float64)
        return np.asarray((points - np.array(self.point_mm)) @ np.array(self.normal_mm))
