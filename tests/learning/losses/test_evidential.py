import math

import pytest
import torch
from torch.distributions import Dirichlet, kl_divergence
from torch.nn import functional

from glioscope.learning.losses import (
    evidence_annealing,
    evidential_loss,
    evidential_probs,
    evidential_uncertainty,
)

LOGITS = torch.randn(6, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3
CLASSES = torch.tensor([0, 1, 2, 2, 1, 0])
TARGETS = functional.one_hot(CLASSES, 3).double()


def test_the_expected_cross_entropy_is_what_sampling_says() -> None:
    torch.manual_seed(0)
    alpha = functional.softplus(LOGITS) + 1

    loss = evidential_loss(LOGITS, TARGETS, torch.ones(6), annealing=0.0)

    samples = Dirichlet(alpha).sample(torch.Size([20000]))
    sampled = -(samples.log() * TARGETS).sum(-1).mean()
    assert float(loss) == pytest.approx(float(sampled), rel=0.02)


def test_the_divergence_is_that_of_the_wrong_evidence() -> None:
    alpha = functional.softplus(LOGITS) + 1
    wrong = TARGETS + (1 - TARGETS) * alpha

    loss = evidential_loss(LOGITS, TARGETS, torch.ones(6), annealing=1.0)
    plain = evidential_loss(LOGITS, TARGETS, torch.ones(6), annealing=0.0)

    expected = kl_divergence(Dirichlet(wrong), Dirichlet(torch.ones(6, 3).double())).mean()
    assert float(loss - plain) == pytest.approx(float(expected), rel=1e-5)


def test_no_evidence_costs_what_the_formula_says() -> None:
    nothing, first = torch.full((1, 2), -200.0), torch.tensor([[1.0, 0.0]])

    loss = evidential_loss(nothing, first, torch.ones(1), annealing=1.0)

    # alpha (1, 1): digamma(2) - digamma(1) = 1, and no divergence
    assert float(loss) == pytest.approx(1.0)


def test_the_uncertainty_is_one_without_evidence_and_falls_with_it() -> None:
    logits = torch.tensor([[-200.0, -200.0], [6.0, -200.0], [6.0, 6.0]])

    uncertainty = evidential_uncertainty(logits)

    evidence = math.log1p(math.exp(6.0))
    expected = [1.0, 2 / (2 + evidence), 2 / (2 + 2 * evidence)]
    assert uncertainty.tolist() == pytest.approx(expected)


def test_the_probabilities_are_the_mean_of_the_dirichlet() -> None:
    probs = evidential_probs(LOGITS)

    torch.testing.assert_close(
        probs.double(), Dirichlet(functional.softplus(LOGITS) + 1).mean, rtol=1e-5, atol=1e-6
    )


def test_the_divergence_comes_in_over_the_steps() -> None:
    assert [evidence_annealing(step, steps=10) for step in (0, 5, 10, 99)] == [0, 0.5, 1, 1]

    with pytest.raises(ValueError, match="at least 1"):
        evidence_annealing(0, steps=0)
