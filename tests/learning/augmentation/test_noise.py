from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch

from glioscope.learning.augmentation import GaussianNoise, NoiseDraw
from glioscope.learning.phantom import brain_with_tumor


def test_the_noise_has_the_strength_drawn_inside_the_brain_only() -> None:
    sample = brain_with_tumor(shape=(40, 40, 40))
    before = deepcopy(sample)

    noise = GaussianNoise()(sample, NoiseDraw(sigma=0.5, seed=1)).image - sample.image

    inside = sample.brain[0] > 0
    assert float(noise[:, inside].std()) == pytest.approx(0.5, rel=0.02)
    assert float(noise[:, inside].mean()) == pytest.approx(0.0, abs=0.01)
    assert not noise[:, ~inside].any()
    assert torch.equal(sample.image, before.image)


def test_an_absent_sequence_stays_zero() -> None:
    sample = brain_with_tumor()
    sample.image[2] = 0
    lacking = replace(sample, presence=torch.tensor([1.0, 1.0, 0.0, 1.0]))

    noisy = GaussianNoise()(lacking, NoiseDraw(sigma=0.5, seed=1))

    assert not noisy.image[2].any()


def test_noise_comes_as_often_as_asked() -> None:
    rng, noise = np.random.default_rng(0), GaussianNoise(probability=0.3, most_sigma=0.2)

    sigmas = np.array([noise.draw(rng).sigma for _ in range(400)])

    assert 0.25 < np.mean(sigmas > 0) < 0.35
    assert sigmas.max() <= 0.2


def test_the_same_draw_gives_the_same_bytes() -> None:
    sample, draw = brain_with_tumor(), NoiseDraw(sigma=0.1, seed=5)

    one, other = (GaussianNoise()(sample, draw).image.numpy().tobytes() for _ in range(2))

    assert one == other


def test_a_probability_above_one_is_refused() -> None:
    with pytest.raises(ValueError, match="give 0 to 1"):
        GaussianNoise(probability=2.0)
