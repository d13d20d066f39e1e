"""The contract of every transform, one suite for all of them."""

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch

from glioscope.learning.augmentation import (
    GaussianNoise,
    Intensity,
    Resolution,
    SequenceDropout,
    Spatial,
    Stripping,
)
from glioscope.learning.phantom import brain_with_tumor
from glioscope.learning.sample import Sample

ALL = [
    GaussianNoise(probability=1.0),
    Intensity(),
    Resolution(probability=1.0),
    SequenceDropout(keep_all=0.0, keep_pair=0.0),
    Spatial(shape=(16, 16, 16), probability=1.0),
    Stripping(probability=1.0),
]
NAMES = [type(transform).__name__ for transform in ALL]


def same(one: Sample, other: Sample) -> bool:
    return all(torch.equal(getattr(one, n), getattr(other, n)) for n in Sample.__slots__)


@pytest.mark.parametrize("transform", ALL, ids=NAMES)
def test_the_input_is_left_alone(transform: Any) -> None:
    sample = brain_with_tumor()
    before = deepcopy(sample)

    for seed in range(5):
        transform(sample, transform.draw(np.random.default_rng(seed)))

    assert same(sample, before)


@pytest.mark.parametrize("transform", ALL, ids=NAMES)
def test_the_same_draw_gives_the_same_sample(transform: Any) -> None:
    sample = brain_with_tumor()

    one = transform(sample, transform.draw(np.random.default_rng(7)))
    other = transform(sample, transform.draw(np.random.default_rng(7)))

    assert same(one, other)


@pytest.mark.parametrize("transform", ALL, ids=NAMES)
def test_draws_differ(transform: Any) -> None:
    sample = brain_with_tumor()
    images = [
        transform(sample, transform.draw(np.random.default_rng(seed))).image for seed in range(6)
    ]

    assert any(not torch.equal(images[0], image) for image in images[1:])


@pytest.mark.parametrize("transform", ALL, ids=NAMES)
def test_outside_the_brain_and_absent_sequences_stay_zero(transform: Any) -> None:
    sample = brain_with_tumor()
    sample.image[2] = 0
    sample.presence[2] = 0

    for seed in range(5):
        changed = transform(sample, transform.draw(np.random.default_rng(seed)))

        assert not changed.image[2].any()
        assert not changed.image[:, changed.brain[0] == 0].any()
        assert torch.isfinite(changed.image).all()
        assert changed.regions.min() >= 0
        assert changed.regions.max() <= 1 + 1e-5
