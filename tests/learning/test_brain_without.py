from __future__ import annotations

import numpy as np
import torch

from glioscope.learning.brain_without import brainless_example
from glioscope.preparation.brain import WINDOW_SHAPE


def test_examples_without_a_brain_fit_the_network_and_hold_none() -> None:
    rng = np.random.default_rng(0)
    looks = set()

    for _ in range(40):
        example = brainless_example(rng)
        assert example.image.shape == example.brain.shape == (1, *WINDOW_SHAPE)
        assert torch.isfinite(example.image).all()
        assert not example.brain.any()
        assert (example.certain == 1).all()
        looks.add(round(float(example.image.std()), 3))

    assert len(looks) > 20


def test_the_same_seed_draws_the_same_image() -> None:
    one, other = (brainless_example(np.random.default_rng(5)) for _ in range(2))

    torch.testing.assert_close(one.image, other.image)
