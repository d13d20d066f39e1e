from dataclasses import replace

import numpy as np
import pytest
import torch

from glioscope.learning.augmentation import Intensity, IntensityDraw
from glioscope.learning.phantom import brain_with_tumor

PLAIN = IntensityDraw(
    gamma=torch.ones(4),
    shade=torch.zeros(4, 4, 4, 4),
    gain=torch.ones(4),
    offset=torch.zeros(4),
    noise=torch.zeros(4),
    seed=0,
)


@pytest.mark.parametrize("gamma", [0.7, 1.0, 1.5])
def test_the_brain_is_normalized_after_gamma_and_shading(gamma: float) -> None:
    sample = brain_with_tumor()
    shade = torch.randn(4, 4, 4, 4, generator=torch.Generator().manual_seed(1)) / 10
    draw = replace(PLAIN, gamma=torch.full((4,), gamma), shade=shade)

    changed = Intensity(stride=1)(sample, draw)

    for channel in changed.image:
        low, median, high = np.percentile(channel[sample.brain[0] > 0], (25, 50, 75))
        assert median == pytest.approx(0, abs=0.02)
        assert (high - low) / 1.349 == pytest.approx(1, abs=0.02)


def test_gain_and_offset_act_after_the_normalization() -> None:
    sample = brain_with_tumor()
    plain = Intensity(stride=1)(sample, PLAIN)
    draw = replace(PLAIN, gain=torch.full((4,), 1.2), offset=torch.full((4,), 0.3))

    changed = Intensity(stride=1)(sample, draw)

    inside = (sample.brain[0] > 0).expand(4, -1, -1, -1)
    torch.testing.assert_close(
        changed.image[inside], (1.2 * plain.image[inside] + 0.3).clamp(-6, 12), atol=1e-3, rtol=0
    )


def test_noise_has_the_strength_drawn() -> None:
    sample = brain_with_tumor(shape=(40, 40, 40))
    plain = Intensity()(sample, PLAIN)

    noisy = Intensity()(sample, replace(PLAIN, noise=torch.tensor([0.0, 0.5, 0.0, 0.0])))

    difference = (noisy.image - plain.image)[1][sample.brain[0] > 0]
    assert float(difference.std()) == pytest.approx(0.5, rel=0.05)
    assert torch.equal(noisy.image[0], plain.image[0])


def test_an_empty_brain_passes_unchanged() -> None:
    sample = brain_with_tumor()
    empty = replace(sample, brain=torch.zeros_like(sample.brain))

    assert Intensity()(empty, PLAIN) is empty
