"""How much each sequence counts where they are fused, and the adapters before that."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

QUIET = 1e-6
"""Added to variances, so that a constant map has an SNR of 0 dB and not of NaN."""


def hides_values(tensor: Tensor) -> bool:
    """Return whether only shapes are known: traced, compiled, exported, or on the meta device."""
    tracing = bool(torch.jit.is_tracing())  # type: ignore[no-untyped-call, attr-defined]  # of torch
    return tracing or tensor.is_meta or torch.compiler.is_compiling()


def presence_mask(presence: Tensor, *, sequences: int) -> Tensor:
    """Return which sequences are there, bool, shape ``(B, sequences)``.

    Values are looked at only where they are known, not under tracing or compiling.

    Args:
        presence: Shape ``(B, sequences)``, bool, or 0 and 1; not a probability.
        sequences: How many the network knows.

    Raises:
        ValueError: For another shape, other values, or a case without any sequence.
    """
    if presence.ndim != 2 or presence.shape[1] != sequences:
        msg = (
            f"presence has the shape {tuple(presence.shape)}; give (B, {sequences}), one value a"
            " sequence"
        )
        raise ValueError(msg)
    mask = presence > 0.5
    if hides_values(presence):
        return mask
    if not bool(torch.all(mask == presence)):
        msg = "presence holds values other than 0 and 1; give 1 for a sequence that is there"
        raise ValueError(msg)
    empty = torch.nonzero(~mask.any(dim=1)).flatten().tolist()
    if empty:
        msg = f"no sequence is present in the rows {empty} of the batch; leave these cases out"
        raise ValueError(msg)
    return mask


def silence(features: Tensor, mask: Tensor) -> Tensor:
    """Return features with 0 wherever the sequence is absent, whatever stood there, NaN too.

    Args:
        features: Shape ``(B, S, ...)``.
        mask: Shape ``(B, S)``, bool.
    """
    absent = ~mask.reshape(*mask.shape, *[1] * (features.ndim - 2))
    return features.masked_fill(absent, 0.0)


def share(scores: Tensor, mask: Tensor) -> Tensor:
    """Return the softmax of scores over the sequences present; an absent one gets exactly 0.

    Args:
        scores: Shape ``(B, S, ...)``.
        mask: Shape ``(B, S)``, bool, with one sequence or more in each row.
    """
    absent = ~mask.reshape(*mask.shape, *[1] * (scores.ndim - 2))
    return scores.masked_fill(absent, -math.inf).softmax(dim=1)


def estimate_snr_db(features: Tensor) -> Tensor:
    r"""Return the signal-to-noise ratio of every sequence, decibel, shape ``(B, S)``.

    Noise is what neighbors differ by: half the mean square successive difference (von Neumann
    et al. 1941, doi:10.1214/aoms/1177731677), which a slow trend hardly touches.  With it,
    $$10 \log_{10}(\sigma^2 / \sigma^2_{noise})$$: 0 for white noise and for a constant map,
    higher the smoother.  A measurement and nothing to learn from: it passes no gradient, or an
    encoder could buy weight by blurring.

    Args:
        features: Shape ``(B, S, C, I, J, K)``; an axis of one voxel has no neighbors and is
            left out.
    """
    maps = features.detach().float()
    axes = [axis for axis in (3, 4, 5) if maps.shape[axis] > 1]
    if not axes:
        return torch.zeros_like(maps[:, :, 0, 0, 0, 0])
    squares = [_steps(maps, axis).square().mean(dim=(2, 3, 4, 5)) / 2 for axis in axes]
    noise = torch.stack(squares).mean(dim=0)
    variance = (maps - maps.mean(dim=(3, 4, 5), keepdim=True)).square().mean(dim=(2, 3, 4, 5))
    return 10 * torch.log10((variance + QUIET) / (noise + QUIET))


def _steps(maps: Tensor, axis: int) -> Tensor:
    """Return differences of neighbors along an axis, without ``diff``: OpenVINO has none."""
    count = maps.shape[axis] - 1
    return maps.narrow(axis, 1, count) - maps.narrow(axis, 0, count)


class SequenceScores(nn.Module):
    """One learned score a sequence: GMMAS's learned weighted average (Liu et al.).

    Averaging over whatever is present goes back to Havaei et al. 2016 (arXiv:1607.05194).
    """

    def __init__(self, sequences: int) -> None:
        super().__init__()
        self.score = nn.Parameter(torch.zeros(sequences))

    def forward(self, features: Tensor) -> Tensor:
        """Return scores, shape ``(B, S, 1, 1, 1, 1)``."""
        batch, sequences = features.shape[:2]
        return self.score.reshape(1, sequences, 1, 1, 1, 1).repeat(batch, 1, 1, 1, 1, 1)


class ChannelScores(nn.Module):
    """One learned score a sequence and channel, for channels that are logits of a class.

    A weighted average of logits is the logarithmic opinion pool of the experts (Hinton 2002,
    doi:10.1162/089976602760128018): each region may trust another sequence.
    """

    def __init__(self, sequences: int, channels: int) -> None:
        super().__init__()
        self.score = nn.Parameter(torch.zeros(sequences, channels))

    def forward(self, features: Tensor) -> Tensor:
        """Return scores, shape ``(B, S, C, 1, 1, 1)``."""
        scores = self.score[None, :, :, None, None, None]
        return scores.repeat(features.shape[0], 1, 1, 1, 1, 1)


class AttentionScores(nn.Module):
    """Scores by channel and by voxel from the features themselves.

    Both paths of CBAM (Woo et al. 2018, arXiv:1807.06521), channel and spatial; their sum
    competes among the sequences in a softmax, as branches do in selective kernels (Li et al.
    2019, arXiv:1903.06586).  The attention is shared by all sequences, which differ by a
    learned score.
    """

    def __init__(self, sequences: int, channels: int, reduction: int) -> None:
        super().__init__()
        hidden = max(channels // reduction, 2)
        self.channel = nn.Sequential(
            nn.Linear(channels, hidden), nn.LeakyReLU(0.01), nn.Linear(hidden, channels)
        )
        self.spatial = nn.Conv3d(2, 1, 3, padding=1, bias=False)
        self.score = nn.Parameter(torch.zeros(sequences, channels))

    def forward(self, features: Tensor) -> Tensor:
        """Return scores, shape ``(B, S, C, I, J, K)``."""
        mean, peak = features.mean(dim=(3, 4, 5)), features.amax(dim=(3, 4, 5))
        by_channel = self.channel(mean) + self.channel(peak) + self.score
        across = torch.stack([features.mean(dim=2), features.amax(dim=2)], dim=2)
        by_voxel: Tensor = self.spatial(across.flatten(0, 1))
        scores: Tensor = by_channel[..., None, None, None] + by_voxel.reshape(
            *features.shape[:2], 1, *features.shape[3:]
        )
        return scores


class SnrScores(nn.Module):
    """A score a sequence that rises with its signal-to-noise ratio.

    A gated unit over modalities (Arevalo et al. 2017, arXiv:1702.01992) whose input is the SNR.
    The learned slope stays above 0, so that a noisier sequence never gains by its noise.
    """

    def __init__(self, sequences: int) -> None:
        super().__init__()
        self.score = nn.Parameter(torch.zeros(sequences))
        # softplus of this is 1 / (10 dB)
        self.slope = nn.Parameter(torch.tensor(math.log(math.expm1(0.1))))

    def forward(self, features: Tensor, snr_db: Tensor | None = None) -> Tensor:
        """Return scores, shape ``(B, S, 1, 1, 1, 1)``.

        Args:
            features: Shape ``(B, S, C, I, J, K)``.
            snr_db: Shape ``(B, S)``, decibel; estimated from the features if left out.
        """
        known = estimate_snr_db(features) if snr_db is None else snr_db
        gated = self.score + nn.functional.softplus(self.slope) * known.to(self.score.dtype)
        return gated[..., None, None, None, None]


class ModalityAdapter(nn.Module):
    """A small residual bottleneck a sequence that knows which others are there.

    Adapter of Houlsby et al. 2019 (arXiv:1902.00751), near the identity at first as theirs;
    inside, scale and shift come from the presence (FiLM, Perez et al. 2018, arXiv:1709.07871),
    so that a sequence can stand in for one that is absent.
    """

    def __init__(self, sequences: int, channels: int, reduction: int) -> None:
        super().__init__()
        self.hidden = max(channels // reduction, 1)
        self.down = nn.Conv3d(sequences * channels, sequences * self.hidden, 1, groups=sequences)
        self.film = nn.Linear(sequences, 2 * sequences * self.hidden)
        self.up = nn.Conv3d(sequences * self.hidden, sequences * channels, 1, groups=sequences)
        nn.init.zeros_(self.film.weight)
        nn.init.zeros_(self.film.bias)
        nn.init.normal_(self.up.weight, std=0.01)
        if self.up.bias is not None:
            nn.init.zeros_(self.up.bias)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Return adapted features, shape ``(B, S, C, I, J, K)`` as given.

        Args:
            features: 0 where absent.
            mask: Shape ``(B, S)``, bool.
        """
        presence = mask.to(self.film.weight.dtype)
        scale, shift = self.film(presence)[:, :, None, None, None].chunk(2, dim=1)
        hidden = self.down(features.flatten(1, 2)) * (1 + scale) + shift
        residual = self.up(nn.functional.leaky_relu(hidden, 0.01))
        adapted: Tensor = features + residual.reshape(features.shape)
        return adapted
