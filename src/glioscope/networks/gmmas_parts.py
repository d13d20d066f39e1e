"""What the GMMAS network is made of: encoder, transformer, channel attention, heads."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from glioscope.networks.unet import Level


class Encoder(nn.Module):
    """Levels of two convolutions each; every one after the first halves the grid.

    Args:
        in_channels: Of the image.
        widths: Channels of each level, finest first.
        conditions: Length of the presence vector that it is told, 0 for none.
    """

    def __init__(self, in_channels: int, widths: Sequence[int], *, conditions: int = 0) -> None:
        super().__init__()
        channels = (in_channels, *widths)
        self.levels = nn.ModuleList(
            Level(before, after, stride=1 if index == 0 else 2, conditions=conditions)
            for index, (before, after) in enumerate(itertools.pairwise(channels))
        )

    def forward(self, image: Tensor, presence: Tensor | None = None) -> list[Tensor]:
        """Return the features of each level, finest first.

        Args:
            image: Shape ``(B, in_channels, I, J, K)``.
            presence: Shape ``(B, conditions)``, float.
        """
        maps, features = [], image
        for level in self.levels:
            features = level(features, presence)
            maps.append(features)
        return maps


def position_encoding(features: Tensor) -> Tensor:
    """Return where each voxel lies in its map, as sines and cosines, shape ``(C, I, J, K)``.

    The encoding of Vaswani et al. 2017 (arXiv:1706.03762) along each of the three axes, a third
    of the channels for each; nothing is learned, so any size of map will do.

    Args:
        features: Shape ``(B, C, I, J, K)``; only its shape and type are used.
    """
    channels, shape = features.shape[1], features.shape[2:]
    count = math.ceil(channels / 6)
    rates = torch.exp(torch.arange(count, device=features.device) * (-math.log(10_000.0) / count))
    parts = []
    for axis, size in enumerate(shape):
        angles = torch.arange(size, device=features.device)[:, None] * rates
        waves = torch.cat([angles.sin(), angles.cos()], dim=1).T
        view = [2 * count, 1, 1, 1]
        view[axis + 1] = -1
        parts.append(waves.reshape(view).expand(-1, *shape))
    return torch.cat(parts)[:channels].to(features.dtype)


class TransformerLayer(nn.Module):
    """Self-attention and a two-layer perceptron, each normed before and added after.

    Vaswani et al. 2017 (arXiv:1706.03762) with the norm first, which trains without a warm-up
    (Xiong et al. 2020, arXiv:2002.04745).
    """

    def __init__(self, width: int, heads: int, *, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm_attention = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)
        self.norm_mlp = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return tokens, shape ``(B, T, width)`` as given."""
        tokens = tokens + self.dropout(self._attend(self.norm_attention(tokens)))
        refined: Tensor = tokens + self.dropout(self.mlp(self.norm_mlp(tokens)))
        return refined

    def _attend(self, tokens: Tensor) -> Tensor:
        batch, count, width = tokens.shape
        split = self.query_key_value(tokens).reshape(batch, count, 3, self.heads, -1)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = nn.functional.scaled_dot_product_attention(query, key, value)
        projected: Tensor = self.project(mixed.transpose(1, 2).reshape(batch, count, width))
        return projected


class Refiner(nn.Module):
    """Transformer layers over the voxels of the deepest map, as in TransBTS.

    Wang et al. 2021 (arXiv:2103.04430).
    """

    def __init__(self, width: int, heads: int, layers: int, *, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            TransformerLayer(width, heads, dropout=dropout) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, features: Tensor) -> Tensor:
        """Return refined features, shape ``(B, C, I, J, K)`` as given."""
        placed = features + position_encoding(features)
        tokens = placed.flatten(2).transpose(1, 2)
        for layer in self.layers:
            tokens = layer(tokens)
        refined: Tensor = self.norm(tokens).transpose(1, 2).reshape(features.shape)
        return refined


class ChannelAttention(nn.Module):
    """How much each channel counts, from its global average and its global maximum.

    The channel half of CBAM (Woo et al. 2018, arXiv:1807.06521): one perceptron for both.
    """

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        hidden = max(channels // reduction, 2)
        self.mlp = nn.Sequential(
            nn.Linear(channels, hidden), nn.LeakyReLU(0.01), nn.Linear(hidden, channels)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return weights in 0 to 1, shape ``(B, C, 1, 1, 1)``."""
        mean, peak = features.mean(dim=(2, 3, 4)), features.amax(dim=(2, 3, 4))
        weights = torch.sigmoid(self.mlp(mean) + self.mlp(peak))
        return weights[:, :, None, None, None]


class GlobalJoin(nn.Module):
    """Add what the whole image tells to the features of the patch, by channel attention."""

    def __init__(self, channels: int, global_channels: int, reduction: int) -> None:
        super().__init__()
        self.attention = ChannelAttention(channels + global_channels, reduction)
        self.mix = nn.Conv3d(channels + global_channels, channels, 1)

    def forward(self, local: Tensor, around: Tensor) -> Tensor:
        """Return features, shape of ``local``.

        Args:
            local: Of the patch, ``(B, C, I, J, K)``.
            around: Of the whole image, on the grid of the patch, ``(B, G, I, J, K)``.
        """
        both = torch.cat([local, around], dim=1)
        joined: Tensor = local + self.mix(both * self.attention(both))
        return joined


class Classifier(nn.Module):
    """Logits of every task from pooled features, through one hidden layer that all share.

    Args:
        channels: Of the features.
        classes: Number of logits of all tasks together.
        dropout: Of the hidden layer.
    """

    def __init__(self, channels: int, classes: int, *, dropout: float) -> None:
        super().__init__()
        self.hidden = nn.Sequential(
            nn.LayerNorm(2 * channels),
            nn.Linear(2 * channels, channels),
            nn.GELU(),
            nn.Dropout(dropout),
        )
        self.logits = nn.Linear(channels, classes)

    def forward(self, features: Tensor) -> Tensor:
        """Return logits, shape ``(B, classes)``, from features ``(B, C, I, J, K)``."""
        pooled = torch.cat([features.mean(dim=(2, 3, 4)), features.amax(dim=(2, 3, 4))], dim=1)
        logits: Tensor = self.logits(self.hidden(pooled))
        return logits
