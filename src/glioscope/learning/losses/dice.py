"""Weighted Dice over exclusive classes."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from glioscope.core import require
from glioscope.learning.losses.known import (
    check_known,
    check_same_shape,
    class_weights,
    mean_of_known,
    only_known,
)


def weighted_dice_loss(
    logits: Tensor,
    targets: Tensor,
    known: Tensor,
    *,
    weights: Sequence[float] | None = None,
    smooth: float = 1.0,
) -> Tensor:
    r"""Soft Dice of the softmax, a weighted mean over classes, a mean over known patients.

    $$\sum_c w_c \left(1 - \frac{2 \sum p_c t_c + s}{\sum p_c + \sum t_c + s}\right) / \sum_c w_c$$
    (Milletari et al. 2016, class weights as Sudre et al. 2017), computed by MONAI's ``DiceLoss``.

    Args:
        logits: Shape ``(B, C, ...)``.
        targets: One-hot or mixed classes, same shape.
        known: Shape ``(B,)``, 0 where nobody outlined the patient.
        weights: One a class, background first; equal if ``None``.
        smooth: Voxels added to both halves; a class that is empty in truth and in the prediction
            costs nothing, one that is empty in truth only has a slope towards empty.

    Returns:
        0 to 1; 0 where nothing is known.

    Raises:
        ValueError: If shapes or weights do not fit.
    """
    check_same_shape(logits=logits, targets=targets)
    check_known(known, len(logits))
    logits, targets = only_known(logits.float(), known), only_known(targets.float(), known)
    factors = class_weights(weights, logits)
    losses = require("monai.losses", extra="train")
    dice = losses.DiceLoss(softmax=True, reduction="none", smooth_nr=smooth, smooth_dr=smooth)
    each: Tensor = dice(logits, targets).flatten(1)
    return mean_of_known((each * factors).sum(1) / factors.sum(), known)
