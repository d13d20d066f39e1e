"""The whole image beside a box of it, so that a network knows where the box lies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from glioscope.learning.augmentation.spatial import SpatialDraw
from glioscope.learning.data.entry import CachedCase
from glioscope.learning.sample import Sample
from glioscope.networks.gmmas_global import patch_box


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """A whole image on a small grid, and where the box lies in it.

    Args:
        image: Averages, shape ``(S, *grid)``; 0 outside the brain.
        box: Shape ``(2, 3)``, see ``networks.gmmas_global.patch_box``.
    """

    image: Tensor
    box: Tensor

    def mirrored(self, draws: Iterable[object]) -> Surroundings:
        """Return the surroundings of the box after the flips among the draws of a chain."""
        flipped = self
        for draw in draws:
            if isinstance(draw, SpatialDraw):
                for axis in draw.flip:
                    flipped = flipped._flipped(axis)
        return flipped

    def _flipped(self, axis: int) -> Surroundings:
        box = self.box.clone()
        # what began so far from the low end now ends so far from the high one
        box[:, axis - 1] = 1 - self.box.flip(0)[:, axis - 1]
        return replace(self, image=self.image.flip(axis), box=box)


def surroundings(
    case: CachedCase, sample: Sample, start: Sequence[int], *, grid: Sequence[int]
) -> Surroundings:
    """Return the whole image around a box, with what the box holds in its place.

    So a tumor that was mixed into the box is in the whole too.  A box that reaches beyond the
    case widens the whole by as much.

    Args:
        case: Where the box was cut.
        sample: The box, all four sequences, before it is augmented.
        start: Its first voxel in the case; may be negative.
        grid: What the whole is averaged down to, voxels.
    """
    size, shape = sample.image.shape[1:], case.about.shape
    before = [max(-at, 0) for at in start]
    ends = zip(start, size, shape, strict=True)
    after = [max(at + edge - full, 0) for at, edge, full in ends]
    pads = [pad for pair in zip(before[::-1], after[::-1], strict=True) for pad in pair]
    every = case.sample()
    whole = functional.pad(every.image * (every.brain > 0.5), pads)
    inside = [at + more for at, more in zip(start, before, strict=True)]
    i, j, k = (slice(at, at + edge) for at, edge in zip(inside, size, strict=True))
    whole[:, i, j, k] = sample.image * (sample.brain > 0.5)
    a, b, c = grid
    small = functional.adaptive_avg_pool3d(whole[None], (a, b, c))[0]
    return Surroundings(image=small, box=patch_box(inside, size, whole.shape[1:]))


def stacked(tensors: Sequence[Tensor | None]) -> Tensor | None:
    """Return tensors of one shape as one, ``None`` where any is missing."""
    there = [tensor for tensor in tensors if tensor is not None]
    return torch.stack(there) if len(there) == len(tensors) else None
