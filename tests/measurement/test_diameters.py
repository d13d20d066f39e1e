"""Axial diameters against ellipses done on paper."""

from __future__ import annotations

import math
from itertools import permutations, product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glioscope.core import Diameters, Region, Volume
from glioscope.measurement import axial_diameters, maximum_3d_diameter

Array = npt.NDArray[np.float64]


def turned_ellipsoid(
    semi_axes_mm: Array, angles: tuple[float, float, float], spacing_mm: Array, shift: Array
) -> tuple[Volume, Array]:
    """Return the mask and the form (``x' form x <= 1`` inside) of an ellipsoid."""
    turn = np.eye(3)
    for axis, angle in enumerate(angles):
        step = np.eye(3)
        one, other = {0, 1, 2} - {axis}
        step[one, one] = step[other, other] = math.cos(angle)
        step[one, other], step[other, one] = math.sin(angle), -math.sin(angle)
        turn = turn @ step
    form = turn @ np.diag(semi_axes_mm**-2.0) @ turn.T
    half = np.sqrt(np.diag(np.linalg.inv(form)))
    count = np.ceil(half / spacing_mm).astype(int) + 3
    axes = [
        (np.arange(-n, n + 1) + move) * step
        for n, move, step in zip(count, shift, spacing_mm, strict=True)
    ]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    mask = np.einsum("...i,ij,...j->...", points, form, points) <= 1
    return Volume(data=mask, affine=np.diag([*spacing_mm, 1.0])), form


def found(mask: Volume) -> Diameters:
    diameters = axial_diameters(mask, region=Region.ET)
    assert diameters is not None
    return diameters


def lengths(diameters: Diameters) -> tuple[float, float]:
    assert diameters.longest.value is not None
    assert diameters.perpendicular.value is not None
    return diameters.longest.value, diameters.perpendicular.value


@pytest.mark.parametrize("seed", range(25))
def test_diameters_of_random_ellipsoids_agree_within_half_a_millimeter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    semi_axes = rng.uniform(6, 14) * np.array([1.0, *rng.uniform(1, 2, 2)])
    first, second, third = rng.uniform(0, math.pi, 3).tolist()
    mask, form = turned_ellipsoid(
        semi_axes, (first, second, third), np.ones(3), rng.uniform(-0.5, 0.5, 3)
    )

    expected = 2 / np.sqrt(np.linalg.eigvalsh(form[:2, :2]))
    assert lengths(found(mask)) == pytest.approx(tuple(expected.tolist()), abs=0.5)
    in_space = maximum_3d_diameter(mask, region=Region.ET).value
    assert in_space == pytest.approx(2 * semi_axes.max(), abs=0.5)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    semi_axes=st.tuples(*[st.floats(6.0, 12.0)] * 3),
    shift=st.tuples(*[st.floats(-0.5, 0.5)] * 3),
    spacing=st.floats(0.5, 1.0),
)
def test_no_diameter_is_wrong_by_more_than_a_voxel(
    semi_axes: tuple[float, float, float], shift: tuple[float, float, float], spacing: float
) -> None:
    # Along the axes of the grid a mask tells each end to half a voxel and no better.
    mask, _ = turned_ellipsoid(np.array(semi_axes), (0, 0, 0), np.full(3, spacing), np.array(shift))

    longest, perpendicular = lengths(found(mask))

    assert longest == pytest.approx(2 * max(semi_axes[:2]), abs=spacing)
    assert perpendicular == pytest.approx(2 * min(semi_axes[:2]), abs=spacing)


def test_ends_lie_where_the_ellipse_ends() -> None:
    mask, _ = turned_ellipsoid(
        np.array([20.0, 12.0, 15.0]), (0.0, 0.0, 0.0), np.ones(3), np.zeros(3)
    )
    middle = mask.world((np.array(mask.shape) - 1) / 2)

    diameters = found(mask)

    ends = np.array(sorted(diameters.longest_ends_mm)) - middle
    np.testing.assert_allclose(ends, [[-20, 0, 0], [20, 0, 0]], atol=1.0)
    across = np.array(sorted(diameters.perpendicular_ends_mm, key=lambda end: end[1])) - middle
    np.testing.assert_allclose(across[:, 1], [-12, 12], atol=0.5)
    assert diameters.slice_index == (mask.shape[2] - 1) // 2


def test_ends_are_as_far_apart_as_the_diameters_and_perpendicular() -> None:
    mask, _ = turned_ellipsoid(
        np.array([18.0, 11.0, 9.0]), (0.4, 1.1, 0.7), np.array([0.8, 0.8, 1.5]), np.full(3, 0.3)
    )

    diameters = found(mask)

    longest = np.subtract(*diameters.longest_ends_mm)
    across = np.subtract(*diameters.perpendicular_ends_mm)
    assert np.linalg.norm(longest) == pytest.approx(diameters.longest.value)
    assert np.linalg.norm(across) == pytest.approx(diameters.perpendicular.value)
    cosine = longest @ across / np.linalg.norm(longest) / np.linalg.norm(across)
    assert abs(math.degrees(math.asin(cosine))) < 3.0


def test_a_rim_is_measured_from_outer_edge_to_outer_edge() -> None:
    full, _ = turned_ellipsoid(np.array([16.0, 12.0, 10.0]), (0, 0, 0.5), np.ones(3), np.zeros(3))
    hole, _ = turned_ellipsoid(np.array([13.0, 9.0, 7.0]), (0, 0, 0.5), np.ones(3), np.zeros(3))
    rim = full.data.copy()
    inner = tuple(
        slice((f - h) // 2, (f - h) // 2 + h) for f, h in zip(full.shape, hole.shape, strict=True)
    )
    rim[inner] &= ~hole.data

    assert lengths(found(full.with_data(rim))) == lengths(found(full))


def test_axial_is_the_patients_axial_whatever_the_axes_of_the_array() -> None:
    mask, _ = turned_ellipsoid(np.array([16.0, 8.0, 24.0]), (0, 0, 0.3), np.ones(3), np.zeros(3))
    expected = lengths(found(mask))

    for order in permutations(range(3)):
        for flips in product((1, -1), repeat=3):
            data = mask.data.transpose(order)[tuple(slice(None, None, flip) for flip in flips)]
            affine = np.zeros((4, 4))
            affine[3, 3] = 1
            for column, (axis, flip) in enumerate(zip(order, flips, strict=True)):
                affine[axis, column] = flip
                affine[axis, 3] = 0 if flip > 0 else mask.shape[axis] - 1
            turned = found(Volume(data=data, affine=affine))

            assert lengths(turned) == pytest.approx(expected, abs=1e-6)
            assert abs(np.subtract(*turned.longest_ends_mm)[2]) < 1e-9


@pytest.mark.parametrize(("semi_axis_mm", "expected"), [(4.0, False), (6.0, True)])
def test_measurable_needs_ten_millimeters_both_ways(semi_axis_mm: float, expected: bool) -> None:
    mask, _ = turned_ellipsoid(
        np.array([semi_axis_mm, 12.0, 8.0]), (0, 0, 0), np.ones(3), np.zeros(3)
    )

    assert found(mask).measurable is expected


def test_thin_parts_are_still_measured() -> None:
    line = np.zeros((30, 12, 5), dtype=bool)
    line[3:27, 5, 2] = True

    longest, perpendicular = lengths(found(Volume(data=line, affine=np.eye(4))))

    assert longest == pytest.approx(24.0, abs=1.5)
    assert perpendicular < 3.0


def test_an_empty_mask_has_no_diameters() -> None:
    empty = Volume(data=np.zeros((5, 5, 5), dtype=bool), affine=np.eye(4))

    assert axial_diameters(empty, region=Region.ET) is None
    assert maximum_3d_diameter(empty, region=Region.ET).value is None


def test_measuring_leaves_the_mask_untouched() -> None:
    mask, _ = turned_ellipsoid(np.array([9.0, 7.0, 6.0]), (0, 0, 0), np.ones(3), np.zeros(3))
    before = mask.data.copy()

    found(mask)

    assert np.array_equal(mask.data, before)
