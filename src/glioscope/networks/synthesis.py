"""Fill in the sequences that a patient does not have."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from glioscope.core import ModelError
from glioscope.networks.gmmas import GmmasOutput
from glioscope.networks.transfer import outputs_of


def synthesize(network: nn.Module, image: Tensor, presence: Tensor) -> Tensor:
    """Return an image whose absent sequences are made of those present.

    For networks of the regime ``reconstruction``.  What is made shows what is likely, not what a
    scanner would have seen; it never stands in for a scan that a reader asks for.

    Args:
        network: One output a sequence; left in its mode, run in evaluation.
        image: Shape ``(B, S, I, J, K)``, normalized over the brain and 0 outside; absent sequences
            may hold anything.
        presence: Shape ``(B, S)``, 1 where a sequence is there.

    Returns:
        Same shape: what is present, unchanged, and 0 outside the brain, which is taken to be where
        any present sequence is not 0.

    Raises:
        ModelError: If the network does not give one channel a sequence.
        ValueError: If presence does not fit, or a case has no sequence.
    """
    given = outputs_of(getattr(network, "config", None))
    if given != image.shape[1]:
        msg = (
            f"the network gives {given} channels for {image.shape[1]} sequences; take one of a"
            " run whose last stage is 'reconstruction'"
        )
        raise ModelError(msg)
    there = presence > 0
    if presence.shape != image.shape[:2] or not bool(there.any(dim=1).all()):
        msg = (
            f"presence of shape {tuple(presence.shape)}: give {tuple(image.shape[:2])}, with one"
            " sequence or more in every row"
        )
        raise ValueError(msg)
    spread = there[:, :, None, None, None]
    shown = torch.where(spread, image, torch.zeros((), dtype=image.dtype, device=image.device))
    training = network.training
    try:
        with torch.no_grad():
            output = network.eval()(shown, presence)
    finally:
        network.train(training)
    made: Tensor = output.segmentation if isinstance(output, GmmasOutput) else output
    brain = (shown != 0).any(dim=1, keepdim=True)
    return torch.where(spread, shown, made.to(image.dtype) * brain)
