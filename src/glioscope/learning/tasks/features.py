"""What a segmentation network sees at each level, of whichever network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from glioscope.core import InputError
from glioscope.networks.gmmas import Gmmas, GmmasOutput
from glioscope.networks.peers import DynUNetConfig, Peer, SegResNetConfig, SwinUNETRConfig
from glioscope.networks.unet import UNet
from glioscope.networks.visual_pathway import VisualPathway

TAPPED = (UNet, VisualPathway, Gmmas, Peer)
"""Networks whose features can be read."""

_PEER_LEVELS = {
    SegResNetConfig: ("down_layers.*",),
    DynUNetConfig: ("input_block", "downsamples.*", "bottleneck"),
    SwinUNETRConfig: ("swinViT",),
}
"""Parts of MONAI's networks whose outputs are their encoders' levels, finest first."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observed:
    """What one pass gives.

    Args:
        logits: Of the segmentation, shape ``(B, R, I, J, K)``.
        levels: Features of each level, finest first, shape ``(B, C, ...)`` each.  Of late fusion,
            which sees every sequence alone, the mean over the sequences present.
        by_sequence: Pooled features of each sequence alone, shape ``(B, S, C)``, 0 where absent;
            ``None`` for a network that has no encoder for each.
    """

    logits: Tensor
    levels: tuple[Tensor, ...]
    by_sequence: Tensor | None = None


def check_tapped(network: nn.Module, *, regime: str) -> None:
    """Refuse a network whose features can't be read.

    Raises:
        InputError: If it is none of ``TAPPED``.
    """
    if not isinstance(network, TAPPED):
        known = ", ".join(kind.__name__ for kind in TAPPED)
        msg = (
            f"regime {regime!r} compares features of a segmentation network, a"
            f" {type(network).__name__} gives none; choose a network.name of {known}"
        )
        raise InputError(msg)


def observe(
    network: nn.Module,
    image: Tensor,
    presence: Tensor,
    around: tuple[Tensor | None, Tensor | None] = (None, None),
) -> Observed:
    """Run a network and keep what its levels saw.

    Args:
        network: One of ``TAPPED``, and not compiled: its parts are listened to.
        image: Shape ``(B, S, I, J, K)``; absent sequences 0.
        presence: Shape ``(B, S)``.
        around: The whole image and where the box lies in it, for a network with a global branch.

    Raises:
        InputError: If it is another network.
    """
    check_tapped(network, regime="observe")
    with _listening(_parts(network)) as heard:
        # only a network with a global branch takes more than two
        whole = () if around[0] is None else around
        output = network(image, presence, *whole)
    if isinstance(output, GmmasOutput):
        return Observed(
            logits=output.segmentation,
            levels=output.features,
            by_sequence=output.sequence_features,
        )
    return Observed(logits=output, levels=tuple(_of_cases(level, presence) for level in heard))


def pooled(level: Tensor) -> Tensor:
    """Return the mean and the maximum of each channel, shape ``(B, 2 C)``.

    An instance norm takes most of the mean away; what a few voxels show is left in the maximum.

    Args:
        level: Shape ``(B, C, ...)``.
    """
    flat = level.flatten(2).float()
    return torch.cat([flat.mean(dim=2), flat.amax(dim=2)], dim=1)


def _parts(network: nn.Module) -> Sequence[nn.Module]:
    if isinstance(network, UNet):
        return tuple(network.encoder)
    if isinstance(network, VisualPathway):
        return (network.encoder,)
    if not isinstance(network, Peer):
        return ()
    parts: list[nn.Module] = []
    for name in _PEER_LEVELS[type(network.config)]:
        part = network.network.get_submodule(name.removesuffix(".*"))
        parts.extend(part.children() if name.endswith(".*") else (part,))
    return parts


@contextmanager
def _listening(parts: Sequence[nn.Module]) -> Iterator[list[Tensor]]:
    """Collect what the parts return, in the order in which they are run."""
    heard: list[Tensor] = []

    def listen(part: nn.Module, given: object, output: Tensor | Sequence[Tensor]) -> None:
        del part, given
        heard.extend([output] if isinstance(output, Tensor) else output)

    hooks = [part.register_forward_hook(listen) for part in parts]
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()


def _of_cases(level: Tensor, presence: Tensor) -> Tensor:
    """Return features of cases, where late fusion has a row for every sequence of each."""
    if len(level) == len(presence):
        return level
    apart = level.reshape(*presence.shape, *level.shape[1:])
    there = (presence > 0).reshape(*presence.shape, *[1] * (level.dim() - 1))
    # absent rows hold what the network makes of nothing
    total = torch.where(there, apart, torch.zeros((), dtype=level.dtype, device=level.device))
    return total.sum(dim=1) / there.sum(dim=1).clamp_min(1)
