"""What a scanner and its operator do to a head: shading, slices, noise, missing parts."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from glioscope.learning.brain_fields import smooth_field


def shaded(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Multiply by a random bias field and take a random gamma."""
    strength = float(rng.uniform(0, 0.45))
    bias = torch.exp(strength * smooth_field(rng, int(rng.integers(2, 5)), shape=image.shape))
    peak = image.max().clamp_min(1e-6)
    return ((image / peak).clamp_min(0) ** float(np.exp(rng.normal(0, 0.2)))) * bias


def noisy(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Add the noise of a magnitude image, sometimes correlated, sometimes a ghost."""
    level = float(rng.uniform(0, 0.05)) * float(rng.random() < 0.8)
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    real, imaginary = level * torch.randn(2, *image.shape, generator=generator)
    result = torch.hypot(image + real, imaginary)
    if rng.random() < 0.2:
        moved = int(rng.integers(8, 50))
        result = result + float(rng.uniform(0.02, 0.12)) * image.roll(moved, int(rng.integers(2)))
    return result


def sliced(channels: Tensor, rng: np.random.Generator) -> Tensor:
    """Blur, or average to thick slices along one axis (mostly feet to head) and interpolate back.

    Image and mask are treated alike, so that the mask is what the thick slices hold of it.

    Args:
        channels: Shape ``(C, I, J, K)``.
        rng: Its only source of chance.
    """
    if rng.random() < 0.35:
        return channels
    axis = int(rng.choice(3, p=(0.12, 0.12, 0.76)))
    size = channels.shape[1 + axis]
    slices = max(8, round(size / float(rng.uniform(1.5, 4.0))))
    coarse = list(channels.shape[1:])
    coarse[axis] = slices
    thick = functional.interpolate(channels[None], coarse, mode="area")
    back = functional.interpolate(thick, channels.shape[1:], mode="trilinear", align_corners=False)
    return back[0]


def covered(shape: tuple[int, ...], rng: np.random.Generator) -> Tensor:
    """Return 1 where the scan reaches: a box, sometimes without a wedge; 0 elsewhere."""
    reach = torch.ones(shape)
    if rng.random() < 0.5:
        reach[:, :, : int(rng.integers(0, 45))] = 0
    if rng.random() < 0.2:
        reach[:, :, shape[2] - int(rng.integers(6, 30)) :] = 0
    if rng.random() < 0.2:
        margin = int(rng.integers(1, 12))
        reach[:margin], reach[shape[0] - margin :] = 0, 0
    if rng.random() < 0.2:
        reach = reach * _wedge(shape, rng)
    return reach


def with_noise_slices(image: Tensor, reach: Tensor, rng: np.random.Generator) -> Tensor:
    """Fill what the scan does not reach with nothing, or with noise."""
    if rng.random() < 0.6:
        return image * reach
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    noise = float(rng.uniform(0.0, 0.06)) * torch.randn(image.shape, generator=generator).abs()
    return torch.where(reach > 0, image, noise)


def _wedge(shape: tuple[int, ...], rng: np.random.Generator) -> Tensor:
    """Cut a half-space whose face is tilted a little from the slices, at one end."""
    across = torch.linspace(-1, 1, shape[0])[:, None, None] * float(rng.uniform(-20, 20))
    along = torch.linspace(-1, 1, shape[1])[None, :, None] * float(rng.uniform(-20, 20))
    height = torch.arange(shape[2])[None, None, :]
    if rng.random() < 0.5:
        return (height > float(rng.uniform(0, 25)) + across + along).float()
    return (height < shape[2] - float(rng.uniform(5, 30)) + across + along).float()
