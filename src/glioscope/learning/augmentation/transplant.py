"""Put the tumor of one patient into the brain of another.

The idea of CutMix (Yun et al. 2019) taken to tumors, as GMMAS does with its Tumor-CutMix (see
``cutmix``, which pastes a part of a tumor into another): a tumor is learned apart from the brain
around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from glioscope.learning.augmentation.blending import soft_edge
from glioscope.learning.sample import SPACING_MM, Sample

EDGE_VOX = 4
"""Tissue around the tumor that comes with its box, for the soft edge."""

LEAST_INSIDE = 0.7
"""Share of the tumor that must fall into the brain; what falls outside is cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransplantDraw:
    """One drawn transplantation.

    Args:
        donor: Number of the donor.
        flip: Whether the tumor changes sides.
        shift_vox: From where it lay, relative to the middle of the brain.
    """

    donor: int
    flip: bool
    shift_vox: tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Transplant:
    """Tumors of some patients, to be put into others.

    Args:
        donors: Patients whose regions are known; without a tumor they give nothing.
        shift_mm: Standard deviation of the shift along each axis.
    """

    donors: Sequence[Sample]
    shift_mm: float = 12.0

    def draw(self, rng: np.random.Generator) -> TransplantDraw:
        """Draw a donor, a side and a place."""
        shift = rng.normal(0, self.shift_mm / SPACING_MM, 3).round()
        return TransplantDraw(
            donor=int(rng.integers(len(self.donors))),
            flip=bool(rng.random() < 0.5),
            shift_vox=(int(shift[0]), int(shift[1]), int(shift[2])),
        )

    def __call__(self, sample: Sample, draw: TransplantDraw) -> Sample:
        """Return the sample with the tumor in it; as it is where the tumor finds no room.

        What is present and known afterwards is what both patients have: sequences that the donor
        lacks are left out, regions that nobody outlined in the donor are unknown.
        """
        donor = self.donors[draw.donor]
        presence = sample.presence * donor.presence
        box = _box(donor.regions[0])
        if box is None or not presence.any():
            return sample
        stack = torch.cat([donor.image, donor.regions, donor.brain])
        middle = _middle(donor.brain[0])
        if draw.flip:
            stack = stack.flip(1)
            size = stack.shape[1]
            box = (slice(size - box[0].stop, size - box[0].start), *box[1:])
            middle = (size - 1 - middle[0], *middle[1:])
        target = _middle(sample.brain[0])
        moves = [round(t - m) + s for t, m, s in zip(target, middle, draw.shift_vox, strict=True)]
        pair = _overlap(box, moves, sample.brain.shape[1:])
        if pair is None:
            return sample
        source, place = pair
        return _pasted(sample, stack[(slice(None), *source)], place, presence, donor.known)


def _pasted(
    sample: Sample, patch: Tensor, place: tuple[slice, ...], presence: Tensor, known: Tensor
) -> Sample:
    channels, count = len(sample.image), len(sample.regions)
    image, regions, brain = torch.split(patch, [channels, count, 1])
    host = sample.brain[0][place] > 0.5
    mask = (regions[0] > 0.1).float()
    if (mask * host).sum() < LEAST_INSIDE * mask.sum().clamp_min(1):
        return sample
    weight = soft_edge(mask) * host * (brain[0] > 0.5)
    inside = (slice(None), *place)
    mixed, outlined = sample.image.clone(), sample.regions.clone()
    mixed[inside] += weight * (image - mixed[inside])
    outlined[inside] += (weight > 0.99) * host * (regions - outlined[inside])
    return replace(
        sample,
        image=mixed * presence[:, None, None, None],
        regions=outlined,
        presence=presence,
        known=sample.known * known,
    )


def _middle(mask: Tensor) -> tuple[float, ...]:
    """Middle of the box around a mask, voxels."""
    inside, middle = mask > 0.5, []
    for axis in range(3):
        others = [other for other in range(3) if other != axis]
        used = torch.nonzero(inside.amax(dim=others))[:, 0]
        middle.append(float(used[0] + used[-1]) / 2 if len(used) else (mask.shape[axis] - 1) / 2)
    return tuple(middle)


def _box(mask: Tensor) -> tuple[slice, ...] | None:
    places = torch.nonzero(mask > 0.1)
    if not len(places):
        return None
    low = (places.amin(dim=0) - EDGE_VOX).clamp_min(0).tolist()
    high = (places.amax(dim=0) + 1 + EDGE_VOX).tolist()
    return tuple(slice(a, min(b, n)) for a, b, n in zip(low, high, mask.shape, strict=True))


def _overlap(
    box: tuple[slice, ...], moves: list[int], shape: torch.Size
) -> tuple[tuple[slice, ...], tuple[slice, ...]] | None:
    """Part of the box that falls onto the other grid, on the one grid and on the other."""
    source, place = [], []
    for side, move, size in zip(box, moves, shape, strict=True):
        low, high = max(side.start + move, 0), min(side.stop + move, size)
        if low >= high:
            return None
        place.append(slice(low, high))
        source.append(slice(low - move, high - move))
    return tuple(source), tuple(place)
