"""One training patient as the network sees it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from glioscope.core import Region

REGIONS = (Region.WT, Region.TC, Region.ET)
"""Order of the output channels everywhere in learning and in the shipped network."""

SPACING_MM = 1.5
"""Working resolution: experts' labels brought here and back keep Dice 0.99 (WT), 0.98 (TC) and
0.96 (ET) on the 14 BraTS patients, and a whole brain fits into one training step."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Four sequences, the regions' masks, and what of both is known.

    Args:
        image: float32, shape ``(4, I, J, K)``, normalized over the brain; absent sequences 0.
        regions: float32 in 0 to 1 (partial volume), shape ``(3, I, J, K)``, in the order of
            ``REGIONS``.
        brain: float32 in 0 to 1, shape ``(1, I, J, K)``.
        presence: Shape ``(4,)``, 1 where the sequence is there.
        known: Shape ``(3,)``, 1 where an expert outlined the region; the loss leaves the others
            out.
    """

    image: Tensor
    regions: Tensor
    brain: Tensor
    presence: Tensor
    known: Tensor


def save_sample(sample: Sample, path: Path) -> None:
    """Write a sample as compressed numpy arrays: float16 intensities, uint8 masks."""
    np.savez(
        path,
        image=sample.image.numpy().astype(np.float16),
        regions=(sample.regions.numpy() * 255).round().astype(np.uint8),
        brain=(sample.brain.numpy() * 255).round().astype(np.uint8),
        presence=sample.presence.numpy().astype(np.uint8),
        known=sample.known.numpy().astype(np.uint8),
    )


def load_sample(path: Path) -> Sample:
    """Read what ``save_sample`` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return Sample(
            image=torch.from_numpy(arrays["image"].astype(np.float32)),
            regions=torch.from_numpy(arrays["regions"].astype(np.float32) / 255),
            brain=torch.from_numpy(arrays["brain"].astype(np.float32) / 255),
            presence=torch.from_numpy(arrays["presence"].astype(np.float32)),
            known=torch.from_numpy(arrays["known"].astype(np.float32)),
        )
