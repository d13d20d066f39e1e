"""Self-distillation of features: all sequences teach what some of them must give."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from glioscope.learning.losses.known import check_same_shape


def feature_distillation_loss(student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
    r"""Mean squared error between the features of both pathways, a mean over their levels.

    The first stage of adaptation in GMMAS; feature hints are Romero et al. 2015.  The teacher gets
    no gradient, so that full sequences are not pulled down to what few of them can tell.

    Args:
        student: Features with sequences dropped, one tensor a level.
        teacher: Features with all sequences, the same shapes.

    Returns:
        At least 0.

    Raises:
        ValueError: If there are no levels, or they do not fit each other.
    """
    if not student or len(student) != len(teacher):
        msg = (
            f"{len(student)} levels of the student against {len(teacher)} of the teacher;"
            " give the same levels of both, at least one"
        )
        raise ValueError(msg)
    each = []
    for learned, shown in zip(student, teacher, strict=True):
        check_same_shape(student=learned, teacher=shown)
        each.append(functional.mse_loss(learned.float(), shown.detach().float()))
    return torch.stack(each).mean()
