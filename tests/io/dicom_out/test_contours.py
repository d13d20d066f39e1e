from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.path import Path as Outline
from skimage.draw import polygon2mask

from glioscope.io.dicom_out.contours import polygons

Mask = npt.NDArray[np.bool_]


def filled_even_odd(mask: Mask) -> Mask:
    """The polygons filled by scikit-image, one exclusive-or'd with the next."""
    found = np.zeros(mask.shape, dtype=bool)
    for points in polygons(mask):
        found ^= polygon2mask(mask.shape, points)
    return found


def filled_winding(mask: Mask) -> Mask:
    """The polygons filled by matplotlib, whose rule is that of winding numbers."""
    centers = np.argwhere(np.ones(mask.shape))
    found = np.zeros(mask.size, dtype=bool)
    for points in polygons(mask):
        found |= Outline(np.vstack([points, points[:1]])).contains_points(centers)
    return found.reshape(mask.shape)


def ring() -> Mask:
    distance = np.hypot(*(np.indices((40, 40)) - 19.6))
    return np.asarray((distance < 15) & (distance > 7))


def with_three_holes() -> Mask:
    mask = np.zeros((30, 30), dtype=bool)
    mask[3:27, 3:27] = True
    mask[6:10, 6:10] = mask[6:10, 18:24] = mask[16:22, 12:14] = False
    return mask


def island_in_a_lake() -> Mask:
    mask = np.zeros((30, 30), dtype=bool)
    mask[2:28, 2:28] = True
    mask[8:22, 8:22] = False
    mask[12:18, 12:18] = True
    return mask


@pytest.mark.parametrize("mask", [ring(), with_three_holes(), island_in_a_lake(), ~ring()])
def test_the_polygons_enclose_just_the_centers_of_the_mask(mask: Mask) -> None:
    assert (filled_even_odd(mask) == mask).all()
    assert (filled_winding(mask) == mask).all()


@given(arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_so_they_do_whatever_the_mask(mask: Mask) -> None:
    assert (filled_even_odd(mask) == mask).all()
    assert (filled_winding(mask) == mask).all()


def test_there_is_one_polygon_a_part() -> None:
    assert len(polygons(ring())) == 1
    assert len(polygons(with_three_holes())) == 1
    assert len(polygons(island_in_a_lake())) == 2
    assert polygons(np.zeros((4, 4), dtype=bool)) == []


def test_a_square_needs_eight_points() -> None:
    mask = np.zeros((12, 12), dtype=bool)
    mask[2:8, 3:9] = True

    (points,) = polygons(mask)

    # its four corners are cut
    assert len(points) == 8
    assert (points.min(axis=0), points.max(axis=0)) == (
        pytest.approx([1.5, 2.5]),
        pytest.approx([7.5, 8.5]),
    )
