"""Categorical focal cross-entropy."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from glioscope.learning.losses.known import (
    check_known,
    check_same_shape,
    class_weights,
    mean_of_known,
    only_known,
)


def focal_loss(
    logits: Tensor,
    targets: Tensor,
    known: Tensor,
    *,
    weights: Sequence[float] | None = None,
    gamma: float = 2.0,
) -> Tensor:
    r"""Cross-entropy that easy voxels, or easy patients, hardly count in.

    $$-\sum_c w_c t_c (1 - p_c)^\gamma \log p_c$$ (Lin et al. 2017, for the softmax), a mean over
    voxels and known patients, not divided by the weights (as Keras'
    ``CategoricalFocalCrossentropy``).  ``gamma`` 0 is plain cross-entropy.

    Args:
        logits: Shape ``(B, C)`` of a head or ``(B, C, I, J, K)`` of a segmentation.
        targets: One-hot, or mixed as by Tumor-CutMix; same shape.
        known: Shape ``(B,)``, 0 for patients without this label.
        weights: One a class; 1 if ``None``.
        gamma: 0, or at least 1: below 1 the slope at certainty is infinite.

    Returns:
        At least 0; 0 where nothing is known.

    Raises:
        ValueError: If shapes, weights or ``gamma`` do not fit.
    """
    if gamma < 1 and gamma != 0:
        msg = f"gamma {gamma:g} has no finite slope at certainty; give 0 or at least 1"
        raise ValueError(msg)
    check_same_shape(logits=logits, targets=targets)
    check_known(known, len(logits))
    logits, targets = only_known(logits.float(), known), only_known(targets.float(), known)
    logs = torch.log_softmax(logits, dim=1)
    # 1 - p by expm1 keeps its digits where p is close to 1
    easy = (-torch.expm1(logs)).pow(gamma) if gamma else 1.0
    factors = class_weights(weights, logits).reshape(1, -1, *[1] * (logits.dim() - 2))
    each = -(factors * targets * easy * logs).sum(1)
    return mean_of_known(each.flatten(1).mean(1) if each.dim() > 1 else each, known)
