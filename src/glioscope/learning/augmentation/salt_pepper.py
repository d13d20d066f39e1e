"""Pixels that fail: some as bright, some as dark as the slice gets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from glioscope.learning.augmentation.checks import check_share, check_slice


@dataclass(frozen=True, slots=True, kw_only=True)
class SaltPepperDraw:
    """One drawn noise.

    Args:
        share: Of the pixels; 0 for none.
        seed: Of their places.
    """

    share: float
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SaltPepper:
    """Set pixels to the highest or the lowest value of their channel, in all channels alike.

    Args:
        probability: That any pixel is set.
        most_share: Largest share of pixels; half of them salt, half pepper, on average.
    """

    probability: float = 0.5
    most_share: float = 0.02

    def __post_init__(self) -> None:
        check_share(probability=self.probability, most_share=self.most_share)

    def draw(self, rng: np.random.Generator) -> SaltPepperDraw:
        """Draw one noise."""
        changed, share = rng.random() < self.probability, rng.uniform(0, self.most_share)
        return SaltPepperDraw(share=float(share) * changed, seed=int(rng.integers(2**31)))

    def __call__(self, image: Tensor, draw: SaltPepperDraw) -> Tensor:
        """Return the slice with some pixels set.

        Args:
            image: Shape ``(C, I, J)``.
            draw: Of ``draw``.

        Raises:
            ValueError: If it is not one slice.
        """
        check_slice(image)
        generator = torch.Generator().manual_seed(draw.seed)
        fate = torch.rand(image.shape[1:], generator=generator)
        salted = torch.where(fate >= 1 - draw.share / 2, image.amax((1, 2), keepdim=True), image)
        return torch.where(fate < draw.share / 2, image.amin((1, 2), keepdim=True), salted)
