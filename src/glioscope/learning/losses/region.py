"""Soft Dice and cross-entropy of overlapping regions, the loss of the shipped network."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def region_loss(logits: Tensor, regions: Tensor, known: Tensor, *, smooth: float = 100.0) -> Tensor:
    r"""Soft Dice plus cross-entropy, averaged over the regions that are known.

    $$1 - (2 \sum p t + s) / (\sum p + \sum t + s) + BCE(p, t)$$ for each region and patient.
    A region that no expert outlined (``known`` 0) adds nothing, whatever the network says there.

    Args:
        logits: Shape ``(B, R, I, J, K)``.
        regions: 0 to 1, same shape.
        known: Shape ``(B, R)``, 0 or 1.
        smooth: Voxels added to both halves of Dice, so that a region which is empty in truth
            still has a gentle slope towards empty.

    Returns:
        A scalar; 0 where nothing is known.
    """
    logits = logits.float()
    probs, axes = torch.sigmoid(logits), (2, 3, 4)
    shared = (probs * regions).sum(axes)
    total = probs.sum(axes) + regions.sum(axes)
    dice = 1 - (2 * shared + smooth) / (total + smooth)
    entropy = functional.binary_cross_entropy_with_logits(logits, regions, reduction="none")
    each = (dice + 4.0 * entropy.mean(axes)) * known
    return each.sum() / known.sum().clamp_min(1.0)
