"""Networks of MONAI that ours are compared with, behind the interface of ours."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor, nn

from glioscope.core import ModelError, require
from glioscope.networks.config_json import LATER
from glioscope.networks.input_check import check_image


@dataclass(frozen=True, slots=True, kw_only=True)
class SegResNetConfig:
    """Shape of MONAI's SegResNet (Myronenko 2018, arXiv:1810.11654).

    Args:
        in_channels: Channels of the image.
        out_channels: One logit each.
        filters: Of the first level; each level doubles them; a multiple of ``groups``.
        blocks_down: Residual blocks of each level of the encoder.
        groups: Of the group norm.
        background_logit: Bias of the last convolution before training, such as
            ``unet.BACKGROUND_LOGIT``; ``None`` leaves MONAI's.
    """

    in_channels: int = 4
    out_channels: int = 3
    filters: int = 16
    blocks_down: tuple[int, ...] = (1, 2, 2, 4)
    groups: int = 8
    background_logit: float | None = field(default=None, metadata=LATER)

    @property
    def stride(self) -> int:
        """Every axis of an image must be a multiple of this, voxels."""
        return 1 << (len(self.blocks_down) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DynUNetConfig:
    """Shape of MONAI's DynUNet, nnU-Net's architecture (Isensee et al. 2021).

    Args:
        in_channels: Channels of the image.
        out_channels: One logit each.
        filters: Of each level, finest first; every level halves the grid.
        background_logit: Bias of the last convolution before training, such as
            ``unet.BACKGROUND_LOGIT``; ``None`` leaves MONAI's.
    """

    in_channels: int = 4
    out_channels: int = 3
    filters: tuple[int, ...] = (32, 64, 128, 256, 320)
    background_logit: float | None = field(default=None, metadata=LATER)

    @property
    def stride(self) -> int:
        """Every axis of an image must be a multiple of this, voxels."""
        return 1 << (len(self.filters) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwinUNETRConfig:
    """Shape of MONAI's SwinUNETR (Hatamizadeh et al. 2022, arXiv:2201.01266).

    Args:
        in_channels: Channels of the image.
        out_channels: One logit each.
        features: Of the first level, a multiple of 12 for the heads below.
        depths: Swin blocks of each of the four levels.
        heads: Attention heads of each of the four levels.
        background_logit: Bias of the last convolution before training, such as
            ``unet.BACKGROUND_LOGIT``; ``None`` leaves MONAI's.
    """

    in_channels: int = 4
    out_channels: int = 3
    features: int = 24
    depths: tuple[int, int, int, int] = (2, 2, 2, 2)
    heads: tuple[int, int, int, int] = (3, 6, 12, 24)
    background_logit: float | None = field(default=None, metadata=LATER)

    @property
    def stride(self) -> int:
        """Every axis of an image must be a multiple of this, voxels."""
        return 32


PeerConfig = SegResNetConfig | DynUNetConfig | SwinUNETRConfig


class Peer(nn.Module):
    """A network of MONAI with its config, its contract checked, called as ours are."""

    def __init__(self, config: PeerConfig) -> None:
        super().__init__()
        self.config = config
        self.network = _network(config)
        if config.background_logit is not None:
            *_, last = (part for part in self.network.modules() if isinstance(part, nn.Conv3d))
            nn.init.constant_(last.get_parameter("bias"), config.background_logit)

    def forward(self, image: Tensor, presence: Tensor | None = None) -> Tensor:
        """Return logits.

        Args:
            image: Shape ``(B, in_channels, I, J, K)``, axes multiples of the stride; an absent
                channel is 0.
            presence: Not used: these networks know the image alone.

        Returns:
            Shape ``(B, out_channels, I, J, K)``.

        Raises:
            ModelError: For an image of another shape.
        """
        del presence
        config = self.config
        name = type(self.network).__name__
        check_image(image, network=name, channels=config.in_channels, stride=config.stride)
        if all(edge == config.stride for edge in image.shape[2:]):
            msg = (
                f"{name}: an image of {tuple(image.shape[2:])} voxels leaves one voxel at the"
                f" coarsest level, which has no norm; pad one axis to {2 * config.stride}"
            )
            raise ModelError(msg)
        logits: Tensor = self.network(image)
        return logits


def _network(config: PeerConfig) -> nn.Module:
    nets = require("monai.networks.nets", extra="train")
    network: nn.Module
    if isinstance(config, SegResNetConfig):
        network = nets.SegResNet(
            init_filters=config.filters,
            in_channels=config.in_channels,
            out_channels=config.out_channels,
            norm=("GROUP", {"num_groups": config.groups}),
            blocks_down=config.blocks_down,
            blocks_up=(1,) * (len(config.blocks_down) - 1),
        )
    elif isinstance(config, DynUNetConfig):
        levels = len(config.filters)
        strides = [1] + [2] * (levels - 1)
        network = nets.DynUNet(
            *(3, config.in_channels, config.out_channels),
            *([3] * levels, strides, strides[1:], config.filters),
        )
    else:
        network = nets.SwinUNETR(
            in_channels=config.in_channels,
            out_channels=config.out_channels,
            feature_size=config.features,
            depths=config.depths,
            num_heads=config.heads,
        )
    return network
