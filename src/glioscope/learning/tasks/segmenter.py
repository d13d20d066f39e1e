"""Segmentation of any network: how it is called, and what its logits mean."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from glioscope.core import InputError
from glioscope.learning.data.batch import Batch
from glioscope.learning.losses import partial_segmentation_loss, region_loss
from glioscope.networks.gmmas import GmmasOutput

LOSSES = ("region", "dice+focal")
CLASSES = 4
"""Background, necrosis, edema, enhancing: the labels of ``core.Label`` in their order."""


def segmentation_logits(
    network: Any,  # noqa: ANN401 - compiled ones are functions
    image: Tensor,
    presence: Tensor,
    around: tuple[Tensor | None, Tensor | None] = (None, None),
) -> Tensor:
    """Return segmentation logits, shape ``(B, 3 or 4, I, J, K)``.

    Args:
        network: Of the registry; called with image and presence.
        image: Shape ``(B, S, I, J, K)``.
        presence: Shape ``(B, S)``.
        around: The whole image and where the box lies in it, for a network with a global branch.
    """
    output = network(image, presence) if around[0] is None else network(image, presence, *around)
    logits: Tensor = output.segmentation if isinstance(output, GmmasOutput) else output
    return logits


def region_probs(logits: Tensor) -> Tensor:
    """Return probabilities of WT, TC and ET, shape ``(B, 3, I, J, K)``.

    Args:
        logits: Three overlapping regions (a sigmoid each) or four exclusive classes (a softmax).

    Raises:
        InputError: For another number of channels.
    """
    if logits.shape[1] == 3:
        return torch.sigmoid(logits.float())
    if logits.shape[1] == CLASSES:
        probs = torch.softmax(logits.float(), dim=1)
        core = probs[:, 1] + probs[:, 3]
        return torch.stack([core + probs[:, 2], core, probs[:, 3]], dim=1)
    msg = f"a network of {logits.shape[1]} outputs: give three regions or four classes"
    raise InputError(msg)


def one_hot_classes(regions: Tensor) -> Tensor:
    """Return background, necrosis, edema, enhancing as one-hot, shape ``(B, 4, I, J, K)``.

    Args:
        regions: WT, TC, ET in 0 to 1, each inside the one before; cut at one half.
    """
    whole, core, enhancing = (regions > 0.5).float().unbind(dim=1)
    core, enhancing = core * whole, enhancing * core * whole
    return torch.stack([1 - whole, core - enhancing, whole - core, enhancing], dim=1)


def segmentation_loss(logits: Tensor, batch: Batch, *, name: str) -> Tensor:
    """Return the loss of a segmentation, a scalar; what nobody outlined adds nothing.

    Args:
        logits: Three regions for ``region``, four classes for ``dice+focal`` (the visual-pathway
            paper's: weighted Dice and categorical focal cross-entropy).
        batch: Truth, and what is known of it.
        name: See ``LOSSES``.

    Raises:
        InputError: For an unknown name, or one that does not go with the logits.
    """
    if name not in LOSSES:
        msg = f"no loss is called {name!r}; known: {', '.join(LOSSES)}"
        raise InputError(msg)
    wanted = 3 if name == "region" else CLASSES
    if logits.shape[1] != wanted:
        msg = (
            f"loss {name!r} needs a network of {wanted} outputs, not {logits.shape[1]}; set"
            " network.config.out_channels or take the other loss"
        )
        raise InputError(msg)
    if name == "region":
        return region_loss(logits, batch.regions, batch.known)
    return partial_segmentation_loss(
        logits.float(), one_hot_classes(batch.regions), batch.known, gamma=2.0
    )


def module_of(network: nn.Module, kind: type[nn.Module], *, regime: str) -> None:
    """Refuse a network that a regime can't train.

    Raises:
        InputError: If it is not of the kind.
    """
    if not isinstance(network, kind):
        msg = (
            f"regime {regime!r} trains a {kind.__name__}, not a {type(network).__name__}; choose"
            " another network.name or regime"
        )
        raise InputError(msg)
