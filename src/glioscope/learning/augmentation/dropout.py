"""Leave sequences out, so that one network serves every subset of the four."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from glioscope.learning.sample import Sample

_T1C_FLAIR = (0, 1, 0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceDropout:
    """Keep all sequences, T1c and FLAIR, or a random one of the 15 subsets.

    Args:
        keep_all: Probability of all that are there.
        keep_pair: Probability of T1c and FLAIR, which most clinical studies have; of two channels
            or three it is that of all.
        channels: How many the sample has; four are T1, T1c, T2 and FLAIR.
    """

    keep_all: float = 0.45
    keep_pair: float = 0.3
    channels: int = 4

    def draw(self, rng: np.random.Generator) -> Tensor:
        """Draw the sequences to keep, shape ``(channels,)``, at least one."""
        place = rng.random()
        subset = int(rng.integers(1, 1 << self.channels))
        pair = _T1C_FLAIR if self.channels == len(_T1C_FLAIR) else (1,) * self.channels
        if place < self.keep_all:
            return torch.ones(self.channels)
        if place < self.keep_all + self.keep_pair:
            return torch.tensor(pair, dtype=torch.float32)
        return torch.tensor([float(subset >> bit & 1) for bit in range(self.channels)])

    def __call__(self, sample: Sample, draw: Tensor) -> Sample:
        """Return the sample without the others; all of it if nothing would remain."""
        presence = sample.presence * draw
        if not presence.any():
            return sample
        return replace(
            sample, image=sample.image * presence[:, None, None, None], presence=presence
        )
