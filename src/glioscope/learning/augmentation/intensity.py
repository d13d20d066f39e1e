"""Another scanner, another protocol: contrast, shading and noise of each sequence."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from glioscope.learning.sample import Sample

BLACK = -5.0
"""Where the air lies after normalization, robust standard deviations: about five below the
median of the brain in the four sequences."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IntensityDraw:
    """One drawn change.

    Args:
        gamma: Exponent per sequence, shape ``(4,)``.
        shade: Logarithm of the bias field at control points, shape ``(4, 4, 4, 4)``.
        gain: Factor per sequence after normalization, shape ``(4,)``.
        offset: Shift per sequence after normalization, shape ``(4,)``.
        noise: Standard deviation of the noise per sequence, shape ``(4,)``.
        seed: Of the noise.
    """

    gamma: Tensor
    shade: Tensor
    gain: Tensor
    offset: Tensor
    noise: Tensor
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Intensity:
    """Random gamma, bias field, gain, offset and noise, each sequence by itself.

    The brain is normalized again after gamma and bias field, as every image is before the network
    sees it, so what remains is what normalization can't undo.

    Args:
        gamma: Standard deviation of the logarithm of the exponent.
        shade: Standard deviation of the logarithm of the bias at a control point.
        gain: Standard deviation of the logarithm of the factor.
        offset: Standard deviation of the shift, robust standard deviations of the brain.
        noise: Largest standard deviation of the noise, same unit.
        stride: Every how many-th voxel of the brain is used to normalize again.
    """

    gamma: float = 0.2
    shade: float = 0.10
    gain: float = 0.10
    offset: float = 0.15
    noise: float = 0.25
    stride: int = 16

    def draw(self, rng: np.random.Generator) -> IntensityDraw:
        """Draw one change."""

        def tensor(values: npt.NDArray[np.float64]) -> Tensor:
            return torch.tensor(values, dtype=torch.float32)

        noise = rng.uniform(0, self.noise, 4) * (rng.random(4) < 0.5)
        return IntensityDraw(
            gamma=tensor(np.exp(rng.normal(0, self.gamma, 4))),
            shade=tensor(rng.normal(0, self.shade, (4, 4, 4, 4))),
            gain=tensor(np.exp(rng.normal(0, self.gain, 4))),
            offset=tensor(rng.normal(0, self.offset, 4)),
            noise=tensor(noise),
            seed=int(rng.integers(2**31)),
        )

    def __call__(self, sample: Sample, draw: IntensityDraw) -> Sample:
        """Return the changed sample; outside the brain and absent sequences stay 0."""
        inside = sample.brain[0] > 0.5
        if not inside.any():
            return sample
        some = inside.flatten().nonzero()[:: self.stride, 0]
        generator = torch.Generator().manual_seed(draw.seed)
        image = torch.zeros_like(sample.image)
        for index in torch.nonzero(sample.presence)[:, 0].tolist():
            values = ((sample.image[index] - BLACK) / -BLACK).clamp_min(0.004)
            shade = functional.interpolate(
                draw.shade[None, None, index], size=values.shape, mode="trilinear"
            )[0, 0]
            values = (values.log_().mul_(draw.gamma[index]).add_(shade)).exp_()
            scale, shift = standardization(values.flatten()[some])
            values.sub_(shift).mul_(draw.gain[index] / scale).add_(draw.offset[index])
            if draw.noise[index] > 0:
                values.add_(
                    torch.randn(values.shape, generator=generator), alpha=float(draw.noise[index])
                )
            image[index] = values.clamp_(-6, 12).mul_(inside)
        return replace(sample, image=image)


def standardization(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return IQR / 1.349 and median of some voxels."""
    low, median, high = torch.quantile(values, torch.tensor([0.25, 0.5, 0.75]))
    return ((high - low) / 1.349).clamp_min(1e-3), median
