from __future__ import annotations

import numpy as np
import pytest

from glioscope.core import Volume
from glioscope.privacy.face.skin import left_percent, skin, thinned
from glioscope.simulation import ellipsoid, empty_grid


def test_the_skin_of_a_ball_is_its_outermost_layer() -> None:
    grid = empty_grid(extent_mm=(90.0, 90.0, 90.0), spacing_mm=(2.0, 2.0, 2.0))
    ball = ellipsoid(grid, center_mm=(0.0, 0.0, 0.0), radii_mm=(30.0, 30.0, 30.0))
    cavity = ellipsoid(grid, center_mm=(0.0, 0.0, 0.0), radii_mm=(12.0, 12.0, 12.0))

    found = skin(grid.with_data(100.0 * (ball.data & ~cavity.data)))

    points = grid.world(np.argwhere(found.data))
    radius_mm = np.linalg.norm(points, axis=1)
    assert radius_mm.min() > 25.0
    layer_mm3 = 4 / 3 * np.pi * (30.0**3 - 27.0**3)
    assert found.data.sum() * 8.0 == pytest.approx(layer_mm3, rel=0.25)


def test_a_constant_image_has_no_skin() -> None:
    image = Volume(data=np.full((8, 8, 8), 5.0), affine=np.eye(4))

    assert not skin(image).data.any()


def test_what_is_left_is_counted_in_percent() -> None:
    face = np.array([True, True, True, True, False])
    erased = np.array([True, True, True, False, False])

    assert left_percent(face, erased) == pytest.approx(25.0)
    assert left_percent(np.zeros(5, dtype=bool), erased) is None


def test_a_fine_image_is_thinned_and_each_voxel_stays_where_it_was() -> None:
    data = np.arange(6 * 5 * 4, dtype=np.float32).reshape(6, 5, 4)
    volume = Volume(data=data, affine=np.diag([0.9, 1.0, 5.0, 1.0]))

    thin = thinned(volume)

    assert thin.spacing_mm == pytest.approx((1.8, 2.0, 5.0))
    np.testing.assert_allclose(thin.world((2, 1, 3)), volume.world((4, 2, 3)))
    assert thin.data[2, 1, 3] == data[4, 2, 3]
