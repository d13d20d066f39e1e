from __future__ import annotations

from functools import cache
from itertools import permutations, product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glioscope.core import CaseError, Volume
from glioscope.privacy.face.plane import Plane
from glioscope.privacy.face.region import FaceRegion
from glioscope.simulation import ellipsoid, empty_grid

RADIUS_MM = 30.0
MARGIN_MM = 10.0
LEVEL = Plane(normal=np.array([0.0, -0.2, np.sqrt(0.96)]), offset_mm=5.0)


@cache
def ball_region() -> FaceRegion:
    grid = empty_grid(extent_mm=(80.0, 80.0, 80.0), spacing_mm=(1.5, 1.5, 1.5))
    brain = ellipsoid(grid, center_mm=(0.0, 0.0, 0.0), radii_mm=(RADIUS_MM,) * 3)
    return FaceRegion.around(brain, level=LEVEL, margin_mm=MARGIN_MM)


@pytest.fixture
def region() -> FaceRegion:
    return ball_region()


def grid_of(
    axes: npt.NDArray[np.float64], spacing_mm: tuple[float, float, float], extent_mm: float = 120.0
) -> Volume:
    """Return an empty grid about the origin whose axes are the columns given."""
    i, j, k = (int(extent_mm / mm) for mm in spacing_mm)
    affine = np.eye(4)
    affine[:3, :3] = axes * np.array(spacing_mm)
    affine[:3, 3] = -affine[:3, :3] @ ((np.array([i, j, k]) - 1) / 2)
    return Volume(data=np.zeros((i, j, k), dtype=np.float32), affine=affine)


def radius_and_height_mm(grid: Volume) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    points = grid.world(np.moveaxis(np.indices(grid.shape), 0, -1))
    return np.linalg.norm(points, axis=-1), points @ LEVEL.normal - LEVEL.offset_mm


def check(mask: Volume, grid: Volume) -> None:
    """Compare with what is known on paper of a ball under a plane."""
    radius_mm, height_mm = radius_and_height_mm(grid)
    assert not mask.data[height_mm > 1e-6].any()
    assert not mask.data[radius_mm < RADIUS_MM + MARGIN_MM].any()
    assert mask.data[(height_mm < -1e-6) & (radius_mm > RADIUS_MM + MARGIN_MM + 3.5)].all()


def turned(order: tuple[int, ...], signs: tuple[int, ...]) -> npt.NDArray[np.float64]:
    axes = np.zeros((3, 3))
    for column, (row, sign) in enumerate(zip(order, signs, strict=True)):
        axes[row, column] = sign
    return axes


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_every_orientation_loses_the_same(region: FaceRegion, order: tuple[int, ...]) -> None:
    for signs in product((1, -1), repeat=3):
        grid = grid_of(turned(order, signs), (2.0, 3.0, 5.0))
        mask = region.on(grid)

        check(mask, grid)
        region.require_apart(mask, name="series")


@settings(max_examples=15)
@given(
    st.tuples(*[st.floats(-1.0, 1.0)] * 3),
    st.tuples(*[st.floats(1.5, 6.0)] * 3),
)
def test_oblique_and_thick_slices_lose_the_same(
    angles_rad: tuple[float, float, float], spacing_mm: tuple[float, float, float]
) -> None:
    region = ball_region()
    (a, b, c), turn = angles_rad, np.eye(3)
    for axis, angle in enumerate((a, b, c)):
        one = np.eye(3)
        first, second = [other for other in range(3) if other != axis]
        one[[first, second], [first, second]] = np.cos(angle)
        one[first, second], one[second, first] = -np.sin(angle), np.sin(angle)
        turn = turn @ one
    grid = grid_of(turn, spacing_mm)

    mask = region.on(grid)

    check(mask, grid)
    region.require_apart(mask, name="series")


def test_a_series_that_moved_loses_what_the_reference_does(region: FaceRegion) -> None:
    grid = grid_of(np.eye(3), (3.0, 3.0, 3.0))
    move = np.eye(4)
    move[:3, 3] = [12.0, -7.0, 4.0]
    shifted = Volume(data=grid.data, affine=np.linalg.inv(move) @ grid.affine)

    mask = region.on(shifted, to_reference=move)

    np.testing.assert_array_equal(mask.data, region.on(grid).data)
    region.require_apart(mask, to_reference=move, name="series")


@pytest.mark.parametrize("away_mm", [0.0, 25.0, 36.0])
def test_a_mask_that_comes_near_the_brain_is_refused(region: FaceRegion, away_mm: float) -> None:
    grid = grid_of(np.eye(3), (2.0, 2.0, 2.0))
    data = region.on(grid).data.copy()
    i, j, k = np.round(grid.index([away_mm, 0.0, 0.0])).astype(int).tolist()
    data[i, j, k] = True

    with pytest.raises(CaseError, match=r"series 7: .* mm of the brain"):
        region.require_apart(grid.with_data(data), name="series 7")


def test_a_thin_part_of_the_brain_keeps_its_margin_too() -> None:
    grid = empty_grid(extent_mm=(60.0, 60.0, 60.0), spacing_mm=(2.0, 2.0, 2.0))
    brain = ellipsoid(grid, center_mm=(0.0, 0.0, 10.0), radii_mm=(12.0, 12.0, 12.0))
    thin = brain.data.copy()
    thin[15, 15, :10] = True

    region = FaceRegion.around(grid.with_data(thin), level=LEVEL, margin_mm=MARGIN_MM)
    mask = region.on(grid_of(np.eye(3), (1.0, 1.0, 1.0), 90.0))

    assert mask.data.any()
    region.require_apart(mask, name="series")
