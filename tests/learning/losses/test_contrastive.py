import math

import pytest
import torch
from monai.losses import ContrastiveLoss

from glioscope.learning.losses import contrastive_loss

ONE = torch.randn(5, 8, generator=torch.Generator().manual_seed(0))
OTHER = torch.randn(5, 8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("temperature", [0.1, 0.5, 2.0])
def test_it_is_monais(temperature: float) -> None:
    monai = ContrastiveLoss(temperature=temperature)

    loss = contrastive_loss(ONE, OTHER, torch.ones(5), temperature=temperature)

    torch.testing.assert_close(loss, monai(ONE, OTHER))


def test_two_patients_at_right_angles_cost_what_the_formula_says() -> None:
    loss = contrastive_loss(torch.eye(2), torch.eye(2), torch.ones(2), temperature=0.5)

    assert float(loss) == pytest.approx(math.log(1 + 2 * math.exp(-2)), rel=1e-5)


def test_neither_order_nor_length_of_features_matters() -> None:
    order = torch.tensor([3, 0, 4, 1, 2])

    plain = contrastive_loss(ONE, OTHER, torch.ones(5))

    torch.testing.assert_close(plain, contrastive_loss(OTHER, ONE, torch.ones(5)))
    torch.testing.assert_close(plain, contrastive_loss(ONE[order], OTHER[order], torch.ones(5)))
    torch.testing.assert_close(plain, contrastive_loss(7 * ONE, OTHER, torch.ones(5)))


@pytest.mark.parametrize("known", [(0.0, 0.0), (0.0, 1.0)])
def test_one_patient_alone_teaches_nothing(known: tuple[float, float]) -> None:
    assert contrastive_loss(ONE[:2], OTHER[:2], torch.tensor(known)).item() == 0.0


def test_a_temperature_near_zero_does_not_overflow() -> None:
    assert torch.isfinite(contrastive_loss(ONE, OTHER, torch.ones(5), temperature=1e-3))


def test_features_of_zero_have_a_finite_slope() -> None:
    features = torch.zeros(3, 4, requires_grad=True)

    (grad,) = torch.autograd.grad(contrastive_loss(features, ONE[:3, :4], torch.ones(3)), features)

    assert torch.isfinite(grad).all()


def test_a_temperature_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="not above 0"):
        contrastive_loss(ONE, OTHER, torch.ones(5), temperature=0.0)
