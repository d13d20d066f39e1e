"""Learning from scans without labels: agree with the teacher."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from glioscope.learning.losses.known import check_same_shape


def consistency_loss(student_probs: Tensor, teacher_probs: Tensor) -> Tensor:
    """Mean squared error of probabilities, without a gradient for the teacher.

    The consistency cost of mean teacher (Tarvainen & Valpola 2017).

    Args:
        student_probs: 0 to 1, any shape; not logits.
        teacher_probs: Of the averaged weights, same shape and activation.

    Returns:
        0 to 1.

    Raises:
        ValueError: If the shapes differ.
    """
    check_same_shape(student_probs=student_probs, teacher_probs=teacher_probs)
    return functional.mse_loss(student_probs.float(), teacher_probs.detach().float())


def consistency_weight(step: int, *, steps: int) -> float:
    r"""Return the weight of consistency, 0 to 1.

    $$\exp(-5 (1 - t / T)^2)$$ up to step $$T$$, then 1 (Laine & Aila 2017).

    Raises:
        ValueError: If ``steps`` is below 1.
    """
    if steps < 1:
        msg = f"a rise over {steps} steps; give at least 1"
        raise ValueError(msg)
    return math.exp(-5.0 * (1.0 - min(max(step, 0), steps) / steps) ** 2)


def pseudo_label_loss(
    student_logits: Tensor, teacher_logits: Tensor, *, confidence: float = 0.9
) -> Tensor:
    """Cross-entropy against the teacher's class, where the teacher is confident.

    Pseudo-labels are Lee 2013, the threshold FixMatch (Sohn et al. 2020); a mean over confident
    voxels only.

    Args:
        student_logits: Shape ``(B, C, ...)``.
        teacher_logits: Same shape; gets no gradient.
        confidence: Least probability of the teacher's class, 0 to 1.

    Returns:
        At least 0; 0 where the teacher is confident nowhere.

    Raises:
        ValueError: If the shapes differ.
    """
    check_same_shape(student_logits=student_logits, teacher_logits=teacher_logits)
    best, classes = torch.softmax(teacher_logits.detach().float(), dim=1).max(dim=1)
    sure = (best >= confidence).float()
    each = functional.cross_entropy(student_logits.float(), classes, reduction="none")
    return (each * sure).sum() / sure.sum().clamp_min(1.0)
