"""The smallest patient that every part of learning can be tried on."""

from __future__ import annotations

import torch

from glioscope.learning.sample import Sample


def brain_with_tumor(*, shape: tuple[int, int, int] = (20, 24, 20)) -> Sample:
    """A box of brain with a box of tumor off its centre, all four sequences, noise within."""
    generator = torch.Generator().manual_seed(0)
    brain = torch.zeros(1, *shape)
    brain[:, 3:-3, 3:-3, 3:-3] = 1
    regions = torch.zeros(3, *shape)
    regions[0, 5:12, 6:14, 7:13] = 1
    regions[1, 6:10, 7:12, 8:12] = 1
    regions[2, 7:9, 8:10, 9:11] = 1
    image = torch.randn(4, *shape, generator=generator) + 3 * regions[0]
    return Sample(
        image=image * brain,
        regions=regions,
        brain=brain,
        presence=torch.ones(4),
        known=torch.ones(3),
    )
