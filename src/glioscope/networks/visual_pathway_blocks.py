"""Blocks of the visual-pathway network: Sensory Neuron, Nucleus, attention, Motor Neuron."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SensoryNeuron(nn.Module):
    """Convolution, batch norm, ReLU; the grid stays.

    The paper names the filters, the kernel and the dilation; norm and activation are our choice.

    Args:
        in_channels: Channels of the features.
        filters: Channels of the result.
        kernel: Odd edge of the kernel, voxels.
        dilation: Distance between its taps, voxels.
    """

    def __init__(
        self, in_channels: int, filters: int, *, kernel: int = 3, dilation: int = 1
    ) -> None:
        super().__init__()
        padding = dilation * (kernel // 2)
        self.conv = nn.Conv3d(
            in_channels, filters, kernel, padding=padding, dilation=dilation, bias=False
        )
        self.norm = nn.BatchNorm3d(filters)
        self.act = nn.ReLU(inplace=True)

    def forward(self, features: Tensor) -> Tensor:
        """Return features, shape ``(B, filters, I, J, K)``."""
        result: Tensor = self.act(self.norm(self.conv(features)))
        return result


class Nucleus(nn.Module):
    """Residual block of several scales: parallel convolutions, joined, batch norm, sum, ReLU.

    The paper says "residual Nucleus blocks with multi-scale convolutions and batch
    normalization".  Ours gives each scale an equal share of the channels (rounded up), so that
    the block costs a third of what full scales would, and joins them by a 1 x 1 x 1 convolution.

    Args:
        channels: Of the features and of the result.
        kernels: Odd edges of the parallel kernels, voxels.
    """

    def __init__(self, channels: int, kernels: tuple[int, ...] = (1, 3, 5)) -> None:
        super().__init__()
        share = -(-channels // len(kernels))
        self.scales = nn.ModuleList(
            SensoryNeuron(channels, share, kernel=kernel) for kernel in kernels
        )
        self.join = nn.Conv3d(share * len(kernels), channels, 1, bias=False)
        self.norm = nn.BatchNorm3d(channels)
        self.act = nn.ReLU(inplace=True)

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the same shape."""
        scales = torch.cat([scale(features) for scale in self.scales], dim=1)
        result: Tensor = self.act(features + self.norm(self.join(scales)))
        return result


class SpatialAttention(nn.Module):
    """Weight each voxel by what the mean and the maximum over its channels say.

    The spatial half of CBAM (Woo et al. 2018, arXiv:1807.06521), in three dimensions; the paper
    names no form.

    Args:
        kernel: Odd edge of its one convolution, voxels.
    """

    def __init__(self, kernel: int = 7) -> None:
        super().__init__()
        self.conv = nn.Conv3d(2, 1, kernel, padding=kernel // 2)

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the same shape, each voxel times a weight between 0 and 1."""
        summary = torch.cat(
            [features.mean(dim=1, keepdim=True), features.amax(dim=1, keepdim=True)], dim=1
        )
        weight: Tensor = torch.sigmoid(self.conv(summary))
        return features * weight


class MotorNeuron(nn.Module):
    """Transposed convolution, skip connection, 3 x 3 x 3 convolution, batch norm, ReLU.

    Args:
        in_channels: Channels of the coarse features.
        skip_channels: Channels of the encoder's output.
        filters: Channels of the result.
        factor: 2 doubles the grid; 1 keeps it (kernel 3 then).
    """

    def __init__(self, in_channels: int, skip_channels: int, filters: int, *, factor: int) -> None:
        super().__init__()
        self.rise = (
            nn.ConvTranspose3d(in_channels, filters, 2, stride=2)
            if factor == 2
            else nn.ConvTranspose3d(in_channels, filters, 3, padding=1)
        )
        self.join = SensoryNeuron(filters + skip_channels, filters)

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        """Return features on the grid of ``skip``."""
        joined: Tensor = self.join(torch.cat([self.rise(coarse), skip], dim=1))
        return joined
