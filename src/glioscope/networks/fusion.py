"""One module that joins the features of several sequences, in six ways to compare."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor, nn

from glioscope.networks.fusion_gates import (
    AttentionScores,
    ChannelScores,
    ModalityAdapter,
    SequenceScores,
    SnrScores,
    hides_values,
    presence_mask,
    share,
    silence,
)


class FusionKind(StrEnum):
    """Where and how sequences become one map.

    ``EARLY`` concatenates channels, the absent ones 0, with the presence; ``INTERMEDIATE`` lets
    them compete by channel and voxel; ``LATE`` averages logits with a weight a class; ``SNR``
    weighs by signal-to-noise; ``ADAPTER`` adapts each to what is present, then averages;
    ``AVERAGE`` is the learned weighted average of GMMAS.
    """

    EARLY = "early"
    INTERMEDIATE = "intermediate"
    LATE = "late"
    SNR = "snr"
    ADAPTER = "adapter"
    AVERAGE = "average"

    @classmethod
    def named(cls, name: str) -> FusionKind:
        """Return the kind of a name, as a configuration file has it.

        Raises:
            ValueError: For an unknown one; lists the known ones.
        """
        try:
            return cls(name)
        except ValueError as error:
            msg = f"fusion {name!r} is not known; give one of {', '.join(cls)}"
            raise ValueError(msg) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionConfig:
    """What is fused, and how.

    Args:
        kind: See ``FusionKind``.
        channels: Of the features of each sequence.
        sequences: How many there can be.
        out_channels: Of the fused map; ``None`` for as many as ``channels``.  Only ``early``
            can change them: all others average.
        reduction: How many times narrower attention and adapters are than the features.
    """

    kind: FusionKind = FusionKind.AVERAGE
    channels: int
    sequences: int = 4
    out_channels: int | None = None
    reduction: int = 4

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", FusionKind.named(self.kind))
        widened = self.channels if self.out_channels is None else self.out_channels
        if min(self.channels, self.sequences, self.reduction, widened) < 1:
            msg = (
                f"channels={self.channels}, sequences={self.sequences},"
                f" out_channels={self.out_channels}, reduction={self.reduction}: give at least"
                " one of each"
            )
            raise ValueError(msg)
        if self.kind is not FusionKind.EARLY and widened != self.channels:
            msg = (
                f"fusion {self.kind} keeps the {self.channels} channels, out_channels={widened}"
                " can't be; leave it out or use fusion early"
            )
            raise ValueError(msg)


class Fusion(nn.Module):
    """Join the features of the sequences present.

    The contract of every kind: what stands in an absent sequence never changes the output, NaN
    neither; weights lie in 0 to 1 and sum to 1 over the sequences present; rows of a batch
    don't know of each other.
    """

    def __init__(self, config: FusionConfig) -> None:
        super().__init__()
        self.config = config
        self.gate = _gate(config)
        self.adapter: ModalityAdapter | None = None
        self.mix: nn.Conv3d | None = None
        if config.kind is FusionKind.ADAPTER:
            self.adapter = ModalityAdapter(config.sequences, config.channels, config.reduction)
        if config.kind is FusionKind.EARLY:
            joined = config.sequences * (config.channels + 1)
            self.mix = nn.Conv3d(joined, config.out_channels or config.channels, 1)

    def forward(self, features: Tensor, presence: Tensor, snr_db: Tensor | None = None) -> Tensor:
        """Return the fused map, shape ``(B, out_channels, I, J, K)``.

        Args:
            features: Shape ``(B, S, C, I, J, K)``; anything may stand where one is absent.
            presence: Shape ``(B, S)``, bool or 0 and 1.
            snr_db: Shape ``(B, S)``, decibel, for ``snr`` only, which estimates it from the
                features if it is left out.

        Raises:
            ValueError: For other shapes, for a case without a sequence, and for an SNR that
                this kind would not use.
        """
        mask = self._checked(features, presence, snr_db)
        return self.join(silence(features, mask), mask, snr_db)

    def join(self, heard: Tensor, mask: Tensor, snr_db: Tensor | None = None) -> Tensor:
        """Fuse what has been checked and silenced already, without waiting for the device.

        For a network that fuses many maps of one batch: looking at the values of a presence
        makes the CPU wait for the GPU every time.

        Args:
            heard: As ``silence`` returns it, shape ``(B, S, C, I, J, K)``.
            mask: As ``presence_mask`` returns it, shape ``(B, S)``.
            snr_db: As in ``forward``.
        """
        if self.mix is not None:
            fused: Tensor = self.mix(_concatenated(heard, mask))
            return fused
        weights = self._weights(heard, mask, snr_db)
        if self.adapter is not None:
            heard = self.adapter(heard, mask)
        return (heard * weights).sum(dim=1)

    def weights(
        self, features: Tensor, presence: Tensor, snr_db: Tensor | None = None
    ) -> Tensor | None:
        """Return the weight of each sequence, or ``None`` where the kind has none (``early``).

        Returns:
            Shape ``(B, S, C or 1, I or 1, J or 1, K or 1)``, 0 for an absent sequence.
        """
        mask = self._checked(features, presence, snr_db)
        if self.gate is None:
            return None
        return self._weights(silence(features, mask), mask, snr_db)

    def _weights(self, heard: Tensor, mask: Tensor, snr_db: Tensor | None) -> Tensor:
        if self.gate is None:
            msg = f"fusion {self.config.kind} has no weights"
            raise TypeError(msg)
        if snr_db is None:
            return share(self.gate(heard), mask)
        return share(self.gate(heard, silence(snr_db, mask)), mask)

    def _checked(self, features: Tensor, presence: Tensor, snr_db: Tensor | None) -> Tensor:
        expected = (self.config.sequences, self.config.channels)
        if features.ndim != 6 or tuple(features.shape[1:3]) != expected:
            msg = (
                f"features have the shape {tuple(features.shape)}; give (B, {expected[0]},"
                f" {expected[1]}, I, J, K)"
            )
            raise ValueError(msg)
        if presence.shape[0] != features.shape[0]:
            msg = (
                f"{features.shape[0]} cases but presence of {presence.shape[0]}; give one row a"
                " case"
            )
            raise ValueError(msg)
        mask = presence_mask(presence, sequences=self.config.sequences)
        if snr_db is not None:
            self._check_snr(snr_db, mask)
        return mask

    def _check_snr(self, snr_db: Tensor, mask: Tensor) -> None:
        if self.config.kind is not FusionKind.SNR:
            msg = f"fusion {self.config.kind} uses no SNR; leave snr_db out or use fusion snr"
            raise ValueError(msg)
        if snr_db.shape != mask.shape:
            msg = (
                f"snr_db has the shape {tuple(snr_db.shape)}; give that of presence,"
                f" {tuple(mask.shape)}"
            )
            raise ValueError(msg)
        if hides_values(snr_db):
            return
        if not bool(torch.isfinite(silence(snr_db, mask)).all()):
            msg = "snr_db of a sequence that is present is NaN or infinite; give decibels"
            raise ValueError(msg)


def _gate(config: FusionConfig) -> nn.Module | None:
    if config.kind is FusionKind.EARLY:
        return None
    if config.kind is FusionKind.INTERMEDIATE:
        return AttentionScores(config.sequences, config.channels, config.reduction)
    if config.kind is FusionKind.LATE:
        return ChannelScores(config.sequences, config.channels)
    if config.kind is FusionKind.SNR:
        return SnrScores(config.sequences)
    return SequenceScores(config.sequences)


def _concatenated(heard: Tensor, mask: Tensor) -> Tensor:
    """Return all channels and then the presence, ``(B, S * C + S, I, J, K)``."""
    told = mask.to(heard.dtype)[:, :, None, None, None].expand(-1, -1, *heard.shape[3:])
    return torch.cat([heard.flatten(1, 2), told], dim=1)
