"""Keep the middle of a slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from glioscope.learning.augmentation.checks import check_slice


@dataclass(frozen=True, slots=True, kw_only=True)
class CenterCrop:
    """The middle, of fixed shape; of an odd remainder the larger half is cut at the end.

    Args:
        shape: Of the result.
    """

    shape: tuple[int, int]

    def draw(self, _rng: np.random.Generator) -> None:
        """Draw nothing: there is no chance in it."""

    def __call__(self, image: Tensor, draw: None = None) -> Tensor:
        """Return a copy of the middle.

        Args:
            image: Shape ``(C, I, J)``.
            draw: Nothing.

        Raises:
            ValueError: If the slice is smaller than ``shape``.
        """
        del draw
        check_slice(image, least=self.shape)
        row, column = ((n - m) // 2 for n, m in zip(image.shape[1:], self.shape, strict=True))
        return image[:, row : row + self.shape[0], column : column + self.shape[1]].clone()
