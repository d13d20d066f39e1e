from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glioscope.core import Volume, grid_difference
from glioscope.preparation import canonical, resampled, resampled_mask
from glioscope.preparation.bias import without_bias
from glioscope.preparation.grid import bounds, case_grid, cropped


def _oblique(shape: tuple[int, int, int] = (20, 24, 10)) -> Volume:
    affine = np.eye(4)
    turn = Rotation.from_euler("xyz", (17.0, -5.0, 9.0), degrees=True).as_matrix()
    affine[:3, :3] = turn @ np.array([[-0.9, 0, 0], [0, 0, 5.5], [0, -0.9, 0]])
    affine[:3, 3] = (30.0, -20.0, 10.0)
    data = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    return Volume(data=data, affine=affine)


def test_canonical_moves_no_voxel() -> None:
    raw = _oblique()

    upright = canonical(raw)

    assert nib.aff2axcodes(upright.affine) == ("R", "A", "S")
    index = np.array([3, 5, 7])
    at = np.round(upright.index(raw.world(index))).astype(int)
    assert upright.data[tuple(at)] == raw.data[tuple(index)]


def test_the_case_grid_is_isotropic_and_keeps_axes_and_coverage() -> None:
    raw = _oblique()

    grid = case_grid(raw, spacing_mm=1.0)

    np.testing.assert_allclose(grid.spacing_mm, 1.0)
    ours = grid.affine[:3, :3]
    theirs = canonical(raw).affine[:3, :3] / canonical(raw).spacing_mm
    np.testing.assert_allclose(ours, theirs, atol=1e-9)
    extent = np.array(canonical(raw).shape) * canonical(raw).spacing_mm
    np.testing.assert_allclose(np.array(grid.shape), extent, atol=0.5)
    middle = (np.array(raw.shape) - 1) / 2
    np.testing.assert_allclose(
        grid.world((np.array(grid.shape) - 1) / 2), raw.world(middle), atol=1e-6
    )


def test_an_image_of_the_spacing_is_not_interpolated() -> None:
    data = np.random.default_rng(1).normal(size=(9, 8, 7)).astype(np.float32)
    raw = Volume(data=data, affine=np.diag([-1.0, -1.0, 1.0, 1.0]))

    placed = resampled(raw, like=case_grid(raw, spacing_mm=1.0))

    np.testing.assert_array_equal(placed.data, data[::-1, ::-1])


def test_resampling_follows_a_rigid_map_and_fills_outside() -> None:
    point = Volume(data=np.zeros((21, 21, 21), dtype=np.float32), affine=np.eye(4))
    point.data[10, 10, 10] = 1.0
    move = np.eye(4)
    move[:3, 3] = (4.0, -3.0, 2.0)

    placed = resampled(point, like=point, to_reference=move, outside=float("nan"))

    assert placed.data[14, 7, 12] == 1.0
    assert np.nansum(placed.data) == 1.0
    assert np.isnan(placed.data[0]).all()
    assert point.data[10, 10, 10] == 1.0


def test_a_mask_comes_back_from_a_finer_grid() -> None:
    coarse = Volume(data=np.zeros((10, 10, 10), dtype=bool), affine=np.diag([3.0, 3.0, 3.0, 1.0]))
    coarse.data[3:7, 2:8, 4:6] = True
    fine = case_grid(coarse, spacing_mm=1.0)

    back = resampled_mask(resampled_mask(coarse, like=fine), like=coarse)

    np.testing.assert_array_equal(back.data, coarse.data)


def test_cropping_keeps_the_place_and_margins_end_at_the_grid() -> None:
    raw = _oblique()
    mask = raw.with_data(np.zeros(raw.shape, dtype=bool))
    mask.data[4:9, 20:23, 2:4] = True

    low, high = bounds(mask, margin_mm=2.0)
    part = cropped(raw, low=low, high=high)

    assert low.tolist() == [1, 17, 1]
    assert high.tolist() == [12, 24, 5]
    np.testing.assert_allclose(part.world((0, 0, 0)), raw.world(low))
    np.testing.assert_array_equal(part.data, raw.data[1:12, 17:24, 1:5])
    whole = cropped(raw, low=(0, 0, 0), high=raw.shape)
    assert grid_difference(whole, raw) is None


@pytest.mark.parametrize("strength", [0.2, 0.4])
def test_a_known_shading_is_removed_and_a_tumor_is_not(strength: float) -> None:
    shape = (60, 70, 54)
    grid = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij", sparse=True)
    radius = np.sqrt(grid[0] ** 2 + grid[1] ** 2 + grid[2] ** 2)
    brain = radius < 0.9
    clean = np.where(brain, np.where(radius < 0.6, 140.0, 100.0), 0.0)
    tumor = (grid[0] - 0.4) ** 2 + grid[1] ** 2 + grid[2] ** 2 < 0.04
    clean[tumor & brain] = 220.0
    noise = np.random.default_rng(0).normal(0.0, 3.0, shape)
    shading = 1.0 + strength * grid[0] - 0.5 * strength * grid[1] * grid[2]
    affine = np.diag([2.5, 2.5, 2.5, 1.0])
    image = Volume(data=(clean * shading + noise).astype(np.float32), affine=affine)
    mask = Volume(data=brain, affine=affine)

    even = without_bias(image, brain=mask)

    outer = brain & (radius > 0.65) & ~tumor
    before = image.data[outer].std() / image.data[outer].mean()
    after = even.data[outer].std() / even.data[outer].mean()
    assert after < 0.6 * before
    contrast = even.data[tumor & brain].mean() / even.data[outer].mean()
    assert contrast == pytest.approx(2.2, rel=0.15)
