"""Gaussian noise with a probability of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from glioscope.learning.augmentation.checks import check_share
from glioscope.learning.sample import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseDraw:
    """One drawn noise.

    Args:
        sigma: Standard deviation, robust standard deviations of the brain; 0 for none.
        seed: Of the noise.
    """

    sigma: float
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GaussianNoise:
    """Add noise to the brain in all sequences that are there, and change nothing else.

    ``Intensity`` has noise too, among the other changes of a scanner; this one stands alone, as
    the visual-pathway paper has it.

    Args:
        probability: That there is any.
        most_sigma: Largest standard deviation, robust standard deviations of the brain.
    """

    probability: float = 0.5
    most_sigma: float = 0.25

    def __post_init__(self) -> None:
        check_share(probability=self.probability)

    def draw(self, rng: np.random.Generator) -> NoiseDraw:
        """Draw one noise."""
        changed, sigma = rng.random() < self.probability, rng.uniform(0, self.most_sigma)
        return NoiseDraw(sigma=float(sigma) if changed else 0.0, seed=int(rng.integers(2**31)))

    def __call__(self, sample: Sample, draw: NoiseDraw) -> Sample:
        """Return the noisy sample; outside the brain and absent sequences stay 0."""
        if draw.sigma == 0:
            return sample
        generator = torch.Generator().manual_seed(draw.seed)
        noise = torch.randn(sample.image.shape, generator=generator) * draw.sigma
        there = sample.presence[:, None, None, None] * (sample.brain > 0.5)
        return replace(sample, image=sample.image + noise * there)
