"""Bring a slice to another number of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor
from torch.nn import functional

from glioscope.learning.augmentation.checks import check_slice


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceResize:
    """Bilinear, pixel edges on pixel edges; for intensities, never for labels.

    Args:
        shape: Of the result.
    """

    shape: tuple[int, int]

    def __post_init__(self) -> None:
        if min(self.shape) < 1:
            msg = f"a slice can't be resized to {self.shape}; give at least 1 x 1"
            raise ValueError(msg)

    def draw(self, _rng: np.random.Generator) -> None:
        """Draw nothing: there is no chance in it."""

    def __call__(self, image: Tensor, draw: None = None) -> Tensor:
        """Return the resized slice.

        Args:
            image: Float, shape ``(C, I, J)``.
            draw: Nothing.

        Raises:
            ValueError: If it is not one slice.
        """
        del draw
        check_slice(image)
        return functional.interpolate(
            image[None], size=list(self.shape), mode="bilinear", align_corners=False
        )[0]
