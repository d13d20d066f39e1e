"""Transforms of slices: what each does, and the contract of all."""

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from glioscope.learning.augmentation import (
    CenterCrop,
    CyclicShift,
    CyclicShiftDraw,
    RandomCrop,
    SaltPepper,
    SaltPepperDraw,
    SliceFlip,
    SliceResize,
    SliceRotation,
)

ALL = [
    CenterCrop(shape=(8, 6)),
    CyclicShift(probability=1.0),
    RandomCrop(shape=(8, 6)),
    SaltPepper(probability=1.0, most_share=0.5),
    SliceFlip(),
    SliceResize(shape=(20, 18)),
    SliceRotation(probability=1.0),
]
RANDOM = [transform for transform in ALL if not isinstance(transform, (CenterCrop, SliceResize))]


def name(transform: object) -> str:
    return type(transform).__name__


def a_slice(shape: tuple[int, int] = (12, 10)) -> Tensor:
    return torch.randn(4, *shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("transform", ALL, ids=name)
def test_the_input_is_left_alone_and_not_shared(transform: Any) -> None:
    image = a_slice()
    before = deepcopy(image)

    for seed in range(5):
        transform(image, transform.draw(np.random.default_rng(seed))).zero_()

    assert torch.equal(image, before)


@pytest.mark.parametrize("transform", ALL, ids=name)
def test_the_same_draw_gives_the_same_bytes(transform: Any) -> None:
    one, other = (
        transform(a_slice(), transform.draw(np.random.default_rng(7))).numpy().tobytes()
        for _ in range(2)
    )

    assert one == other


@pytest.mark.parametrize("transform", RANDOM, ids=name)
def test_draws_differ(transform: Any) -> None:
    images = [transform(a_slice(), transform.draw(np.random.default_rng(s))) for s in range(6)]

    assert any(not torch.equal(images[0], image) for image in images[1:])


@pytest.mark.parametrize("transform", ALL, ids=name)
def test_a_volume_is_refused(transform: Any) -> None:
    with pytest.raises(ValueError, match="give one slice at a time"):
        transform(torch.zeros(4, 12, 12, 12), transform.draw(np.random.default_rng(0)))


@pytest.mark.parametrize(
    "transform",
    [
        CyclicShift(probability=0.0),
        SaltPepper(probability=0.0),
        SliceFlip(first=0.0, second=0.0),
        SliceRotation(probability=0.0),
    ],
    ids=name,
)
def test_a_probability_of_zero_changes_nothing(transform: Any) -> None:
    for seed in range(5):
        changed = transform(a_slice(), transform.draw(np.random.default_rng(seed)))

        assert torch.equal(changed, a_slice())


@pytest.mark.parametrize("kind", [CyclicShift, SaltPepper, SliceRotation])
def test_a_probability_above_one_is_refused(kind: Any) -> None:
    with pytest.raises(ValueError, match=r"probability is 1\.5; give 0 to 1"):
        kind(probability=1.5)


def test_what_leaves_on_one_side_comes_back_on_the_other() -> None:
    image = torch.arange(8.0).reshape(1, 4, 2)

    moved = CyclicShift()(image, CyclicShiftDraw(share=(0.25, 0.0)))

    assert moved[0].tolist() == [[6, 7], [0, 1], [2, 3], [4, 5]]


@given(rows=st.integers(1, 9), columns=st.integers(1, 9), seed=st.integers(0, 999))
@settings(max_examples=30, deadline=None)
def test_a_cyclic_shift_can_be_undone(rows: int, columns: int, seed: int) -> None:
    image = a_slice((rows, columns))
    draw = CyclicShift(probability=1.0).draw(np.random.default_rng(seed))
    back = CyclicShiftDraw(share=(-draw.share[0], -draw.share[1]))

    assert torch.equal(CyclicShift()(CyclicShift()(image, draw), back), image)


def test_all_directions_are_drawn_and_none_goes_too_far() -> None:
    shift, rng = CyclicShift(probability=1.0, most_share=0.3), np.random.default_rng(0)

    shares = np.array([shift.draw(rng).share for _ in range(200)])

    assert np.hypot(*shares.T).max() <= 0.3
    quarters = {(bool(one > 0), bool(other > 0)) for one, other in shares}
    assert len(quarters) == 4


def test_salt_and_pepper_are_the_highest_and_the_lowest_of_their_channel() -> None:
    image = a_slice((60, 50))

    noisy = SaltPepper()(image, SaltPepperDraw(share=0.2, seed=3))

    changed = noisy != image
    high, low = noisy == image.amax((1, 2), keepdim=True), noisy == image.amin((1, 2), keepdim=True)
    assert (high | low)[changed].all()
    assert float((changed & high).float().mean()) == pytest.approx(0.1, abs=0.02)
    assert float((changed & low).float().mean()) == pytest.approx(0.1, abs=0.02)
    assert float(changed.all(0).float().mean()) == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize(("angle_deg", "quarters"), [(90.0, 1), (-90.0, -1), (180.0, 2)])
def test_quarter_turns_bring_each_pixel_where_it_belongs(angle_deg: float, quarters: int) -> None:
    image = a_slice((9, 9))

    turned = SliceRotation()(image, angle_deg)

    torch.testing.assert_close(turned, image.rot90(quarters, (1, 2)), atol=1e-5, rtol=0)


def test_a_slice_that_is_not_square_keeps_its_proportions() -> None:
    image = torch.zeros(1, 21, 11)
    image[0, 8:13, 3:8] = 1

    turned = SliceRotation()(image, 90.0)

    torch.testing.assert_close(turned, image, atol=1e-5, rtol=0)


def test_angles_reach_both_ends() -> None:
    rotation, rng = SliceRotation(probability=1.0), np.random.default_rng(0)

    angles = [rotation.draw(rng) for _ in range(300)]

    assert -180 <= min(angles) < -150
    assert 150 < max(angles) <= 180

    with pytest.raises(ValueError, match="give 0 to 180"):
        SliceRotation(most_deg=270.0)


def test_flips_have_their_own_probabilities() -> None:
    rng = np.random.default_rng(0)
    draws = [SliceFlip(first=1.0, second=0.25).draw(rng) for _ in range(400)]

    assert all(1 in draw for draw in draws)
    assert 0.2 < np.mean([2 in draw for draw in draws]) < 0.3
    assert torch.equal(SliceFlip()(a_slice(), (2,)), a_slice().flip(2))


def test_resizing_to_twice_the_size_keeps_pixel_edges() -> None:
    image = torch.tensor([[[0.0, 4.0]]])

    larger = SliceResize(shape=(1, 4))(image)

    assert larger[0, 0].tolist() == [0.0, 1.0, 3.0, 4.0]

    with pytest.raises(ValueError, match="give at least 1 x 1"):
        SliceResize(shape=(0, 4))


def test_the_middle_is_kept() -> None:
    image = torch.arange(25.0).reshape(1, 5, 5)

    assert CenterCrop(shape=(1, 3))(image)[0].tolist() == [[11, 12, 13]]
    assert CenterCrop(shape=(4, 1))(image)[0, :, 0].tolist() == [2, 7, 12, 17]


@pytest.mark.parametrize("kind", [CenterCrop, RandomCrop])
def test_a_slice_smaller_than_the_crop_is_refused(kind: Any) -> None:
    crop = kind(shape=(20, 20))

    with pytest.raises(ValueError, match="12 x 10 is smaller than 20 x 20; pad it"):
        crop(a_slice(), crop.draw(np.random.default_rng(0)))


def test_every_place_of_a_random_crop_is_drawn() -> None:
    image, crop = torch.arange(5.0).reshape(1, 5, 1), RandomCrop(shape=(3, 1))
    rng = np.random.default_rng(0)

    firsts = {int(crop(image, crop.draw(rng))[0, 0, 0]) for _ in range(60)}

    assert firsts == {0, 1, 2}
