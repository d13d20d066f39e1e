"""Move a slice in a random direction; what leaves on one side comes back on the other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from glioscope.learning.augmentation.checks import check_share, check_slice


@dataclass(frozen=True, slots=True, kw_only=True)
class CyclicShiftDraw:
    """One drawn shift.

    Args:
        share: Of the slice's size, along ``I`` and ``J``, -1 to 1.
    """

    share: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CyclicShift:
    """CyclicShift (Lu et al. 2022): all pixels stay, their neighborhood at the edges changes.

    Args:
        probability: That the slice is moved.
        most_share: Longest way, as a share of the slice's size.
    """

    probability: float = 0.5
    most_share: float = 0.5

    def __post_init__(self) -> None:
        check_share(probability=self.probability, most_share=self.most_share)

    def draw(self, rng: np.random.Generator) -> CyclicShiftDraw:
        """Draw a direction, all alike, and a way along it."""
        changed, angle_rad = rng.random() < self.probability, rng.uniform(0, 2 * math.pi)
        way = float(rng.uniform(0, self.most_share)) * changed
        return CyclicShiftDraw(share=(way * math.cos(angle_rad), way * math.sin(angle_rad)))

    def __call__(self, image: Tensor, draw: CyclicShiftDraw) -> Tensor:
        """Return the moved slice, by whole pixels.

        Args:
            image: Shape ``(C, I, J)``.
            draw: Of ``draw``.

        Raises:
            ValueError: If it is not one slice.
        """
        check_slice(image)
        rows, columns = image.shape[1:]
        moves = (round(draw.share[0] * rows), round(draw.share[1] * columns))
        return torch.roll(image, moves, dims=(1, 2))
