import numpy as np
import torch

from glioscope.learning.augmentation.spatial import Spatial, SpatialDraw, crop
from glioscope.learning.phantom import brain_with_tumor

STILL = torch.zeros(3, 6, 7, 6)


def test_nothing_drawn_changes_nothing() -> None:
    sample = brain_with_tumor()
    draw = SpatialDraw(linear=None, bend_vox=STILL, flip=(), shift_vox=(0, 0, 0))

    again = Spatial(shape=(20, 24, 20))(sample, draw)

    assert torch.equal(again.image, sample.image)
    assert torch.equal(again.regions, sample.regions)


def test_the_identity_interpolates_to_the_same_voxels() -> None:
    sample = brain_with_tumor()
    draw = SpatialDraw(linear=torch.eye(3), bend_vox=STILL, flip=(), shift_vox=(0, 0, 0))

    again = Spatial(shape=(20, 24, 20))(sample, draw)

    torch.testing.assert_close(again.image, sample.image, atol=1e-4, rtol=0)


def test_a_quarter_turn_brings_each_voxel_where_it_belongs() -> None:
    sample = brain_with_tumor(shape=(20, 20, 20))
    quarter = torch.tensor([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    draw = SpatialDraw(linear=quarter, bend_vox=STILL, flip=(), shift_vox=(0, 0, 0))

    turned = Spatial(shape=(20, 20, 20))(sample, draw)

    expected = sample.regions.rot90(-1, (1, 2))
    torch.testing.assert_close(turned.regions, expected, atol=1e-4, rtol=0)


def test_a_mirror_moves_image_and_regions_alike() -> None:
    sample = brain_with_tumor()
    draw = SpatialDraw(linear=None, bend_vox=STILL, flip=(1,), shift_vox=(0, 0, 0))

    mirrored = Spatial(shape=(20, 24, 20))(sample, draw)

    assert torch.equal(mirrored.image, sample.image.flip(1))
    assert torch.equal(mirrored.regions, sample.regions.flip(1))


def test_half_the_scale_is_an_eighth_of_the_volume() -> None:
    sample = brain_with_tumor(shape=(40, 40, 40))
    draw = SpatialDraw(linear=2 * torch.eye(3), bend_vox=STILL, flip=(), shift_vox=(0, 0, 0))

    small = Spatial(shape=(40, 40, 40))(sample, draw)

    ratio = float(small.brain.sum() / sample.brain.sum())
    assert abs(ratio - 1 / 8) < 0.01


def test_crop_pads_with_zeros_and_shifts_by_whole_voxels() -> None:
    stack = torch.arange(1.0, 5.0).reshape(1, 4, 1, 1)

    assert crop(stack, (6, 1, 1)).flatten().tolist() == [0, 1, 2, 3, 4, 0]
    assert crop(stack, (2, 1, 1)).flatten().tolist() == [2, 3]
    assert crop(stack, (4, 1, 1), shift_vox=(1, 0, 0)).flatten().tolist() == [0, 1, 2, 3]


def test_left_and_right_are_mirrored_in_half_of_the_draws() -> None:
    rng = np.random.default_rng(0)

    flips = [1 in Spatial().draw(rng).flip for _ in range(400)]

    assert 0.4 < np.mean(flips) < 0.6
