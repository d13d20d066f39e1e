"""Turn a slice in its plane."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from glioscope.learning.augmentation.checks import check_share, check_slice


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceRotation:
    """Rotation about the middle of the slice, bilinear; what turns in from outside is 0.

    Args:
        probability: That the slice is turned.
        most_deg: Largest angle to either side.
    """

    probability: float = 0.5
    most_deg: float = 180.0

    def __post_init__(self) -> None:
        check_share(probability=self.probability)
        if not 0 <= self.most_deg <= 180:
            msg = f"most_deg is {self.most_deg:g}; give 0 to 180"
            raise ValueError(msg)

    def draw(self, rng: np.random.Generator) -> float:
        """Draw the angle, degrees from ``I`` towards ``J``; 0 for none."""
        changed, angle_deg = rng.random() < self.probability, rng.uniform(-1, 1) * self.most_deg
        return float(angle_deg) if changed else 0.0

    def __call__(self, image: Tensor, draw: float) -> Tensor:
        """Return the turned slice, same shape.

        Args:
            image: Float, shape ``(C, I, J)``.
            draw: Degrees from ``I`` towards ``J``.

        Raises:
            ValueError: If it is not one slice.
        """
        check_slice(image)
        if draw == 0:
            return image.clone()
        cosine, sine = math.cos(math.radians(draw)), math.sin(math.radians(draw))
        rows, columns = image.shape[1:]
        # grid_sample wants (J, I), each from -1 to 1 over its own length
        back = [[cosine, -sine * rows / columns, 0.0], [sine * columns / rows, cosine, 0.0]]
        size = [1, *image.shape]
        places = functional.affine_grid(torch.tensor([back]), size, align_corners=False)
        return functional.grid_sample(image[None], places, align_corners=False)[0]
