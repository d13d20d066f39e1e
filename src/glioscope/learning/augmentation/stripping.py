"""Brain masks are never perfect: leave some scalp, or lose some cortex."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor
from torch.nn import functional

from glioscope.learning.sample import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripping:
    """Grow or shrink the brain mask by some voxels, and clear what lies outside.

    Args:
        probability: That the mask is changed at all.
        grow_vox: Most voxels to grow by; it shows only in patients whose scalp is there.
        shrink_vox: Most voxels to shrink by.
    """

    probability: float = 0.4
    grow_vox: int = 3
    shrink_vox: int = 1

    def draw(self, rng: np.random.Generator) -> int:
        """Draw the voxels to grow by; negative shrinks."""
        changed, steps = rng.random(), int(rng.integers(-self.shrink_vox, self.grow_vox + 1))
        return steps if changed < self.probability else 0

    def __call__(self, sample: Sample, draw: int) -> Sample:
        """Return the sample with a changed mask; a tumor is never cut off."""
        brain = sample.brain.maximum(sample.regions.amax(dim=0, keepdim=True)).round()
        if draw > 0:
            brain = _dilate(brain, draw)
        elif draw < 0:
            brain = (1 - _dilate(1 - brain, -draw)).maximum(sample.regions[:1].round())
        return replace(sample, image=sample.image * brain, brain=brain)


def _dilate(mask: Tensor, steps: int) -> Tensor:
    return functional.max_pool3d(mask[None], 2 * steps + 1, stride=1, padding=steps)[0]
