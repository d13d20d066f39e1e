"""Where a patient's point lies in the template: individual shape, and what a tumor pushes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import Volume

Points = npt.NDArray[np.float32]

_CONTROL_MM: Final = 30.0
_BRAIN_CENTER_MM: Final = (0.0, -18.0, 8.0)
_BRAIN_RADII_MM: Final = (72.0, 90.0, 76.0)
"""An ellipsoid about the template's brain."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadShape:
    """An individual head: an affine map and a smooth bend of the template.

    Args:
        matrix: Shape ``(4, 4)``: patient RAS+ mm to template RAS+ mm.
        bend_mm: Shape ``(3, A, B, C)``: displacement at control points, mm, added after the matrix.
        bend_origin_mm: Template point of the first control point.
    """

    matrix: npt.NDArray[np.float64]
    bend_mm: npt.NDArray[np.float32]
    bend_origin_mm: tuple[float, float, float]

    def to_template(self, points_mm: Points) -> Points:
        """Map patient points, shape ``(..., 3)``, to the template's world."""
        linear = self.matrix[:3, :3].astype(np.float32)
        moved = points_mm @ linear.T + self.matrix[:3, 3].astype(np.float32)
        index = np.moveaxis((moved - _single(self.bend_origin_mm)) / np.float32(_CONTROL_MM), -1, 0)
        bend = [
            ndimage.map_coordinates(component, index, order=3, mode="nearest", prefilter=False)
            for component in self.bend_mm
        ]
        return np.asarray(moved + np.stack(bend, axis=-1), dtype=np.float32)


def draw_shape(rng: np.random.Generator, *, strength: float = 1.0) -> HeadShape:
    """Draw a head: turned up to about 8 degrees, 4% larger or smaller, bent by millimeters.

    Args:
        rng: Source of randomness.
        strength: 0 gives the template itself.
    """
    angles = np.radians(rng.normal(0.0, 3.0, 3).clip(-8.0, 8.0)) * strength
    scales = np.exp(rng.normal(0.0, 0.035, 3).clip(-0.08, 0.08) * strength)
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(angles) @ np.diag(scales)
    matrix[:3, 3] = rng.normal(0.0, 3.0, 3) * strength
    shape = (3, 9, 10, 9)
    bend = rng.normal(0.0, 3.0, shape).astype(np.float32) * np.float32(strength)
    return HeadShape(matrix=matrix, bend_mm=bend, bend_origin_mm=(-120.0, -150.0, -130.0))


def rotation(angles_rad: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the turn about x, then y, then z, shape ``(3, 3)``."""
    a, b, c = np.asarray(angles_rad, dtype=np.float64).tolist()
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x)


@dataclass(frozen=True, slots=True, kw_only=True)
class MassEffect:
    r"""Tissue pushed away from a tumor, radially.

    A point at distance r from the center came from $$r - m g(r)$$, with g rising linearly to 1 at
    the radius and falling as $$e^{-(r - R)/\lambda}$$ beyond, and to 0 towards the skull, which no
    tumor moves.  One to one while m is well below R and lambda.

    Args:
        center_mm: RAS+ mm of the patient.
        radius_mm: R.
        push_mm: m, the largest displacement.
        reach_mm: lambda.
    """

    center_mm: tuple[float, float, float]
    radius_mm: float
    push_mm: float
    reach_mm: float = 25.0

    def before(self, points_mm: Points) -> Points:
        """Map points of the patient, shape ``(..., 3)``, to where they were before the tumor."""
        away = points_mm - _single(self.center_mm)
        distance = np.sqrt((away**2).sum(axis=-1, keepdims=True))
        beyond = np.exp(-np.maximum(distance - self.radius_mm, 0.0) / self.reach_mm)
        share = np.minimum(distance / self.radius_mm, 1.0) * beyond * _give(points_mm)
        unit = away / np.maximum(distance, 1e-3)
        return np.asarray(points_mm - np.float32(self.push_mm) * share * unit, dtype=np.float32)

    def after(self, points_mm: Points) -> Points:
        """Map points of the head without tumor to where they are pushed; inverse of ``before``."""
        moved = points_mm.astype(np.float32)
        for _ in range(30):
            moved = moved + (points_mm - self.before(moved))
        return np.asarray(moved, dtype=np.float32)


def _give(points_mm: Points) -> Points:
    """How far tissue can give way: 1 deep in the brain, 0 at the skull, shape ``(..., 1)``."""
    local = (points_mm - _single(_BRAIN_CENTER_MM)) / _single(_BRAIN_RADII_MM)
    inward = 1.0 - np.sqrt((local**2).sum(axis=-1, keepdims=True))
    return np.asarray(np.clip(inward / 0.35, 0.0, 1.0), dtype=np.float32)


def _single(values: tuple[float, float, float]) -> Points:
    return np.asarray(values, dtype=np.float32)


def sample(data: npt.NDArray[np.float32], grid: Volume, points_mm: Points) -> Points:
    """Return values of an image at world points, linear, 0 outside.

    Args:
        data: Shape of the grid.
        grid: Axis-aligned with equal spacing.
        points_mm: Shape ``(..., 3)``.
    """
    index = (points_mm - grid.affine[:3, 3].astype(np.float32)) / np.float32(grid.spacing_mm[0])
    return np.asarray(
        ndimage.map_coordinates(data, np.moveaxis(index, -1, 0), order=1, output=np.float32)
    )
