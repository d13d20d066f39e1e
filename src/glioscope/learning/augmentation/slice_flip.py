"""Mirror a slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from glioscope.learning.augmentation.checks import check_share, check_slice


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceFlip:
    """Flip along each axis of the plane with its own probability.

    Volumes are flipped by ``Spatial``.

    Args:
        first: Probability along ``I``, left and right in RAS+.
        second: Probability along ``J``, front and back in RAS+.
    """

    first: float = 0.5
    second: float = 0.5

    def __post_init__(self) -> None:
        check_share(first=self.first, second=self.second)

    def draw(self, rng: np.random.Generator) -> tuple[int, ...]:
        """Draw the array axes to mirror, counted with the channels as 0."""
        chances = rng.random(2)
        wanted = (self.first, self.second)
        return tuple(n + 1 for n in range(2) if chances[n] < wanted[n])

    def __call__(self, image: Tensor, draw: tuple[int, ...]) -> Tensor:
        """Return the mirrored slice.

        Args:
            image: Shape ``(C, I, J)``.
            draw: Of ``draw``.

        Raises:
            ValueError: If it is not one slice.
        """
        check_slice(image)
        return image.flip(draw)
