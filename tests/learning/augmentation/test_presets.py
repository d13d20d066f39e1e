import numpy as np
import pytest
import torch

from glioscope.learning.augmentation import (
    Chain,
    GaussianNoise,
    SaltPepper,
    SliceFlip,
    minority_slice_augmentation,
    plain_slice_crop,
    visual_pathway_augmentation,
)
from glioscope.learning.phantom import brain_with_tumor


def test_a_chain_is_its_steps_one_after_another() -> None:
    image = torch.randn(4, 9, 7, generator=torch.Generator().manual_seed(0))
    flip, noise = SliceFlip(first=1.0, second=0.0), SaltPepper(probability=1.0)
    chain = Chain(steps=(flip, noise))
    draw = chain.draw(np.random.default_rng(3))

    rng = np.random.default_rng(3)
    flipped = flip(image, flip.draw(rng))
    expected = noise(flipped, noise.draw(rng))

    assert torch.equal(chain(image, draw), expected)


def test_draws_of_another_chain_are_refused() -> None:
    with pytest.raises(ValueError, match="1 draws for 0 steps"):
        Chain[torch.Tensor](steps=())(torch.zeros(1, 2, 2), [()])


def test_a_slice_of_240_becomes_160_magnified_for_the_minority() -> None:
    image, chain = torch.zeros(4, 240, 240), minority_slice_augmentation()
    image[:, 119:121, 119:121] = 1
    draw = chain.draw(np.random.default_rng(2))

    large = chain(image, draw)
    plain = plain_slice_crop()(image, (None,))

    assert large.shape == plain.shape == (4, 160, 160)
    assert torch.equal(plain, image[:, 40:200, 40:200])
    assert large.numpy().tobytes() == chain(image, draw).numpy().tobytes()


def test_the_magnification_is_448_over_240() -> None:
    image = torch.zeros(1, 240, 240)
    image[0, 110:130, 110:130] = 1
    resize, center, *_ = minority_slice_augmentation().steps

    middle = center(resize(image, None), None)

    assert float(middle.sum()) == pytest.approx(400 * (448 / 240) ** 2, rel=0.01)


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_the_visual_pathway_preset_flips_along_each_plane(axis: int) -> None:
    sample, rng = brain_with_tumor(), np.random.default_rng(0)
    chain = visual_pathway_augmentation(shape=(20, 24, 20), noise=0.0)
    flips = np.array([axis in chain.draw(rng)[0].flip for _ in range(300)])  # type: ignore[attr-defined]  # a chain knows no kinds of draws

    assert 0.4 < flips.mean() < 0.6
    axes = [(n,) for n in range(1, 4)]
    for _ in range(10):
        changed = chain(sample, chain.draw(rng))
        assert any(
            torch.equal(changed.regions, sample.regions.flip(flip))
            and torch.equal(changed.image, sample.image.flip(flip))
            for flip in [(), *axes, (1, 2), (1, 3), (2, 3), (1, 2, 3)]
        )


def test_flips_and_noise_have_their_own_probabilities() -> None:
    chain = visual_pathway_augmentation(flip=0.0, noise=1.0)
    mirror, noise = chain.steps

    assert isinstance(noise, GaussianNoise)
    assert noise.draw(np.random.default_rng(0)).sigma > 0
    assert mirror.draw(np.random.default_rng(0)).flip == ()
