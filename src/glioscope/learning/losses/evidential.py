r"""Evidential classification: a Dirichlet over the classes, and how much it knows.

Sensoy, Kaplan, Kandemir 2018: evidence $$e_c \ge 0$$ gives $$\alpha_c = e_c + 1$$ and
$$S = \sum_c \alpha_c$$; the class probability is $$\alpha_c / S$$, the uncertainty $$C / S$$.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from glioscope.learning.losses.known import check_known, check_same_shape, mean_of_known, only_known


def evidential_loss(logits: Tensor, targets: Tensor, known: Tensor, *, annealing: float) -> Tensor:
    r"""Expected cross-entropy under the Dirichlet, plus its divergence from knowing nothing.

    $$\sum_c t_c (\psi(S) - \psi(\alpha_c)) + \lambda\, KL(D(\tilde\alpha) \,\|\, D(1))$$ with
    $$\tilde\alpha = t + (1 - t) \alpha$$: equations 4 and 5 of Sensoy et al. 2018, evidence by
    softplus.  Computed in float64, because the divergence is a small difference of large numbers.

    Args:
        logits: Shape ``(B, C, ...)``.
        targets: One-hot or mixed classes, same shape.
        known: Shape ``(B,)``, 0 for patients without this label.
        annealing: Weight of the divergence, 0 to 1; see ``evidence_annealing``.

    Returns:
        At least 0, float32; 0 where nothing is known.

    Raises:
        ValueError: If the shapes do not fit.
    """
    check_same_shape(logits=logits, targets=targets)
    check_known(known, len(logits))
    targets = only_known(targets.double(), known)
    alpha = _concentration(only_known(logits.double(), known))
    total = alpha.sum(1, keepdim=True)
    expected = (targets * (torch.digamma(total) - torch.digamma(alpha))).sum(1)
    each = expected + annealing * _divergence(targets + (1 - targets) * alpha)
    return mean_of_known(each.flatten(1).mean(1) if each.dim() > 1 else each, known).float()


def evidence_annealing(step: int, *, steps: int) -> float:
    """Return the weight of the divergence: from 0 to 1 over the first ``steps``.

    Sensoy et al. 2018 take ten epochs.

    Raises:
        ValueError: If ``steps`` is below 1.
    """
    if steps < 1:
        msg = f"{steps} steps of annealing; give at least 1 (all weight from the second step)"
        raise ValueError(msg)
    return min(1.0, max(0, step) / steps)


def evidential_probs(logits: Tensor) -> Tensor:
    """Return the expected class probabilities, same shape, sum 1 over axis 1."""
    alpha = _concentration(logits.float())
    return alpha / alpha.sum(1, keepdim=True)


def evidential_uncertainty(logits: Tensor) -> Tensor:
    """Return the uncertainty mass, without axis 1: 1 without any evidence, towards 0 with much."""
    alpha = _concentration(logits.float())
    return alpha.shape[1] / alpha.sum(1)


def _concentration(logits: Tensor) -> Tensor:
    return functional.softplus(logits) + 1.0


def _divergence(alpha: Tensor) -> Tensor:
    """KL divergence of a Dirichlet from the uniform one, over axis 1."""
    total = alpha.sum(1, keepdim=True)
    constant = torch.lgamma(total)[:, 0] - torch.lgamma(alpha).sum(1) - math.lgamma(alpha.shape[1])
    apart = (alpha - 1) * (torch.digamma(alpha) - torch.digamma(total))
    return constant + apart.sum(1)
