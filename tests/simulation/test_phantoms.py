from __future__ import annotations

import math

import numpy as np
import pytest

from glioscope.simulation import ellipsoid, empty_grid, marker_head, sphere, union

Point = tuple[float, float, float]


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (0.5, 0.5, 2.0)])
def test_volume_of_a_sphere_matches_the_formula(spacing_mm: Point) -> None:
    grid = empty_grid(extent_mm=(50.0, 50.0, 50.0), spacing_mm=spacing_mm)

    ball = sphere(grid, center_mm=(0.0, 0.0, 0.0), radius_mm=20.0)

    volume_ml = ball.data.sum() * ball.voxel_volume_ml
    assert volume_ml == pytest.approx(4 / 3 * math.pi * 20.0**3 / 1000, rel=0.01)


def test_a_turned_ellipsoid_keeps_its_volume_and_points_where_it_was_turned() -> None:
    grid = empty_grid(extent_mm=(60.0, 60.0, 60.0))
    slope = math.sqrt(0.5)
    axes = [[slope, -slope, 0.0], [slope, slope, 0.0], [0.0, 0.0, 1.0]]

    egg = ellipsoid(grid, center_mm=(0.0, 0.0, 0.0), radii_mm=(24.0, 10.0, 8.0), axes=axes)

    volume_ml = egg.data.sum() * egg.voxel_volume_ml
    assert volume_ml == pytest.approx(4 / 3 * math.pi * 24 * 10 * 8 / 1000, rel=0.01)
    points = egg.world(np.argwhere(egg.data))
    longest = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2][0]
    assert abs(float(longest @ np.array([slope, slope, 0.0]))) > 0.999


def test_union_holds_both_and_nothing_else() -> None:
    grid = empty_grid(extent_mm=(40.0, 20.0, 20.0))
    one = sphere(grid, center_mm=(-10.0, 0.0, 0.0), radius_mm=5.0)
    two = sphere(grid, center_mm=(10.0, 0.0, 0.0), radius_mm=7.0)

    both = union(grid, [one, two])

    assert both.data.sum() == one.data.sum() + two.data.sum()
    assert (both.data == (one.data | two.data)).all()


def test_the_marker_of_the_marker_head_is_on_the_patients_left() -> None:
    grid = empty_grid(extent_mm=(180.0, 220.0, 180.0), spacing_mm=(3.0, 3.0, 3.0))

    head = marker_head(grid)

    brightest = head.world(np.argwhere(head.data == head.data.max()))
    assert brightest[:, 0].max() < 0
    assert brightest.mean(axis=0) == pytest.approx((-35.0, 20.0, 25.0), abs=0.5)


def test_no_mirror_of_the_marker_head_is_the_marker_head() -> None:
    grid = empty_grid(extent_mm=(180.0, 220.0, 180.0), spacing_mm=(3.0, 3.0, 3.0))
    head = marker_head(grid).data

    assert all(not np.array_equal(np.flip(head, axis), head) for axis in range(3))
