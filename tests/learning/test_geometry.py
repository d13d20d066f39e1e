import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from glioscope.core import GeometryError, GridMismatchError, Volume
from glioscope.learning.geometry import VisualPathwayGeometry

SMALL = VisualPathwayGeometry(shape=(8, 6, 4))
shapes = st.tuples(st.integers(1, 13), st.integers(1, 13), st.integers(1, 13))


def volume(
    shape: tuple[int, int, int], *, seed: int = 0, high: int = 4, spacing_mm: float = 1.0
) -> Volume:
    affine = np.diag([-spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = (30.0, -20.0, 10.0)
    data = np.random.default_rng(seed).integers(0, high, shape).astype(np.uint8)
    return Volume(data=data, affine=affine)


def test_a_brats_volume_becomes_112_112_80_at_2_mm() -> None:
    brats = volume((240, 240, 155))

    labels = VisualPathwayGeometry().labels(brats)

    assert labels.shape == (112, 112, 80)
    assert labels.spacing_mm == (2.0, 2.0, 2.0)
    # 16 voxels of 240 are cut, 8 in front; 5 are added to 155, 2 in front
    assert np.array_equal(labels.data[..., 1:78], brats.data[8:232:2, 8:232:2, 0:153:2])
    assert not labels.data[..., 0].any()


def test_linear_interpolation_is_that_of_scipy_at_the_same_places() -> None:
    fine = volume((11, 7, 5), high=250)

    coarse = SMALL.image(fine)

    centers = np.stack(np.meshgrid(*map(np.arange, coarse.shape), indexing="ij"), axis=-1)
    places = np.moveaxis(fine.index(coarse.world(centers)), -1, 0)
    expected = ndimage.map_coordinates(fine.data.astype(float), places, order=1)
    np.testing.assert_allclose(coarse.data, expected, rtol=1e-5)
    assert coarse.data.dtype == np.float32


def test_a_label_comes_from_the_voxel_that_lies_nearest() -> None:
    fine = volume((11, 7, 5))

    coarse = SMALL.labels(fine)

    first = fine.index(coarse.world([1, 1, 1])) - 0.5
    i, j, k = first.round().astype(int)
    np.testing.assert_allclose(first, [i, j, k], atol=1e-9)
    assert coarse.data[1, 1, 1] == fine.data[i, j, k]


@given(shape=shapes, seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_labels_brought_back_and_forth_again_are_the_same(
    shape: tuple[int, int, int], seed: int
) -> None:
    fine = volume(shape, seed=seed)
    coarse = SMALL.labels(fine)

    back = SMALL.restored(coarse, like=fine)
    again = SMALL.labels(back)

    assert back.shape == shape
    assert np.array_equal(back.affine, fine.affine)
    assert np.array_equal(again.affine, coarse.affine)
    assert np.array_equal(again.data, coarse.data)


def test_blocks_within_the_crop_come_back_voxel_by_voxel() -> None:
    data = np.zeros((14, 9, 7), dtype=np.uint8)
    data[3:11, 2:8, 2:6] = volume((4, 3, 2)).data.repeat(2, 0).repeat(2, 1).repeat(2, 2)
    fine = volume((14, 9, 7)).with_data(data)

    assert np.array_equal(SMALL.restored(SMALL.labels(fine), like=fine).data, data)


def test_a_constant_image_stays_constant_and_the_input_untouched() -> None:
    fine = volume((8, 6, 4)).with_data(np.full((8, 6, 4), 7, dtype=np.int16))

    coarse = SMALL.image(fine)
    coarse.data[:] = 0
    SMALL.labels(fine).data[:] = 0

    assert (fine.data == 7).all()
    assert (SMALL.image(fine).data == 7).all()


def test_a_bool_mask_stays_bool() -> None:
    fine = volume((8, 6, 4))

    mask = SMALL.labels(fine.with_data(fine.data > 1))

    assert mask.data.dtype == np.bool_
    assert SMALL.restored(mask, like=fine).data.dtype == np.bool_


def test_another_spacing_is_refused() -> None:
    with pytest.raises(GeometryError, match=r"1\.5 x 1\.5 x 1\.5 mm instead of 1 mm; run"):
        SMALL.image(volume((8, 6, 4), spacing_mm=1.5))


def test_intensities_are_refused_as_labels() -> None:
    fine = volume((8, 6, 4))

    with pytest.raises(GeometryError, match="use image"):
        SMALL.labels(fine.with_data(fine.data.astype(np.float32)))


def test_labels_of_another_volume_are_refused() -> None:
    fine, other = volume((9, 9, 9)), volume((12, 9, 9))

    with pytest.raises(GridMismatchError, match="like the volume that they were predicted from"):
        SMALL.restored(SMALL.labels(other), like=fine)


def test_an_odd_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="give even numbers"):
        VisualPathwayGeometry(shape=(7, 6, 4))
