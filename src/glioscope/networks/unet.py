"""The compact U-Net that Glioscope trains and ships, for the tumor and for the brain."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from glioscope.networks.config_json import LATER
from glioscope.networks.fusion import FusionKind
from glioscope.networks.fusion_stem import FusedStem, Heard, LateFusion, hear, stem_fusion

BACKGROUND_LOGIT = -3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UNetConfig:
    """Shape of a compact U-Net.

    With ``fold=2`` each 2 x 2 x 2 block of voxels becomes eight channels before the first
    convolution, and the logits are unfolded likewise after the last: on two cores the finest
    level costs more than all others together, and this takes it away (2.4 times less time a
    step) while every voxel keeps its own logit.

    Args:
        in_channels: Channels of the image, such as the four sequences.
        out_channels: One logit each; regions overlap, so each has its own sigmoid.
        widths: Channels of each level, finest first; every level halves the grid.
        fold: Edge of the block of voxels that becomes channels; 1 folds nothing.
        conditioned: Whether the network is told which channels are present.
        detail: Channels of a last convolution on the unfolded grid that sees the image itself, so
            that edges follow the image; 0 for none.
        fusion: How sequences meet.  ``None`` stacks them as channels; ``late`` runs the network
            for every sequence alone and fuses logits; all others give every sequence a first
            convolution of its own and fuse what comes out.  With it, presence is needed.
        dropout: Of whole channels of the deepest level (Tompson et al. 2015, arXiv:1411.4280);
            left on at prediction, it gives the epistemic uncertainty (see ``monte_carlo``).
    """

    in_channels: int = 4
    out_channels: int = 3
    widths: tuple[int, ...] = (32, 48, 64, 96)
    fold: int = 2
    conditioned: bool = True
    detail: int = 0
    fusion: FusionKind | None = field(default=None, metadata=LATER)
    dropout: float = field(default=0.0, metadata=LATER)

    def __post_init__(self) -> None:
        if self.fusion is not None:
            object.__setattr__(self, "fusion", FusionKind.named(self.fusion))
        if len(self.widths) < 2 or min(self.widths) < 1:
            msg = f"widths={self.widths}: give two or more levels of at least one channel"
            raise ValueError(msg)
        if min(self.in_channels, self.out_channels, self.fold) < 1:
            msg = (
                f"{self.in_channels} to {self.out_channels} channels, fold={self.fold}: give at"
                " least one of each"
            )
            raise ValueError(msg)
        if not 0 <= self.dropout < 1:
            msg = f"dropout={self.dropout}: give 0 or more and less than 1"
            raise ValueError(msg)

    @property
    def needs_presence(self) -> bool:
        """Whether the network has to be told which sequences are present."""
        return self.conditioned or self.fusion is not None

    @property
    def stride(self) -> int:
        """Every axis of an image must be a multiple of this, voxels."""
        return self.fold << (len(self.widths) - 1)


def fold_voxels(image: Tensor, fold: int) -> Tensor:
    """Turn blocks of voxels into channels.

    ``(B, C, I, J, K)`` becomes ``(B, C * fold**3, I / fold, J / fold, K / fold)``.
    """
    if fold == 1:
        return image
    batch, channels, i, j, k = image.shape
    blocks = image.reshape(batch, channels, i // fold, fold, j // fold, fold, k // fold, fold)
    order = blocks.permute(0, 1, 3, 5, 7, 2, 4, 6)
    return order.reshape(batch, channels * fold**3, i // fold, j // fold, k // fold)


def unfold_voxels(features: Tensor, fold: int) -> Tensor:
    """Undo ``fold_voxels``."""
    if fold == 1:
        return features
    batch, channels, i, j, k = features.shape
    blocks = features.reshape(batch, channels // fold**3, fold, fold, fold, i, j, k)
    order = blocks.permute(0, 1, 5, 2, 6, 3, 7, 4)
    return order.reshape(batch, channels // fold**3, i * fold, j * fold, k * fold)


class ConvUnit(nn.Module):
    """3 x 3 x 3 convolution, instance norm, presence-dependent scale and shift, leaky ReLU.

    Constant presence channels at the input would be erased by the first instance norm, so the
    presence enters after it (FiLM, Perez et al. 2018).
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, stride: int = 1, conditions: int = 0
    ) -> None:
        super().__init__()
        self.conv = nn.Conv3d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.norm = nn.InstanceNorm3d(out_channels, affine=True)
        self.film = nn.Linear(conditions, 2 * out_channels) if conditions else None
        self.act = nn.LeakyReLU(0.01, inplace=True)
        if self.film is not None:
            nn.init.zeros_(self.film.weight)
            nn.init.zeros_(self.film.bias)

    def forward(self, image: Tensor, presence: Tensor | None = None) -> Tensor:
        """Return features, shape ``(B, out_channels, ...)``."""
        features: Tensor = self.norm(self.conv(image))
        if self.film is not None and presence is not None:
            scale, shift = self.film(presence)[:, :, None, None, None].chunk(2, dim=1)
            features = features * (1 + scale) + shift
        result: Tensor = self.act(features)
        return result


class Level(nn.Module):
    """One level of the encoder: bring the grid and channels here, then a residual unit.

    A ``fused`` level is given what stems and fusion made of its channels, and refines it.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        stride: int,
        conditions: int,
        fused: bool = False,
    ) -> None:
        super().__init__()
        self.enter = (
            None
            if fused
            else ConvUnit(in_channels, out_channels, stride=stride, conditions=conditions)
        )
        self.refine = ConvUnit(out_channels, out_channels)

    def forward(self, image: Tensor, presence: Tensor | None) -> Tensor:
        """Return the features of this level."""
        features: Tensor = image if self.enter is None else self.enter(image, presence)
        refined: Tensor = features + self.refine(features)
        return refined


class Rise(nn.Module):
    """One level of the decoder: upsample, join the skip connection, one convolution."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.narrow = nn.Conv3d(in_channels, out_channels, 1)
        self.upsample = nn.Upsample(scale_factor=2, mode="trilinear", align_corners=False)
        self.join = ConvUnit(2 * out_channels, out_channels)

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        """Return features on the grid of ``skip``."""
        risen = self.upsample(self.narrow(coarse))
        joined: Tensor = self.join(torch.cat([risen, skip], dim=1))
        return joined


class Detail(nn.Module):
    """Sharpen what the coarser levels found by the image itself, voxel by voxel."""

    def __init__(self, in_channels: int, channels: int, out_channels: int) -> None:
        super().__init__()
        self.join = nn.Conv3d(in_channels + channels, 2 * channels, 3, padding=1)
        self.act = nn.LeakyReLU(0.01, inplace=True)
        self.head = nn.Conv3d(2 * channels, out_channels, 1)

    def forward(self, image: Tensor, features: Tensor) -> Tensor:
        """Return logits on the grid of the image."""
        joined = self.act(self.join(torch.cat([image.to(features.dtype), features], dim=1)))
        logits: Tensor = self.head(joined)
        return logits


class UNet(nn.Module):
    """A fully convolutional network for images whose axes are multiples of the stride."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        conditions = config.in_channels if config.conditioned else 0
        block = config.fold**3
        # late fusion shows the network one sequence at a time
        entering = 1 if config.fusion is FusionKind.LATE else config.in_channels
        fused = stem_fusion(config.fusion)
        channels = (entering * block, *config.widths)
        self.encoder = nn.ModuleList(
            Level(
                *(wide, narrow),
                stride=1 if index == 0 else 2,
                conditions=conditions,
                fused=index == 0 and fused is not None,
            )
            for index, (wide, narrow) in enumerate(itertools.pairwise(channels))
        )
        backwards = config.widths[::-1]
        self.decoder = nn.ModuleList(
            Rise(deep, shallow) for deep, shallow in itertools.pairwise(backwards)
        )
        unfolded = config.detail or config.out_channels
        self.head = nn.Conv3d(config.widths[0], unfolded * block, 1)
        self.detail = (
            Detail(entering, config.detail, config.out_channels) if config.detail else None
        )
        last = self.head if self.detail is None else self.detail.head
        if last.bias is not None:
            # most voxels are background: start there, not at even odds
            nn.init.constant_(last.bias, BACKGROUND_LOGIT)
        self.dropout = nn.Dropout3d(config.dropout) if config.dropout else nn.Identity()
        self.stem = None if fused is None else _stem(config, fused)
        self.late = (
            LateFusion(sequences=config.in_channels, outputs=config.out_channels)
            if config.fusion is FusionKind.LATE
            else None
        )

    def forward(self, image: Tensor, presence: Tensor | None = None) -> Tensor:
        """Return logits.

        Args:
            image: Shape ``(B, in_channels, I, J, K)``; absent channels are 0, or anything with
                fusion.
            presence: Shape ``(B, in_channels)``, 1 where the channel is present; left out where
                the network is not conditioned and has no fusion.

        Returns:
            Shape ``(B, out_channels, I, J, K)``.

        Raises:
            ModelError: With fusion, if there is no presence or not one row an image.
            ValueError: With fusion, for a presence of other values or without any sequence.
        """
        if self.config.fusion is None:
            return self._logits(image, presence, None)
        heard = hear(image, presence, network="unet")
        if self.late is not None:
            return self.late.join(self._logits(*self.late.apart(heard), None), heard)
        return self._logits(heard.image, heard.mask.to(image.dtype), heard)

    def _logits(self, image: Tensor, presence: Tensor | None, heard: Heard | None) -> Tensor:
        features, skips = fold_voxels(image, self.config.fold), []
        if self.stem is not None and heard is not None:
            features = self.stem(features, heard)
        for level in self.encoder:
            features = level(features, presence)
            skips.append(features)
        features = self.dropout(features)
        for rise, skip in zip(self.decoder, skips[-2::-1], strict=True):
            features = rise(features, skip)
        unfolded = unfold_voxels(self.head(features), self.config.fold)
        return unfolded if self.detail is None else self.detail(image, unfolded)


def _stem(config: UNetConfig, kind: FusionKind) -> FusedStem:
    width = config.widths[0]
    stems = (ConvUnit(config.fold**3, width) for _ in range(config.in_channels))
    return FusedStem(stems, kind=kind, channels=width)
