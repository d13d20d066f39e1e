"""Fusion in front of a network that would otherwise stack its sequences as channels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from glioscope.core import ModelError
from glioscope.networks.fusion import Fusion, FusionConfig, FusionKind
from glioscope.networks.fusion_gates import estimate_snr_db, presence_mask, silence


class Heard(NamedTuple):
    """What is known of a batch before its first convolution.

    Args:
        image: Shape ``(B, S, I, J, K)``, 0 where a sequence is absent.
        mask: Which sequences are present, bool, shape ``(B, S)``.
    """

    image: Tensor
    mask: Tensor


def hear(image: Tensor, presence: Tensor | None, *, network: str) -> Heard:
    """Return the image with its absent sequences silenced, whatever stood there.

    Args:
        image: Shape ``(B, S, I, J, K)``.
        presence: Shape ``(B, S)``, bool or 0 and 1.
        network: Its name, for the message.

    Raises:
        ModelError: Without a presence, or with one of another number of images.
        ValueError: For a presence that ``presence_mask`` refuses.
    """
    if presence is None:
        msg = (
            f"{network}: fusion needs to know which sequences are present; give presence of shape"
            f" {tuple(image.shape[:2])}, or build the network without fusion"
        )
        raise ModelError(msg)
    mask = presence_mask(presence, sequences=image.shape[1])
    if mask.shape[0] != image.shape[0]:
        msg = (
            f"{network}: {image.shape[0]} images but presence of {mask.shape[0]}; give one row an"
            " image"
        )
        raise ModelError(msg)
    return Heard(silence(image, mask), mask)


def stem_fusion(kind: FusionKind | None) -> FusionKind | None:
    """Return the kind if it fuses features behind stems: all but ``late``, which fuses logits."""
    return None if kind is FusionKind.LATE else kind


class FusedStem(nn.Module):
    """A stem of its own for every sequence, fused into one map.

    Args:
        stems: One for each sequence; each takes its channels alone.
        kind: Any but ``late``.
        channels: That each stem returns, and that go on.
    """

    def __init__(self, stems: Iterable[nn.Module], *, kind: FusionKind, channels: int) -> None:
        super().__init__()
        self.stems = nn.ModuleList(stems)
        self.fusion = Fusion(FusionConfig(kind=kind, channels=channels, sequences=len(self.stems)))

    def forward(self, image: Tensor, heard: Heard) -> Tensor:
        """Return the fused map, shape ``(B, channels, I', J', K')``.

        Args:
            image: What the stems take, shape ``(B, S * C, I', J', K')``: the silenced image,
                folded or not, the channels of a sequence side by side.
            heard: Of the batch.
        """
        apart = image.chunk(len(self.stems), dim=1)
        features = torch.stack(
            [stem(one) for stem, one in zip(self.stems, apart, strict=True)], dim=1
        )
        by_snr = self.fusion.config.kind is FusionKind.SNR
        # of the images: behind a convolution, noise is no longer what the scanner made
        snr_db = estimate_snr_db(heard.image[:, :, None]) if by_snr else None
        # a stem makes something of nothing: its norm adds a shift
        return self.fusion.join(silence(features, heard.mask), heard.mask, snr_db)


class LateFusion(nn.Module):
    """Run one network for every sequence as if it were the only one, and fuse the logits.

    Args:
        sequences: How many there can be.
        outputs: Logits a voxel.
    """

    def __init__(self, *, sequences: int, outputs: int) -> None:
        super().__init__()
        self.fusion = Fusion(
            FusionConfig(kind=FusionKind.LATE, channels=outputs, sequences=sequences)
        )

    def apart(self, heard: Heard) -> tuple[Tensor, Tensor]:
        """Return one row a sequence: images ``(B * S, 1, I, J, K)``, presence ``(B * S, S)``.

        The presence names the sequence of its row, absent ones too: their logits don't count.
        """
        image, mask = heard
        alone = torch.eye(mask.shape[1], dtype=image.dtype, device=image.device)
        rows = alone.repeat(image.shape[0], 1)
        return image.flatten(0, 1)[:, None], rows

    def join(self, logits: Tensor, heard: Heard) -> Tensor:
        """Return fused logits, ``(B, outputs, I, J, K)``, of the rows' logits."""
        mask = heard.mask
        by_sequence = logits.reshape(-1, mask.shape[1], *logits.shape[1:])
        return self.fusion.join(silence(by_sequence, mask), mask)
