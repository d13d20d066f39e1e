"""GMMAS: segments and subtypes together, whatever sequences are there (Liu et al.).

Only the summary of the paper is public.  Where it is silent, the parts are the usual form of
the technique that it names; their sources stand with them.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from glioscope.networks.fusion import Fusion, FusionConfig, FusionKind
from glioscope.networks.fusion_gates import (
    estimate_snr_db,
    hides_values,
    presence_mask,
    share,
    silence,
)
from glioscope.networks.gmmas_global import GlobalBranch, Size, check_box, crop_to_box
from glioscope.networks.gmmas_parts import Classifier, Encoder, GlobalJoin, Refiner
from glioscope.networks.input_check import check_image
from glioscope.networks.unet import BACKGROUND_LOGIT, Rise, fold_voxels, unfold_voxels


@dataclass(frozen=True, slots=True, kw_only=True)
class GmmasConfig:
    """Shape of a GMMAS network; the default trains on a laptop.

    Args:
        sequences: Each has an encoder of its own.
        regions: One segmentation logit each (ET, TC, WT); regions overlap.
        subtypes: Histological classes; IDH and 1p/19q have one logit each.
        widths: Channels of each level, finest first; every level halves the grid.
        global_widths: Of the global branch, as many levels.
        global_grid: Size that the whole image is averaged down to, voxels.
        fold: Edge of the block of voxels that becomes channels, as in ``UNetConfig``.
        heads: Of the transformer; must divide the last width.
        layers: Of the transformer.
        dropout: In transformer and classifier; left on at prediction, it gives the epistemic
            uncertainty (Gal and Ghahramani 2016, arXiv:1506.02142).
        fusion: ``early`` fuses images before one encoder, ``late`` decodes every sequence alone
            and fuses logits, all others fuse the features of each level.
        reduction: How many times narrower attention and adapters are than the features.
    """

    sequences: int = 4
    regions: int = 3
    subtypes: int = 3
    widths: tuple[int, ...] = (16, 32, 64, 128)
    global_widths: tuple[int, ...] = (8, 16, 32, 64)
    global_grid: Size = (32, 32, 32)
    fold: int = 2
    heads: int = 4
    layers: int = 2
    dropout: float = 0.1
    fusion: FusionKind = FusionKind.AVERAGE
    reduction: int = 4

    def __post_init__(self) -> None:
        object.__setattr__(self, "fusion", FusionKind.named(self.fusion))
        counts = (self.sequences, self.regions, self.subtypes, self.fold, self.reduction)
        if min(*counts, self.heads, self.layers) < 1:
            msg = (
                "sequences, regions, subtypes, fold, reduction, heads, layers ="
                f" {(*counts, self.heads, self.layers)}: give at least one of each"
            )
            raise ValueError(msg)
        self._check_levels()
        if self.widths[-1] % self.heads:
            msg = f"{self.heads} heads do not divide {self.widths[-1]} channels; give a divisor"
            raise ValueError(msg)
        if not 0 <= self.dropout < 1:
            msg = f"dropout={self.dropout}: give 0 or more and less than 1"
            raise ValueError(msg)

    def _check_levels(self) -> None:
        levels, widths = len(self.widths), (*self.widths, *self.global_widths)
        if levels < 2 or len(self.global_widths) != levels or min(widths) < 1:
            msg = (
                f"widths={self.widths}, global_widths={self.global_widths}: give two or more"
                " levels of at least one channel, as many in both"
            )
            raise ValueError(msg)
        shrink = 1 << (levels - 1)
        if any(edge % shrink for edge in self.global_grid) or min(self.global_grid) < 2 * shrink:
            msg = f"global_grid={self.global_grid}: give multiples of {shrink} from {2 * shrink} on"
            raise ValueError(msg)

    @property
    def stride(self) -> int:
        """Every axis of a patch must be a multiple of this, voxels."""
        return self.fold << (len(self.widths) - 1)

    @property
    def in_channels(self) -> int:
        """Channels of a patch: one for each sequence."""
        return self.sequences


class GmmasOutput(NamedTuple):
    """All that one pass gives.

    Args:
        segmentation: Logits, ``(B, regions, I, J, K)``; a sigmoid each.
        subtype: Logits, ``(B, subtypes)``; one softmax.
        idh: Logit of a mutation, ``(B,)``.
        codeletion: Logit of a 1p/19q codeletion, ``(B,)``.
        features: Fused features of each level, finest first, the last after the transformer:
            what distillation compares.
        sequence_features: Pooled features of each sequence's own encoder, ``(B, S, C)``, 0 where
            absent: what contrast compares.  ``None`` with early fusion, which has no such.
    """

    segmentation: Tensor
    subtype: Tensor
    idh: Tensor
    codeletion: Tensor
    features: tuple[Tensor, ...]
    sequence_features: Tensor | None


class _Trunk(nn.Module):
    """All that follows fusion: global branch, transformer, decoder and heads."""

    def __init__(self, config: GmmasConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        self.around = GlobalBranch(config.sequences, config.global_widths, config.global_grid)
        self.joins = nn.ModuleList(
            GlobalJoin(local, around, config.reduction)
            for local, around in zip(widths, config.global_widths, strict=True)
        )
        self.refine = Refiner(widths[-1], config.heads, config.layers, dropout=config.dropout)
        self.decoder = nn.ModuleList(
            Rise(deep, shallow) for deep, shallow in itertools.pairwise(widths[::-1])
        )
        self.head = nn.Conv3d(widths[0], config.regions * config.fold**3, 1)
        if self.head.bias is not None:
            # most voxels are background: start there, not at even odds
            nn.init.constant_(self.head.bias, BACKGROUND_LOGIT)
        self.classifier = Classifier(widths[-1], config.subtypes + 2, dropout=config.dropout)

    def forward(
        self, maps: list[Tensor], whole: Tensor, presence: Tensor, box: Tensor
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Return segmentation logits, task logits ``(B, T)`` and the features of each level."""
        arounds = self.around(whole, presence)
        features = [
            join(local, crop_to_box(around, box, local.shape[2:]))
            for join, local, around in zip(self.joins, maps, arounds, strict=True)
        ]
        features[-1] = self.refine(features[-1])
        risen = features[-1]
        for rise, skip in zip(self.decoder, features[-2::-1], strict=True):
            risen = rise(risen, skip)
        logits = unfold_voxels(self.head(risen), self.config.fold)
        return logits, self.classifier(features[-1]), features


class Gmmas(nn.Module):
    """Encoders by sequence, fusion over those present, transformer, decoder, heads."""

    def __init__(self, config: GmmasConfig) -> None:
        super().__init__()
        self.config = config
        self.stride = config.stride
        self.stem: Fusion | None = None
        self.encoders = nn.ModuleList()
        self.fusions = nn.ModuleList()
        block, sequences = config.fold**3, config.sequences
        if config.fusion is FusionKind.EARLY:
            self.stem = self._fusion(block, out_channels=config.widths[0])
            self.encoders.append(Encoder(config.widths[0], config.widths, conditions=sequences))
        else:
            self.encoders.extend(Encoder(block, config.widths) for _ in range(sequences))
        if config.fusion is FusionKind.LATE:
            self.fusions.extend(self._fusion(n) for n in (config.regions, config.subtypes + 2))
        elif config.fusion is not FusionKind.EARLY:
            self.fusions.extend(self._fusion(width) for width in config.widths)
        self.trunk = _Trunk(config)

    def forward(
        self,
        patch: Tensor,
        presence: Tensor,
        whole: Tensor | None = None,
        patch_box: Tensor | None = None,
    ) -> GmmasOutput:
        """Return logits and features.

        Args:
            patch: Shape ``(B, sequences, I, J, K)``, multiples of the stride and not all equal
                to it; anything may stand where a sequence is absent.
            presence: Shape ``(B, sequences)``, bool or 0 and 1.
            whole: The whole image that the patch was cut from, ``(B, sequences, ...)``, of any
                size; left out where the patch is the whole.
            patch_box: Where the patch lies in it, ``(B, 2, 3)``: start and stop along I, J, K as
                fractions of the whole; see ``gmmas_global.patch_box``.  Goes with ``whole``.

        Raises:
            ModelError: For a patch that the network can't take.
            ValueError: For a presence, whole image or box that doesn't go with it.
        """
        self._check(patch, whole, patch_box)
        mask = presence_mask(presence, sequences=self.config.sequences)
        if mask.shape[0] != patch.shape[0]:
            msg = f"{patch.shape[0]} patches but presence of {mask.shape[0]}; give one row a patch"
            raise ValueError(msg)
        heard = silence(patch, mask)
        seen = heard if whole is None else silence(whole, mask)
        box = _whole_box(patch) if patch_box is None else patch_box
        if self.stem is not None:
            return self._early(self.stem, heard, mask, (seen, box))
        maps = self._encoded(heard, mask)
        if self.config.fusion is FusionKind.LATE:
            return self._late(maps, mask, (seen, box))
        return self._fused(maps, mask, (seen, box), heard)

    def sequence_weights(self) -> Tensor:
        """Return the learned weights of all sequences at each level, ``(levels, sequences)``.

        What the paper's importance of a sequence is read from; needs the fusion ``average`` or
        ``adapter``, whose weights don't depend on the case.

        Raises:
            TypeError: With another fusion.
        """
        if self.config.fusion not in {FusionKind.AVERAGE, FusionKind.ADAPTER}:
            msg = f"fusion {self.config.fusion} has no fixed weights; use average or adapter"
            raise TypeError(msg)
        scores = [fusion.get_parameter("gate.score").detach() for fusion in self.fusions]
        return torch.stack(scores).softmax(dim=1)

    def _early(
        self, stem: Fusion, heard: Tensor, mask: Tensor, place: tuple[Tensor, Tensor]
    ) -> GmmasOutput:
        presence = mask.to(heard.dtype)
        maps = self.encoders[0](stem.join(self._folded(heard), mask), presence)
        logits, tasks, features = self.trunk(maps, place[0], presence, place[1])
        return self._output(logits, tasks, features, None)

    def _fused(
        self, maps: list[Tensor], mask: Tensor, place: tuple[Tensor, Tensor], heard: Tensor
    ) -> GmmasOutput:
        by_snr = self.config.fusion is FusionKind.SNR
        # of the images: after an encoder, noise is no longer what the scanner made
        snr_db = estimate_snr_db(heard[:, :, None]) if by_snr else None
        fused = [
            fusion.join(features, mask, snr_db)
            for fusion, features in zip(self._joiners(), maps, strict=True)
        ]
        logits, tasks, features = self.trunk(fused, place[0], mask.to(heard.dtype), place[1])
        return self._output(logits, tasks, features, _pooled(maps[-1], mask))

    def _late(self, maps: list[Tensor], mask: Tensor, place: tuple[Tensor, Tensor]) -> GmmasOutput:
        """Run the trunk for every sequence as if it were the only one, then average."""
        whole, box = place
        sequences = self.config.sequences
        alone = torch.eye(sequences, dtype=torch.bool, device=mask.device) & mask[:, None]
        rows = alone.flatten(0, 1)
        seen = silence(whole.repeat_interleave(sequences, dim=0), rows)
        boxes = box.repeat_interleave(sequences, dim=0)
        stacked = [features.flatten(0, 1) for features in maps]
        logits, tasks, features = self.trunk(stacked, seen, rows.to(whole.dtype), boxes)
        apart = [part.reshape(*mask.shape, *part.shape[1:]) for part in (logits, tasks, *features)]
        by_voxel, by_case = self._joiners()
        segmentation = by_voxel.join(silence(apart[0], mask), mask)
        answers = silence(apart[1], mask)[..., None, None, None]
        fused_tasks = by_case.join(answers, mask)[..., 0, 0, 0]
        # no learned weights here: no logit depends on these
        means = [_mean(level, mask) for level in apart[2:]]
        return self._output(segmentation, fused_tasks, means, _pooled(maps[-1], mask))

    def _encoded(self, heard: Tensor, mask: Tensor) -> list[Tensor]:
        """Return features of each level, ``(B, S, C, I, J, K)``, 0 where absent."""
        folded = self._folded(heard)
        by_sequence = [encoder(folded[:, index]) for index, encoder in enumerate(self.encoders)]
        return [
            silence(torch.stack(level, dim=1), mask) for level in zip(*by_sequence, strict=True)
        ]

    def _folded(self, heard: Tensor) -> Tensor:
        single = fold_voxels(heard.flatten(0, 1)[:, None], self.config.fold)
        return single.reshape(*heard.shape[:2], *single.shape[1:])

    def _joiners(self) -> list[Fusion]:
        return [fusion for fusion in self.fusions if isinstance(fusion, Fusion)]

    def _fusion(self, channels: int, *, out_channels: int | None = None) -> Fusion:
        return Fusion(
            FusionConfig(
                kind=self.config.fusion,
                channels=channels,
                sequences=self.config.sequences,
                out_channels=out_channels,
                reduction=self.config.reduction,
            )
        )

    def _output(
        self, logits: Tensor, tasks: Tensor, features: list[Tensor], own: Tensor | None
    ) -> GmmasOutput:
        return GmmasOutput(
            segmentation=logits,
            subtype=tasks[:, :-2],
            idh=tasks[:, -2],
            codeletion=tasks[:, -1],
            features=tuple(features),
            sequence_features=own,
        )

    def _check(self, patch: Tensor, whole: Tensor | None, box: Tensor | None) -> None:
        stride, sequences = self.stride, self.config.sequences
        check_image(patch, network="gmmas", channels=sequences, stride=stride)
        if not hides_values(patch) and math.prod(patch.shape[2:]) == stride**3:
            msg = (
                f"a patch of {tuple(patch.shape[2:])} voxels leaves one voxel at the deepest"
                f" level; give twice the stride of {stride} along one axis or more"
            )
            raise ValueError(msg)
        if (whole is None) != (box is None):
            given, missing = ("patch_box", "whole") if whole is None else ("whole", "patch_box")
            msg = f"{given} without {missing}; give both, or neither where the patch is the whole"
            raise ValueError(msg)
        if whole is None or box is None:
            return
        if whole.ndim != 5 or whole.shape[:2] != patch.shape[:2]:
            msg = (
                f"whole has the shape {tuple(whole.shape)}; give ({patch.shape[0]},"
                f" {patch.shape[1]}, I, J, K) as the patch has"
            )
            raise ValueError(msg)
        check_box(box, batch=patch.shape[0])


class GmmasSegmenter(nn.Module):
    """A GMMAS network that answers as the product's U-Net does, for who wants the tumor alone.

    The image is the whole that the global branch sees.

    Args:
        network: Shared, not copied.
    """

    def __init__(self, network: Gmmas) -> None:
        super().__init__()
        self.network = network
        self.config = network.config

    def forward(self, image: Tensor, presence: Tensor) -> Tensor:
        """Return segmentation logits, ``(B, regions, I, J, K)``; arguments as of ``Gmmas``."""
        output: GmmasOutput = self.network(image, presence)
        return output.segmentation


def _whole_box(patch: Tensor) -> Tensor:
    start = torch.zeros(patch.shape[0], 3, dtype=patch.dtype, device=patch.device)
    return torch.stack([start, start + 1], dim=1)


def _pooled(features: Tensor, mask: Tensor) -> Tensor:
    return silence(features.mean(dim=(3, 4, 5)), mask)


def _mean(features: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over the sequences present, ``(B, C, I, J, K)``."""
    weights = share(torch.zeros_like(mask, dtype=features.dtype), mask)
    return (silence(features, mask) * weights[:, :, None, None, None, None]).sum(dim=1)
