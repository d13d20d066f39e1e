"""A brain without its tumor: the other hemisphere, mirrored, takes the tumor's place.

Few patients are few backgrounds.  A healed brain is one to put another patient's tumor into, and,
left as it is, a brain in which nothing must be found.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from glioscope.learning.augmentation.blending import soft_edge
from glioscope.learning.sample import Sample

GROW_VOX = 2
"""The mirrored tissue reaches this far beyond the outline, where experts differ."""

MOST_SHIFT_VOX = 8
MOST_MIRRORED = 0.03
"""Share of the tumor that may lie opposite to tumor; more, and the mirror would bring it back."""


def heal(sample: Sample) -> Sample | None:
    """Return the sample without its tumor, all regions known to be empty.

    The plane to mirror about is the sagittal one, moved by whole voxels to where the brain outside
    the tumor looks most like its mirror image.

    Args:
        sample: With the left-right axis first; its whole tumor outlined.

    Returns:
        The healed sample, or ``None`` where the tumor crosses to the other side.
    """
    tumor = sample.regions.amax(dim=0) > 0.1
    if not tumor.any():
        return replace(sample, known=torch.ones_like(sample.known))
    shift = _best_shift(sample, tumor)
    mirrored = _mirror(sample.image, shift)
    there = _mirror(sample.brain, shift)[0] > 0.5
    opposite = _mirror(tumor[None].float(), shift)[0] > 0.5
    inside = tumor & (sample.brain[0] > 0.5)
    bad = inside & (opposite | ~there)
    if not inside.any() or bad.sum() > MOST_MIRRORED * inside.sum():
        return None
    weight = soft_edge(tumor.float(), grow_vox=GROW_VOX) * (there & ~opposite)
    image = sample.image + weight * (mirrored - sample.image)
    return replace(
        sample,
        image=image * sample.presence[:, None, None, None],
        regions=torch.zeros_like(sample.regions),
        known=torch.ones_like(sample.known),
    )


def _mirror(stack: Tensor, shift_vox: int) -> Tensor:
    return torch.roll(stack.flip(1), shift_vox, dims=1)


def _best_shift(sample: Sample, tumor: Tensor) -> int:
    """Voxels to move the flipped brain by; least mean difference where both are free of tumor."""
    some = sample.image[sample.presence > 0][:, :, ::2, ::2]
    brain, free = sample.brain[:, :, ::2, ::2], (~tumor)[None, :, ::2, ::2].float()
    costs = []
    for shift in range(-MOST_SHIFT_VOX, MOST_SHIFT_VOX + 1):
        both = free * _mirror(free, shift)
        either = torch.maximum(brain, _mirror(brain, shift)) * both
        apart = (some * brain - _mirror(some * brain, shift)).abs().mean(dim=0, keepdim=True)
        # where one is brain and the other is not, the difference counts as a large one
        outside = (brain - _mirror(brain, shift)).abs()
        costs.append(float(((apart + 3 * outside) * either).sum() / either.sum().clamp_min(1)))
    return int(torch.tensor(costs).argmin()) - MOST_SHIFT_VOX
