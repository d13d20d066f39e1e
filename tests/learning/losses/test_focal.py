import math

import pytest
import torch
from monai.losses import FocalLoss
from torch.nn import functional

from glioscope.learning.losses import focal_loss

WEIGHTS = (0.2, 1.0, 3.0)
LOGITS = torch.randn(2, 3, 4, 4, 4, generator=torch.Generator().manual_seed(0))
CLASSES = torch.randint(0, 3, (2, 4, 4, 4), generator=torch.Generator().manual_seed(1))
TARGETS = functional.one_hot(CLASSES, 3).movedim(-1, 1).float()


@pytest.mark.parametrize("gamma", [1.0, 2.0, 3.5])
def test_it_is_monais_of_the_softmax_summed_over_classes(gamma: float) -> None:
    monai = FocalLoss(use_softmax=True, gamma=gamma, weight=torch.tensor(WEIGHTS))

    loss = focal_loss(LOGITS, TARGETS, torch.ones(2), weights=WEIGHTS, gamma=gamma)

    assert float(loss) == pytest.approx(3 * float(monai(LOGITS, TARGETS)), rel=1e-5)


def test_gamma_zero_is_cross_entropy() -> None:
    loss = focal_loss(LOGITS, TARGETS, torch.ones(2), gamma=0.0)

    torch.testing.assert_close(loss, functional.cross_entropy(LOGITS, CLASSES))


def test_a_mixed_label_is_the_weighted_sum_of_its_classes() -> None:
    logits = torch.tensor([[0.0, math.log(3.0)]])
    mixed = torch.tensor([[0.6, 0.4]])

    loss = focal_loss(logits, mixed, torch.ones(1))

    expected = -0.6 * 0.75**2 * math.log(0.25) - 0.4 * 0.25**2 * math.log(0.75)
    assert float(loss) == pytest.approx(expected, rel=1e-6)


def test_an_easy_patient_hardly_counts() -> None:
    logits, targets = torch.tensor([[4.0, 0.0]]), torch.tensor([[1.0, 0.0]])

    focal = focal_loss(logits, targets, torch.ones(1))
    plain = focal_loss(logits, targets, torch.ones(1), gamma=0.0)

    assert float(focal) < 1e-3 * float(plain)


def test_a_gamma_without_a_finite_slope_is_refused() -> None:
    with pytest.raises(ValueError, match=r"gamma 0\.5 .* give 0 or at least 1"):
        focal_loss(LOGITS, TARGETS, torch.ones(2), gamma=0.5)
