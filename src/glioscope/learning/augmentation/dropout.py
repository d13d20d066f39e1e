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
        keep_pair: Probability of T1c and FLAIR, which most clinical studies have.
    """

    keep_all: float = 0.45
    keep_pair: float = 0.3

    def draw(self, rng: np.random.Generator) -> Tensor:
        """Draw the sequences to keep, shape ``(4,)``, at least one."""
        place = rng.random()
        subset = int(rng.integers(1, 16))
        if place < self.keep_all:
            return torch.ones(4)
        if place < self.keep_all + self.keep_pair:
            return torch.tensor(_T1C_FLAIR, dtype=torch.float32)
        return torch.tensor([float(subset >> bit & 1) for bit in range(4)])

    def __call__(self, sample: Sample, draw: Tensor) -> Sample:
        """Return the sample without the others; all of it if nothing would remain."""
        presence = sample.presence * draw
        if not presence.any():
            return sample
        return replace(
            sample, image=sample.image * presence[:, None, None, None], presence=presence
        )
