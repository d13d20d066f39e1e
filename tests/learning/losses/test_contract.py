"""What every loss with unknown labels promises, one suite for all of them."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from glioscope.learning.losses import (
    contrastive_loss,
    evidential_loss,
    focal_loss,
    partial_segmentation_loss,
    survival_loss,
    weighted_dice_loss,
)

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]

SHAPE = (4, 4, 3, 3, 3)


def partial(logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
    return partial_segmentation_loss(logits, targets, known[:, None].expand(-1, 3))


def survival(logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
    return survival_loss(logits[:, 0, 0, 0, 0], targets[:, 0, 0, 0, 0], known)


def contrastive(logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
    return contrastive_loss(logits.flatten(1), targets.flatten(1), known)


def evidential(logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
    return evidential_loss(logits, targets, known, annealing=1.0)


ALL = [weighted_dice_loss, focal_loss, partial, survival, contrastive, evidential]
each_loss = pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.__name__)


def logits() -> Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(0)).requires_grad_()


def targets() -> Tensor:
    classes = torch.randint(0, 4, (4, 3, 3, 3), generator=torch.Generator().manual_seed(1))
    return torch.nn.functional.one_hot(classes, 4).movedim(-1, 1).float()


def slope(loss: Loss, given: Tensor, shown: Tensor, known: Tensor) -> Tensor:
    (grad,) = torch.autograd.grad(loss(given, shown, known), given, allow_unused=True)
    return torch.zeros_like(given) if grad is None else grad


@each_loss
def test_a_patient_without_the_label_gets_exactly_no_slope(loss: Loss) -> None:
    shown = targets()
    shown[1] = torch.nan

    grad = slope(loss, logits(), shown, torch.tensor([1.0, 0.0, 1.0, 1.0]))

    assert torch.equal(grad[1], torch.zeros(SHAPE[1:]))
    assert grad[0].any()
    assert torch.isfinite(grad).all()


@each_loss
def test_a_patient_without_the_label_changes_nothing_for_the_others(loss: Loss) -> None:
    here = torch.tensor([0, 2, 3])

    with_it = loss(logits(), targets(), torch.tensor([1.0, 0.0, 1.0, 1.0]))
    without = loss(logits()[here], targets()[here], torch.ones(3))

    torch.testing.assert_close(with_it, without)


@each_loss
def test_nothing_known_costs_nothing_and_has_no_slope(loss: Loss) -> None:
    given, shown = logits(), torch.full(SHAPE, torch.nan)

    assert loss(given, shown, torch.zeros(4)).item() == 0.0
    assert not slope(loss, given, shown, torch.zeros(4)).any()


@each_loss
@pytest.mark.parametrize("size", [1e4, -1e4, 1e-30])
def test_extreme_logits_stay_finite(loss: Loss, size: float) -> None:
    given = (logits().detach() * size).requires_grad_()

    assert torch.isfinite(loss(given, targets(), torch.ones(4)))
    assert torch.isfinite(slope(loss, given, targets(), torch.ones(4))).all()


@each_loss
def test_all_background_and_empty_classes_stay_finite(loss: Loss) -> None:
    shown = torch.zeros(SHAPE)
    shown[:, 0] = 1

    assert torch.isfinite(loss(logits(), shown, torch.ones(4)))
    assert torch.isfinite(slope(loss, logits(), shown, torch.ones(4))).all()


@each_loss
def test_bfloat16_logits_give_a_float32_loss(loss: Loss) -> None:
    result = loss(logits().bfloat16(), targets(), torch.ones(4))

    assert result.dtype == torch.float32


@each_loss
def test_tensors_that_do_not_fit_are_refused(loss: Loss) -> None:
    with pytest.raises(ValueError, match=r"shape .* give"):
        loss(logits(), targets()[:2], torch.ones(4))


@each_loss
def test_known_of_another_batch_is_refused(loss: Loss) -> None:
    with pytest.raises(ValueError, match=r"known has shape .* give"):
        loss(logits(), targets(), torch.ones(3))
