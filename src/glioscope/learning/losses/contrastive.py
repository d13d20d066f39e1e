"""Contrastive learning across the sequences of a patient."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from glioscope.learning.losses.known import check_known, check_same_shape

LEAST_LENGTH = 1e-6
"""Features shorter than this have no direction; they are like nothing."""


def contrastive_loss(
    one: Tensor, other: Tensor, known: Tensor, *, temperature: float = 0.1
) -> Tensor:
    r"""NT-Xent between two sequences: those of a patient attract, all others repel.

    $$-\log \frac{\exp(s_{ij} / \tau)}{\sum_{k \ne i} \exp(s_{ik} / \tau)}$$ with the cosine
    similarity $$s$$, a mean over both directions (Chen et al. 2020, InfoNCE of van den Oord et al.
    2018).  Computed by logarithms, so that a low temperature can't overflow.

    Args:
        one: Features of one sequence, shape ``(B, F)``.
        other: Features of another sequence of the same patients, in the same order.
        known: Shape ``(B,)``, 0 where a patient lacks one of the two; such a patient neither
            attracts nor repels.
        temperature: Above 0.

    Returns:
        At least 0; exactly 0 for fewer than two patients with both, for which there is nothing to
        tell apart.

    Raises:
        ValueError: If shapes or temperature do not fit.
    """
    check_same_shape(one=one, other=other)
    check_known(known, len(one))
    if temperature <= 0:
        msg = f"temperature {temperature:g} is not above 0; SimCLR uses 0.1 to 0.5"
        raise ValueError(msg)
    there = known > 0
    count = int(there.sum())
    if count < 2:
        return (one[there].float().sum() + other[there].float().sum()) * 0.0
    features = torch.cat([one[there], other[there]]).float()
    unit = functional.normalize(features, dim=1, eps=LEAST_LENGTH)
    itself = torch.eye(2 * count, dtype=torch.bool, device=unit.device)
    alike = (unit @ unit.T / temperature).masked_fill(itself, -torch.inf)
    pairs = torch.arange(2 * count, device=unit.device).roll(count)
    return functional.cross_entropy(alike, pairs)
