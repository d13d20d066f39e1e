"""Keep a random part of a slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from glioscope.learning.augmentation.checks import check_slice


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomCrop:
    """A part of fixed shape; every place is equally likely.

    Args:
        shape: Of the result.
    """

    shape: tuple[int, int]

    def draw(self, rng: np.random.Generator) -> tuple[float, float]:
        """Draw the place, from 0 (first) to below 1 (last) along ``I`` and ``J``."""
        row, column = rng.random(2).tolist()
        return row, column

    def __call__(self, image: Tensor, draw: tuple[float, float]) -> Tensor:
        """Return a copy of the part.

        Args:
            image: Shape ``(C, I, J)``.
            draw: Of ``draw``.

        Raises:
            ValueError: If the slice is smaller than ``shape``.
        """
        check_slice(image, least=self.shape)
        row, column = (
            int(share * (n - m + 1))
            for share, n, m in zip(draw, image.shape[1:], self.shape, strict=True)
        )
        return image[:, row : row + self.shape[0], column : column + self.shape[1]].clone()
