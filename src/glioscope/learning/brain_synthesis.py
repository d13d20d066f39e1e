"""Training heads for the brain network: real brains in drawn heads, and real heads, both bent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from glioscope.learning.brain_anatomy import painted, random_contrast
from glioscope.learning.brain_bank import BrainSubject, HeadSubject
from glioscope.learning.brain_fields import (
    MIDDLE,
    random_curve,
    random_points,
    smooth_field,
    taken,
    through_curve,
)
from glioscope.learning.brain_scan import covered, noisy, shaded, sliced, with_noise_slices
from glioscope.preparation.brain import scaled

SEQUENCES: Final = ("t1", "t1c", "t2", "flair")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Example:
    """One head to learn from, shapes ``(1, I, J, K)``, float32."""

    image: Tensor
    brain: Tensor
    certain: Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnHead:
    """A real brain with drawn tissues around it, before it is bent and given a contrast.

    Args:
        subject: The brain.
        names: Which sequence each of its images is.
        tissue: Of each voxel of its window, index into ``TISSUES``, uint8.
    """

    subject: BrainSubject
    names: tuple[str, ...]
    tissue: Tensor


def drawn_example(head: DrawnHead, rng: np.random.Generator) -> Example:
    """Bend a drawn head, give it a random contrast and scan it."""
    inside, contrast = _brain_contrast(head.subject, head.names, rng)
    points = random_points(rng, center=MIDDLE + torch.tensor([0.0, 0.0, rng.uniform(-3, 4)]))
    image, brain = taken(torch.stack([inside, head.subject.brain[0].float()]), points)
    image = _with_tumor(image, brain, rng) if rng.random() < 0.5 else image
    if rng.random() > 0.06:
        tissue = taken(head.tissue[None], points, mode="nearest")[0].long()
        image = image + (1 - brain) * painted(tissue, contrast, rng)
    return _scanned(image, brain, torch.ones_like(brain), rng)


def real_example(subject: HeadSubject, rng: np.random.Generator) -> Example:
    """Bend a real head and give it another contrast half of the time."""
    image = subject.images[int(rng.integers(len(subject.images)))]
    points = random_points(rng, center=MIDDLE + torch.tensor([0.0, 0.0, rng.uniform(-3, 4)]))
    channels = torch.stack([image, subject.brain[0], subject.certain[0]])
    warped, brain, certain = taken(channels, points)
    if rng.random() < 0.5:
        warped = through_curve(warped, random_curve(rng))
    warped = _with_tumor(warped, brain, rng) if rng.random() < 0.4 else warped
    return _scanned(warped, brain, certain, rng)


def varied(example: Example, rng: np.random.Generator) -> Example:
    """Mirror and shift an example and give it another contrast and more noise: cheap variety."""
    axes = [1] if rng.random() < 0.5 else []
    shift = [int(rng.integers(-4, 5)) for _ in range(3)]

    def moved(channel: Tensor) -> Tensor:
        return channel.flip(axes).roll(shift, (1, 2, 3))

    image = moved(example.image)
    if rng.random() < 0.5:
        curve = random_curve(rng)
        image = through_curve(image.clamp(0, 1.25), curve)
    image = noisy(image[0].clamp_min(0), rng)
    return Example(
        image=torch.tensor(scaled(image.numpy()))[None],
        brain=moved(example.brain),
        certain=moved(example.certain),
    )


def _brain_contrast(
    subject: BrainSubject, names: tuple[str, ...], rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Return the brain, 0 outside of it, and the tissues around it, in one contrast."""
    inside = subject.brain[0].float()
    if rng.random() < 0.75:
        index = int(rng.integers(len(names)))
        image, name = subject.images[index].float(), names[index]
    else:
        weights = torch.tensor(rng.dirichlet(np.ones(len(names))), dtype=torch.float32)
        image = torch.einsum("s,sijk->ijk", weights, subject.images.float())
        image, name = through_curve(image, random_curve(rng)), "any"
    middle = image[inside > 0.5].median().clamp_min(0.05)
    return image * inside, random_contrast(name, rng) * middle


def _with_tumor(image: Tensor, brain: Tensor, rng: np.random.Generator) -> Tensor:
    """Grow a blot of any brightness at the surface of the brain, inside of it."""
    edge = torch.argwhere((brain > 0.3) & (brain < 0.7))
    if not len(edge):
        return image
    center = edge[int(rng.integers(len(edge)))].float()
    axes = [torch.arange(n, dtype=torch.float32) for n in image.shape]
    radii = rng.uniform(3, 13, 3)
    squares = [
        ((axis - at) / radius) ** 2 for axis, at, radius in zip(axes, center, radii, strict=True)
    ]
    distance = squares[0][:, None, None] + squares[1][None, :, None] + squares[2][None, None, :]
    ragged = distance.sqrt() + 0.25 * smooth_field(rng, 12, shape=image.shape)
    share = torch.sigmoid((1 - ragged) * float(rng.uniform(3, 15))) * brain.clamp(0, 1)
    level = float(rng.uniform(0, 1.6)) * float(image[brain > 0.5].median())
    texture = 1 + 0.2 * smooth_field(rng, 30, shape=image.shape)
    return torch.lerp(image, brain.clamp(0, 1) * level * texture, share)


def _scanned(image: Tensor, brain: Tensor, certain: Tensor, rng: np.random.Generator) -> Example:
    reach = covered(tuple(image.shape), rng)
    image, brain = sliced(torch.stack([image, brain]), rng)
    image = with_noise_slices(noisy(shaded(image, rng), rng), reach, rng)
    return Example(
        image=torch.tensor(scaled(image.numpy()))[None],
        brain=(brain * reach).clamp(0, 1)[None],
        certain=certain[None],
    )
