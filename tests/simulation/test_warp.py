from __future__ import annotations

import numpy as np
import pytest

from glioscope.core import Volume
from glioscope.simulation import MassEffect, draw_shape, sample

PUSH = MassEffect(center_mm=(-30.0, -10.0, 20.0), radius_mm=15.0, push_mm=8.0)
RNG = np.random.default_rng(3)
POINTS = RNG.uniform((-60, -90, -40), (60, 60, 70), (200, 3)).astype(np.float32)


def test_after_undoes_before() -> None:
    assert np.abs(PUSH.before(PUSH.after(POINTS)) - POINTS).max() < 0.01


def test_tissue_moves_away_from_the_tumor_and_the_nearer_the_more() -> None:
    moved = PUSH.after(POINTS) - POINTS
    away = POINTS - np.array(PUSH.center_mm, dtype=np.float32)

    assert ((moved * away).sum(axis=1) >= -1e-3).all()
    assert np.linalg.norm(moved, axis=1).max() <= PUSH.push_mm + 1e-3
    beside = np.array([[-12.0, -10.0, 20.0], [30.0, -10.0, 20.0]], dtype=np.float32)
    near, far = np.linalg.norm(PUSH.after(beside) - beside, axis=1)
    assert near > 2 * far > 0


def test_the_skull_does_not_move() -> None:
    skull = np.array([[-74.0, -18.0, 8.0], [0.0, 74.0, 8.0], [0.0, -18.0, 86.0]], dtype=np.float32)

    assert PUSH.after(skull) == pytest.approx(skull)


def test_no_strength_is_the_template_itself() -> None:
    shape = draw_shape(np.random.default_rng(0), strength=0.0)

    assert shape.to_template(POINTS) == pytest.approx(POINTS, abs=1e-4)


def test_a_drawn_head_is_bent_by_millimeters_and_keeps_its_sides() -> None:
    shape = draw_shape(np.random.default_rng(1))

    moved = shape.to_template(POINTS)

    assert 1.0 < np.linalg.norm(moved - POINTS, axis=1).mean() < 15.0
    steps = np.eye(3, dtype=np.float32)[:, None] + POINTS[None]
    jacobian = np.moveaxis(shape.to_template(steps) - moved, 0, -1)
    assert np.linalg.det(jacobian).min() > 0.2


def test_sample_is_linear_between_voxels_and_zero_outside() -> None:
    ramp = np.arange(4, dtype=np.float32)[:, None, None] * np.ones((1, 3, 3), dtype=np.float32)
    grid = Volume(data=ramp, affine=np.diag([2.0, 2.0, 2.0, 1.0]))
    points = np.array([[3.0, 2.0, 2.0], [0.5, 0.0, 4.0], [40.0, 0.0, 0.0]], dtype=np.float32)

    assert sample(ramp, grid, points) == pytest.approx([1.5, 0.25, 0.0])
