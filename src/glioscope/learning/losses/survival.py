"""Huber loss of overall survival."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from glioscope.learning.losses.known import check_same_shape, mean_of_known, only_known


def survival_loss(
    predicted: Tensor, target: Tensor, known: Tensor, *, delta: float = 1.0
) -> Tensor:
    r"""Squared near the truth, linear far from it, over the patients whose survival is known.

    $$\frac{1}{2} d^2$$ up to $$|d| = \delta$$, then $$\delta (|d| - \delta / 2)$$ (Huber 1964).
    A censored time is not a known survival; pass it as unknown.

    Args:
        predicted: Min-max scaled survival, shape ``(B,)``.
        target: Same scale and shape; anything where unknown.
        known: Shape ``(B,)``, 0 or 1.
        delta: Where it turns linear, on the same scale.

    Returns:
        At least 0; 0 where nothing is known.

    Raises:
        ValueError: If the shapes differ.
    """
    check_same_shape(predicted=predicted, target=target, known=known)
    predicted, target = only_known(predicted.float(), known), only_known(target.float(), known)
    each = functional.huber_loss(predicted, target, reduction="none", delta=delta)
    return mean_of_known(each, known)
