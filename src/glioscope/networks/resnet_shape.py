"""2D ResNet50 of tumor slices that is told the tumor's 3D shape, and its 3D baseline.

Source: "Enhanced Multimodal Brain Tumor Classification in MR Images using 2D ResNet as backbone
with Explicit Tumor Size Information", section on the model and Figure 2: the learned features are
"scaled to 14 values", joined with the patient's 14 shape features, "these 28 features are directly
outputted as a 1x2 vector", and the patient's result is the mean over the slices.

What the paper leaves open: no activation stands between the three, as it names none, and the shape
features are standardized by the training patients, so that a volume of 50,000 mm3 does not drown
the rest ("equal importance").  The backbone is MONAI's ResNet with the strides and the bias-free
shortcuts of He et al. 2015 (arXiv:1512.03385).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from glioscope.core import ModelError, require
from glioscope.networks.input_check import check_image, check_vector
from glioscope.networks.standardize import Standardize

SHAPE_FEATURES = (
    "MeshVolume",
    "VoxelVolume",
    "SurfaceArea",
    "SurfaceVolumeRatio",
    "Sphericity",
    "Maximum3DDiameter",
    "Maximum2DDiameterSlice",
    "Maximum2DDiameterColumn",
    "Maximum2DDiameterRow",
    "MajorAxisLength",
    "MinorAxisLength",
    "LeastAxisLength",
    "Elongation",
    "Flatness",
)
"""The paper's 14 shape features in its order, by their names in PyRadiomics."""

LAYERS_50 = (3, 4, 6, 3)
FILTERS_50 = (64, 128, 256, 512)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResNetConfig:
    """Shape of a 3D ResNet of bottleneck blocks; the defaults are the paper's baseline.

    Args:
        in_channels: Sequences: T1, T2, T1c, FLAIR.
        outputs: Classes: low and high grade.
        layers: Bottleneck blocks of each of the four stages.
        width: Factor on the filters, for small networks.
    """

    in_channels: int = 4
    outputs: int = 2
    layers: tuple[int, ...] = LAYERS_50
    width: float = 1.0

    def __post_init__(self) -> None:
        if min(self.in_channels, self.outputs) < 1 or self.width <= 0:
            msg = (
                f"{self.in_channels} channels, {self.outputs} outputs, width={self.width}: give at"
                " least one of each and a positive width"
            )
            raise ValueError(msg)
        if len(self.layers) != len(FILTERS_50) or min(self.layers) < 1:
            msg = f"layers={self.layers}: give four stages of at least one block"
            raise ValueError(msg)

    @property
    def stride(self) -> int:
        """Every axis of an image must be a multiple of this."""
        return 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ResNetShapeConfig(ResNetConfig):
    """Shape of the 2D network.

    Args:
        shape_names: Shape features in the order in which they are given; none makes the paper's
            ablation, a plain ResNet50.
        image_features: What the backbone's features are reduced to before they are joined.
    """

    shape_names: tuple[str, ...] = SHAPE_FEATURES
    image_features: int = 14

    def __post_init__(self) -> None:
        ResNetConfig.__post_init__(self)
        if self.image_features < 1:
            msg = f"image_features={self.image_features}: give at least one"
            raise ValueError(msg)


def _backbone(config: ResNetConfig, *, spatial_dims: int, outputs: int) -> nn.Module:
    resnet = require("monai.networks.nets.resnet", extra="train")
    network: nn.Module = resnet.ResNet(
        resnet.ResNetBottleneck,
        list(config.layers),
        [max(1, round(filters * config.width)) for filters in FILTERS_50],
        spatial_dims=spatial_dims,
        n_input_channels=config.in_channels,
        conv1_t_stride=2,
        num_classes=outputs,
        bias_downsample=False,
    )
    return network


class ResNet3D(nn.Module):
    """The 3D baseline: ResNet50 of the tumor's voxels, 160 x 160 x 128 in the paper."""

    def __init__(self, config: ResNetConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = _backbone(config, spatial_dims=3, outputs=config.outputs)

    def forward(self, image: Tensor) -> Tensor:
        """Return logits, shape ``(B, outputs)``, of images ``(B, in_channels, I, J, K)``.

        Raises:
            ModelError: For an image of another shape.
        """
        config = self.config
        check_image(image, network="resnet_3d", channels=config.in_channels, stride=config.stride)
        logits: Tensor = self.backbone(image)
        return logits


class ResNetShape(nn.Module):
    """The 2D network: slices of the tumor and, unless the config names none, its shape.

    ``shape_scale.fit`` takes mean and standard deviation of the training patients' features; until
    then they are used as given.
    """

    def __init__(self, config: ResNetShapeConfig) -> None:
        super().__init__()
        self.config = config
        told = len(config.shape_names)
        reduced = config.image_features if told else config.outputs
        self.backbone = _backbone(config, spatial_dims=2, outputs=reduced)
        self.shape_scale = Standardize(told) if told else None
        self.head = nn.Linear(reduced + told, config.outputs) if told else nn.Identity()

    def forward(self, slices: Tensor, shape: Tensor | None = None) -> Tensor:
        """Return logits of each slice, shape ``(S, outputs)``.

        Args:
            slices: Shape ``(S, in_channels, I, J)``; 160 x 160 in the paper.
            shape: Shape ``(S, features)``: for each slice its patient's features, in their own
                units and in the order of ``shape_names``; standardized within.

        Raises:
            ModelError: For inputs of another shape, or a shape that lacks or is not wanted.
        """
        config, told = self.config, len(self.config.shape_names)
        check_image(
            slices,
            network="resnet_shape",
            channels=config.in_channels,
            stride=config.stride,
            spatial_dims=2,
        )
        if (shape is None) is not (told == 0):
            msg = (
                f"resnet_shape: shape features are {'missing' if shape is None else 'given'}, the"
                f" network takes {told}; give shape ({len(slices)}, {told}), or build it with"
                " other shape_names"
            )
            raise ModelError(msg)
        if shape is None or self.shape_scale is None:
            plain: Tensor = self.head(self.backbone(slices))
            return plain
        check_vector(shape, network="resnet_shape", name="shape", batch=len(slices), length=told)
        joined = torch.cat([self.backbone(slices), self.shape_scale(shape)], dim=1)
        logits: Tensor = self.head(joined)
        return logits


def patient_probability(logits: Tensor) -> Tensor:
    """Return a patient's probabilities, shape ``(outputs,)``: the mean of the slices' softmax.

    Args:
        logits: Shape ``(S, outputs)``, of all slices of one patient and of no other.

    Raises:
        ModelError: Without a slice.
    """
    if logits.ndim != 2 or not len(logits):
        msg = (
            f"logits of shape {tuple(logits.shape)} make no patient's result; give (slices,"
            " outputs) of at least one slice that holds tumor"
        )
        raise ModelError(msg)
    return torch.softmax(logits, dim=1).mean(dim=0)
