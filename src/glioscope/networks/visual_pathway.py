"""The visual-pathway network for tumor segmentation: a 3D network shaped like the visual pathway.

Source: "A multimodal 3D deep learning framework for glioma segmentation, classification and
precision therapy", section "3D Segmentation Model Architecture".  Grid of each part, as we read it
(the paper names the filters, and 2 x 2 x 2 pooling only for the lateral geniculate blocks):

| part | grid | channels |
|---|---|---|
| branches, first stage | 1 | 32 nasal + 32 temporal |
| branches, second stage, spatial attention | 1/2 | 64 + 64 |
| crossover | 1/4 | 128 |
| lateral geniculate blocks | 1/4 | 3 x 240 |
| optic radiation, after their pooling | 1/8 | 720 |
| Motor Neuron blocks | 1/4, 1/4, 1/2, 1 | 240, 128, 64, 64 |
| last convolutions, logits | 1 | 64, 32, 4 |

What the paper leaves open, and what we chose:

- Four Motor Neuron blocks, three filter numbers.  Its input of 88 x 104 x 88 can be halved three
  times only, so three blocks double the grid.  Four encoder outputs offer a skip connection, and
  240, 128 and 64 are the filters of three of them: so each output has its block, the one of the
  crossover keeps its grid, and the fourth repeats 64.
- Between the stages the grid is halved by a 2 x 2 x 2 maximum, as after the geniculate blocks.
- Skips are concatenated and joined by a 3 x 3 x 3 convolution.
- "Multi-scale dilations": three Sensory Neuron blocks of dilation 1, 2 and 3, one after another,
  which leaves no voxel unseen (Wang et al. 2018, arXiv:1702.08502).
- Softmax belongs to the loss and to whoever wants probabilities: the network returns logits.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from glioscope.networks.config_json import LATER
from glioscope.networks.fusion import FusionKind
from glioscope.networks.fusion_stem import FusedStem, Heard, LateFusion, hear, stem_fusion
from glioscope.networks.input_check import check_image
from glioscope.networks.visual_pathway_blocks import (
    MotorNeuron,
    Nucleus,
    SensoryNeuron,
    SpatialAttention,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisualPathwayConfig:
    """Shape of a visual-pathway network; the defaults are the paper's.

    Args:
        in_channels: Sequences: T1c and FLAIR.
        out_channels: Classes of the softmax: background, necrotic / non-enhancing, edema,
            enhancing.
        branch_filters: Of the two stages of each branch.
        nasal_kernel: Odd edge of the nasal branch's kernels, voxels.
        temporal_kernel: Odd edge of the temporal branch's kernels, voxels.
        nucleus_kernels: Odd edges of the scales of every Nucleus block, voxels.
        attention_kernel: Odd edge of the spatial attention's kernel, voxels.
        crossover_filters: Of each block of the crossover.
        crossover_dilations: One block each.
        geniculate_filters: Of each lateral geniculate block.
        geniculate_kernels: One block each, odd edges, voxels.
        decoder_filters: Of the four Motor Neuron blocks.
        final_filters: Of the convolutions before the logits.
        width: Factor on all filters above, for small networks.
        fusion: How sequences meet; not of the paper.  ``None`` stacks them as channels; ``late``
            runs the network for every sequence alone and fuses logits; all others give every
            sequence Sensory Neurons of its own in the first stage of both branches and fuse what
            comes out.  With it, presence is needed.
        dropout: Of whole channels of the optic radiation (Tompson et al. 2015,
            arXiv:1411.4280); not of the paper.
    """

    in_channels: int = 2
    out_channels: int = 4
    branch_filters: tuple[int, ...] = (32, 64)
    nasal_kernel: int = 3
    temporal_kernel: int = 5
    nucleus_kernels: tuple[int, ...] = (1, 3, 5)
    attention_kernel: int = 7
    crossover_filters: int = 128
    crossover_dilations: tuple[int, ...] = (1, 2, 3)
    geniculate_filters: int = 240
    geniculate_kernels: tuple[int, ...] = (1, 3, 5)
    decoder_filters: tuple[int, ...] = (240, 128, 64, 64)
    final_filters: tuple[int, ...] = (64, 32)
    width: float = 1.0
    fusion: FusionKind | None = field(default=None, metadata=LATER)
    dropout: float = field(default=0.0, metadata=LATER)

    def __post_init__(self) -> None:
        if self.fusion is not None:
            object.__setattr__(self, "fusion", FusionKind.named(self.fusion))
        if not 0 <= self.dropout < 1:
            msg = f"dropout={self.dropout}: give 0 or more and less than 1"
            raise ValueError(msg)
        kernels = (
            *(self.nasal_kernel, self.temporal_kernel, self.attention_kernel),
            *self.nucleus_kernels,
            *self.geniculate_kernels,
        )
        even = [kernel for kernel in kernels if kernel < 1 or kernel % 2 == 0]
        if even:
            msg = f"kernels of {even} voxels: give odd edges of at least 1"
            raise ValueError(msg)
        if min(self.in_channels, self.out_channels) < 1 or self.width <= 0:
            msg = (
                f"{self.in_channels} to {self.out_channels} channels, width={self.width}: give at"
                " least one of each and a positive width"
            )
            raise ValueError(msg)
        if len(self.branch_filters) != 2 or len(self.decoder_filters) != 4:
            msg = (
                f"branch_filters={self.branch_filters}, decoder_filters={self.decoder_filters}:"
                " give two stages and four Motor Neuron blocks"
            )
            raise ValueError(msg)

    @property
    def needs_presence(self) -> bool:
        """Whether the network has to be told which sequences are present."""
        return self.fusion is not None

    @property
    def stride(self) -> int:
        """Every axis of an image must be a multiple of this, voxels."""
        return 8

    @property
    def bottleneck_channels(self) -> int:
        """Channels of the optic radiation."""
        return self.scaled(self.geniculate_filters) * len(self.geniculate_kernels)

    def scaled(self, filters: int) -> int:
        """Return a number of filters times the width, at least 1."""
        return max(1, round(filters * self.width))


class Features(NamedTuple):
    """What the encoder gives to decoder and classifier, finest first.

    Shapes ``(B, channels, ...)``; grids and channels as in the module's table.
    """

    first: Tensor
    second: Tensor
    crossover: Tensor
    geniculate: Tensor
    radiation: Tensor


class Branch(nn.Module):
    """Nasal or temporal branch: two stages of Sensory Neuron and Nucleus, spatial attention.

    Args:
        config: Of the network.
        kernel: Odd edge of the Sensory Neurons' kernels, voxels.
    """

    def __init__(self, config: VisualPathwayConfig, *, kernel: int) -> None:
        super().__init__()
        first, second = map(config.scaled, config.branch_filters)
        kind = stem_fusion(config.fusion)
        self.stem: FusedStem | None = None
        self.first = nn.Sequential()
        if kind is None:
            self.first.append(SensoryNeuron(config.in_channels, first, kernel=kernel))
        else:
            stems = (SensoryNeuron(1, first, kernel=kernel) for _ in range(config.in_channels))
            self.stem = FusedStem(stems, kind=kind, channels=first)
        self.first.append(Nucleus(first, config.nucleus_kernels))
        self.second = nn.Sequential(
            nn.MaxPool3d(2),
            SensoryNeuron(first, second, kernel=kernel),
            Nucleus(second, config.nucleus_kernels),
            SpatialAttention(config.attention_kernel),
        )

    def forward(self, image: Tensor, heard: Heard | None) -> tuple[Tensor, Tensor]:
        """Return the features of both stages, on the grid and on half of it."""
        fused = image if self.stem is None or heard is None else self.stem(image, heard)
        first: Tensor = self.first(fused)
        return first, self.second(first)


class VisualPathwayEncoder(nn.Module):
    """Branches, crossover and lateral geniculate blocks, up to the optic radiation."""

    def __init__(self, config: VisualPathwayConfig) -> None:
        super().__init__()
        self.config = config
        self.nasal = Branch(config, kernel=config.nasal_kernel)
        self.temporal = Branch(config, kernel=config.temporal_kernel)
        crossed = config.scaled(config.crossover_filters)
        entering = 2 * config.scaled(config.branch_filters[1])
        self.crossover = nn.Sequential(nn.MaxPool3d(2))
        for dilation in config.crossover_dilations:
            self.crossover.append(SensoryNeuron(entering, crossed, dilation=dilation))
            entering = crossed
        filters = config.scaled(config.geniculate_filters)
        self.geniculate = nn.ModuleList(
            nn.Sequential(
                SensoryNeuron(entering, filters, kernel=kernel),
                Nucleus(filters, config.nucleus_kernels),
            )
            for kernel in config.geniculate_kernels
        )
        self.pool = nn.MaxPool3d(2)
        self.dropout = nn.Dropout3d(config.dropout) if config.dropout else nn.Identity()

    def forward(self, image: Tensor, presence: Tensor | None = None) -> Features:
        """Return the features of every part.

        Args:
            image: Shape ``(B, in_channels, I, J, K)``, axes multiples of the stride.
            presence: Shape ``(B, in_channels)``; not looked at without fusion.

        Raises:
            ModelError: For an image of another shape; with fusion, without a presence.
        """
        _check(image, self.config)
        heard = None
        if self.config.fusion is not None:
            heard = hear(image, presence, network="visual_pathway")
            image = heard.image
        nasal, temporal = self.nasal(image, heard), self.temporal(image, heard)
        first, second = (torch.cat(pair, dim=1) for pair in zip(nasal, temporal, strict=True))
        crossover = self.crossover(second)
        geniculate = torch.cat([block(crossover) for block in self.geniculate], dim=1)
        return Features(first, second, crossover, geniculate, self.dropout(self.pool(geniculate)))


class VisualPathway(nn.Module):
    """The segmentation network: encoder, Motor Neuron decoder, logits."""

    def __init__(self, config: VisualPathwayConfig) -> None:
        super().__init__()
        self.config = config
        late = config.fusion is FusionKind.LATE
        # late fusion shows the network one sequence at a time
        self.encoder = VisualPathwayEncoder(
            replace(config, in_channels=1, fusion=None) if late else config
        )
        one, two = (2 * config.scaled(filters) for filters in config.branch_filters)
        crossed, radiation = config.scaled(config.crossover_filters), config.bottleneck_channels
        skips = (radiation, crossed, two, one)
        filters = tuple(map(config.scaled, config.decoder_filters))
        coarser = (radiation, *filters[:-1])
        self.decoder = nn.ModuleList(
            MotorNeuron(coarse, skip, fine, factor=factor)
            for coarse, skip, fine, factor in zip(
                coarser, skips, filters, (2, 1, 2, 2), strict=True
            )
        )
        self.final, last = nn.Sequential(), filters[-1]
        for fine in map(config.scaled, config.final_filters):
            self.final.append(SensoryNeuron(last, fine))
            last = fine
        self.head = nn.Conv3d(last, config.out_channels, 1)
        self.late = (
            LateFusion(sequences=config.in_channels, outputs=config.out_channels) if late else None
        )

    def forward(self, image: Tensor, presence: Tensor | None = None) -> Tensor:
        """Return logits; softmax over axis 1 makes them probabilities.

        Args:
            image: Shape ``(B, in_channels, I, J, K)``, axes multiples of the stride; a missing
                sequence is 0, or anything with fusion.
            presence: Shape ``(B, in_channels)``, 1 where a sequence is present.  Needed with
                fusion; else taken so that all networks are called alike, as the paper's has no
                use for it.

        Returns:
            Shape ``(B, out_channels, I, J, K)``.

        Raises:
            ModelError: For an image of another shape; with fusion, without a presence.
            ValueError: With fusion, for a presence of other values or without any sequence.
        """
        if self.late is None:
            return self._logits(image, presence)
        _check(image, self.config)
        heard = hear(image, presence, network="visual_pathway")
        rows, _ = self.late.apart(heard)
        return self.late.join(self._logits(rows, None), heard)

    def _logits(self, image: Tensor, presence: Tensor | None) -> Tensor:
        first, second, crossover, geniculate, features = self.encoder(image, presence)
        skips = (geniculate, crossover, second, first)
        for block, skip in zip(self.decoder, skips, strict=True):
            features = block(features, skip)
        logits: Tensor = self.head(self.final(features))
        return logits


def _check(image: Tensor, config: VisualPathwayConfig) -> None:
    check_image(image, network="visual_pathway", channels=config.in_channels, stride=config.stride)
