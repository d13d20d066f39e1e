"""Segmentation loss of four exclusive classes when some patients have fewer labels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from glioscope.learning.losses.dice import weighted_dice_loss
from glioscope.learning.losses.focal import focal_loss


def partial_segmentation_loss(
    logits: Tensor,
    targets: Tensor,
    known: Tensor,
    *,
    weights: Sequence[float] | None = None,
    gamma: float = 2.0,
) -> Tensor:
    r"""Weighted Dice plus focal cross-entropy, over the classes that each patient has labels for.

    A patient of whom only the whole tumor was outlined is compared on tumor against background:
    the classes of the tumor are summed (the marginal loss of Shi et al. 2021), so any division of
    the tumor into parts costs the same.  A patient with the core outlined but not its enhancing
    part counts the same way.

    Args:
        logits: Background first, then the parts of the tumor: shape ``(B, C, ...)``.
        targets: One-hot, same shape; for a patient with the whole tumor only, any of its parts.
        known: Shape ``(B, R)``, whole tumor first, as of ``Sample``: 1 where outlined.
        weights: One a class; the whole tumor weighs as much as its heaviest part.
        gamma: Of the focal cross-entropy.

    Returns:
        A mean over the patients with any label; 0 where there are none.

    Raises:
        ValueError: If shapes or weights do not fit.
    """
    if known.dim() != 2 or len(known) != len(logits):
        msg = f"known has shape {tuple(known.shape)}; give (B, R) for {len(logits)} patients"
        raise ValueError(msg)
    outlined = known[:, 0] > 0
    complete = (known > 0).all(dim=1)
    whole = outlined & ~complete
    merged = None if weights is None else (weights[0], max(weights[1:]))
    parts = torch.stack([targets[:, 0], targets[:, 1:].sum(1)], dim=1)
    result = logits.new_zeros((), dtype=torch.float32)
    for seen, shown, there, factors in (
        (logits, targets, complete, weights),
        (whole_tumor_logits(logits), parts, whole, merged),
    ):
        dice = weighted_dice_loss(seen, shown, there, weights=factors)
        focal = focal_loss(seen, shown, there, weights=factors, gamma=gamma)
        result = result + (dice + focal) * there.sum()
    return result / outlined.sum().clamp_min(1)


def whole_tumor_logits(logits: Tensor) -> Tensor:
    """Return logits of background and tumor whose softmax is that of all classes, summed.

    Args:
        logits: Background first: shape ``(B, C, ...)``.

    Returns:
        Shape ``(B, 2, ...)``.
    """
    return torch.stack([logits[:, 0], torch.logsumexp(logits[:, 1:], dim=1)], dim=1)
