"""Balls, rods and boxes of tissue, painted into a grid in millimeters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from glioscope.core import Volume
from glioscope.simulation.tissue import Tissue

Mask = npt.NDArray[np.bool_]
Axis = npt.NDArray[np.float32]
Point = tuple[float, float, float]

_CODES: Final = {tissue: index for index, tissue in enumerate(Tissue)}


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """Tissue labels on an axis-aligned grid; the painting methods change ``labels`` in place.

    Args:
        grid: RAS+, equal spacing.
        labels: Index into ``list(Tissue)``, uint8.
        x: RAS+ mm along the first axis, shape ``(I, 1, 1)``.
        y: Shape ``(1, J, 1)``.
        z: Shape ``(1, 1, K)``.
        where: Paint only here; everywhere if ``None``.
    """

    grid: Volume
    labels: npt.NDArray[np.uint8]
    x: Axis
    y: Axis
    z: Axis
    where: Mask | None = None

    @classmethod
    def over(cls, grid: Volume) -> Self:
        """Return a canvas of air."""
        x, y, z = (
            (np.arange(n) * grid.spacing_mm[axis] + grid.affine[axis, 3]).astype(np.float32)
            for axis, n in enumerate(grid.shape)
        )
        air = np.full(grid.shape, _CODES[Tissue.AIR], dtype=np.uint8)
        return cls(grid, air, x[:, None, None], y[None, :, None], z[None, None, :])

    @staticmethod
    def code(tissue: Tissue) -> int:
        """Return the label of a tissue."""
        return _CODES[tissue]

    def put(self, mask: Mask, tissue: Tissue) -> None:
        """Paint a mask of the whole grid."""
        allowed = mask if self.where is None else mask & self.where
        self.labels[allowed] = _CODES[tissue]

    def ball(
        self, center: Point, radii: Point, tissue: Tissue, *, where: Mask | None = None
    ) -> None:
        """Paint an ellipsoid along the axes.

        Args:
            center: RAS+ mm.
            radii: Half axes, mm.
            tissue: To paint.
            where: Only here, besides the canvas's own limits; shape of the grid.
        """
        middle = np.array(center)
        box = self._box(middle - np.array(radii), middle + np.array(radii))
        x, y, z = self._axes(box)
        inside = (
            ((x - center[0]) / radii[0]) ** 2
            + ((y - center[1]) / radii[1]) ** 2
            + ((z - center[2]) / radii[2]) ** 2
        ) <= 1.0
        self._put(box, inside, tissue, where)

    def rod(self, start: Point, end: Point, radius: float, tissue: Tissue) -> None:
        """Paint all that is nearer than ``radius`` (mm) to the line between two points."""
        one, two = np.array(start), np.array(end)
        box = self._box(np.minimum(one, two) - radius, np.maximum(one, two) + radius)
        x, y, z = self._axes(box)
        along = two - one
        share = (x - one[0]) * along[0] + (y - one[1]) * along[1] + (z - one[2]) * along[2]
        share = np.clip(share / float(along @ along), 0.0, 1.0)
        distance = (
            (x - one[0] - share * along[0]) ** 2
            + (y - one[1] - share * along[1]) ** 2
            + (z - one[2] - share * along[2]) ** 2
        )
        self._put(box, distance <= radius**2, tissue, None)

    def _box(
        self, low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]
    ) -> tuple[slice, ...]:
        first = np.floor((low - self.grid.affine[:3, 3]) / self.grid.spacing_mm[0]).astype(int)
        last = np.ceil((high - self.grid.affine[:3, 3]) / self.grid.spacing_mm[0]).astype(int) + 1
        return tuple(
            slice(max(a, 0), max(min(b, n), 0))
            for a, b, n in zip(first, last, self.grid.shape, strict=True)
        )

    def _axes(self, box: tuple[slice, ...]) -> tuple[Axis, Axis, Axis]:
        return self.x[box[0]], self.y[:, box[1]], self.z[:, :, box[2]]

    def _put(
        self, box: tuple[slice, ...], inside: Mask, tissue: Tissue, where: Mask | None
    ) -> None:
        for limit in (self.where, where):
            if limit is not None:
                inside = inside & limit[box]
        self.labels[box][inside] = _CODES[tissue]
