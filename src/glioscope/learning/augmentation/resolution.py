"""Thick slices and blur."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor
from torch.nn import functional

from glioscope.learning.sample import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionDraw:
    """One drawn change.

    Args:
        factors: For each sequence the thickness of a slice in voxels and its axis; thickness 1
            leaves the sequence as it is.
    """

    factors: tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Average a sequence into thick slices and interpolate it back.

    Args:
        probability: That a sequence is changed.
        thickest_vox: Thickest slice, voxels of the working grid.
    """

    probability: float = 0.2
    thickest_vox: float = 4.5

    def draw(self, rng: np.random.Generator) -> ResolutionDraw:
        """Draw one change; clinical slices are axial in most studies."""
        axis = int(rng.choice(3, p=(0.15, 0.15, 0.7)))
        thick = rng.uniform(1.3, self.thickest_vox, 4)
        changed = rng.random(4) < self.probability
        return ResolutionDraw(
            factors=tuple(
                (float(t) if c else 1.0, axis) for t, c in zip(thick, changed, strict=True)
            )
        )

    def __call__(self, sample: Sample, draw: ResolutionDraw) -> Sample:
        """Return the changed sample; outside the brain stays 0."""
        image = sample.image.clone()
        for index, (factor, axis) in enumerate(draw.factors):
            if factor > 1.0 and sample.presence[index] > 0:
                image[index] = _thicken(image[index], factor, axis) * (sample.brain[0] > 0.5)
        return replace(sample, image=image)


def _thicken(channel: Tensor, factor: float, axis: int) -> Tensor:
    size = list(channel.shape)
    size[axis] = max(round(size[axis] / factor), 2)
    thick = functional.interpolate(channel[None, None], size=size, mode="area")
    return functional.interpolate(thick, size=channel.shape, mode="trilinear", align_corners=False)[
        0, 0
    ]
