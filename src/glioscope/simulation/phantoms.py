"""Shapes whose volume, diameters and side are known on paper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from glioscope.core import Volume

Point = tuple[float, float, float]


def empty_grid(
    *, extent_mm: Point, spacing_mm: Point = (1.0, 1.0, 1.0), center_mm: Point = (0.0, 0.0, 0.0)
) -> Volume:
    """Return a RAS+ grid of zeros, float32.

    Args:
        extent_mm: Length of each axis; the grid covers at least that.
        spacing_mm: Of the voxels.
        center_mm: World point in the middle of the grid.
    """
    shape = [max(1, round(e / s)) for e, s in zip(extent_mm, spacing_mm, strict=True)]
    affine = np.diag([*spacing_mm, 1.0])
    affine[:3, 3] = np.array(center_mm) - (np.array(shape) - 1) / 2 * np.array(spacing_mm)
    return Volume(data=np.zeros(shape, dtype=np.float32), affine=affine)


def world_points(grid: Volume) -> npt.NDArray[np.float64]:
    """Return the RAS+ mm of every voxel centre, shape ``(I, J, K, 3)``."""
    axes = np.meshgrid(*[np.arange(n) for n in grid.shape], indexing="ij")
    return grid.world(np.stack(axes, axis=-1))


def ellipsoid(
    grid: Volume, *, center_mm: Point, radii_mm: Point, axes: npt.ArrayLike | None = None
) -> Volume:
    """Return the mask of an ellipsoid: voxels whose centre lies inside.

    Its volume is 4/3 pi a b c, its longest diameter twice the largest radius.

    Args:
        grid: Its grid is the result's; its data is not looked at.
        center_mm: RAS+ mm.
        radii_mm: Half axes a, b, c.
        axes: Directions of the half axes as columns, orthonormal, RAS+; the world's by default.
    """
    turn = np.eye(3) if axes is None else np.asarray(axes, dtype=np.float64)
    local = (world_points(grid) - np.array(center_mm)) @ turn
    inside: npt.NDArray[np.bool_] = ((local / np.array(radii_mm)) ** 2).sum(axis=-1) <= 1.0
    return grid.with_data(inside)


def sphere(grid: Volume, *, center_mm: Point, radius_mm: float) -> Volume:
    """Return the mask of a ball; see ``ellipsoid``."""
    return ellipsoid(grid, center_mm=center_mm, radii_mm=(radius_mm, radius_mm, radius_mm))


def marker_head(grid: Volume, *, marker_mm: Point = (-35.0, 20.0, 25.0)) -> Volume:
    """Return a head-like phantom with a bright ball on one side, float32.

    The ball lies at x < 0, the patient's left, unless told otherwise; no mirror or turn of the
    phantom looks like it, so its side can be proven after any conversion.

    Args:
        grid: Its grid is the result's.
        marker_mm: Centre of the marker, RAS+ mm; its radius is 10 mm.
    """
    skin = ellipsoid(grid, center_mm=(0.0, -10.0, 0.0), radii_mm=(75.0, 95.0, 80.0)).data
    brain = ellipsoid(grid, center_mm=(0.0, -10.0, 5.0), radii_mm=(65.0, 82.0, 65.0)).data
    nose = sphere(grid, center_mm=(0.0, 88.0, -30.0), radius_mm=12.0).data
    marker = sphere(grid, center_mm=marker_mm, radius_mm=10.0).data
    data = np.zeros(grid.shape, dtype=np.float32)
    data[skin | nose] = 300.0
    data[brain] = 600.0
    data[marker] = 1000.0
    return grid.with_data(data)


def union(grid: Volume, masks: Sequence[Volume]) -> Volume:
    """Return the union of masks on one grid, bool."""
    data = np.zeros(grid.shape, dtype=bool)
    for mask in masks:
        data |= mask.data
    return grid.with_data(data)
