from __future__ import annotations

import numpy as np
import pytest

from glioscope.core import Volume
from glioscope.privacy.face.plane import Plane


def test_the_height_of_each_voxel_is_that_of_its_center() -> None:
    grid = Volume(
        data=np.zeros((3, 4, 5), dtype=bool),
        affine=np.array([[0, 0, 4, 7], [-2, 0, 0, 1], [0, 3, 0, -5], [0, 0, 0, 1]], dtype=float),
    )
    plane = Plane(normal=np.array([0.0, 0.6, 0.8]), offset_mm=2.0)

    height_mm = plane.height_mm(grid)

    for index in ((0, 0, 0), (2, 3, 4), (1, 0, 3)):
        x, y, z = grid.world(index)
        assert height_mm[index] == pytest.approx(0.6 * y + 0.8 * z - 2.0 + 0.0 * x)


def test_a_plane_comes_back_through_an_affine_map() -> None:
    affine = np.array([[1.1, 0.1, 0, 3], [0, 0.9, 0.3, -4], [0.1, -0.2, 1.2, 9], [0, 0, 0, 1.0]])
    there = np.array([0.0, -0.2, 2.0])

    plane = Plane.pulled_back(there, 5.0, affine)

    on_it = plane.normal * plane.offset_mm
    assert np.linalg.norm(plane.normal) == pytest.approx(1.0)
    assert there @ (affine @ [*on_it, 1.0])[:3] == pytest.approx(5.0)


def test_a_grid_that_moved_is_asked_where_it_lies_in_the_reference() -> None:
    grid = Volume(data=np.zeros((2, 2, 2), dtype=bool), affine=np.eye(4))
    up = np.eye(4)
    up[2, 3] = 10.0

    plane = Plane(normal=np.array([0.0, 0.0, 1.0]), offset_mm=3.0)

    assert plane.height_mm(grid, to_reference=up)[0, 0, 0] == pytest.approx(7.0)
