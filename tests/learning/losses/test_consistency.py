import math

import pytest
import torch

from glioscope.learning.losses import consistency_loss, consistency_weight, pseudo_label_loss


def test_consistency_is_the_squared_difference_and_spares_the_teacher() -> None:
    student = torch.tensor([0.2, 0.8], requires_grad=True)
    teacher = torch.tensor([0.5, 0.4], requires_grad=True)

    loss = consistency_loss(student, teacher)
    grads = torch.autograd.grad(loss, (student, teacher), allow_unused=True)

    assert loss.item() == pytest.approx((0.09 + 0.16) / 2)
    assert grads[0].tolist() == pytest.approx([-0.3, 0.4])
    assert grads[1] is None


def test_the_weight_rises_to_one() -> None:
    weights = [consistency_weight(step, steps=100) for step in range(0, 201, 10)]

    assert weights[0] == pytest.approx(math.exp(-5))
    assert weights == sorted(weights)
    assert set(weights[10:]) == {1.0}


def test_pseudo_labels_count_where_the_teacher_is_confident() -> None:
    teacher = torch.tensor([[math.log(0.95), math.log(0.05)], [math.log(0.6), math.log(0.4)]])
    student = torch.zeros(2, 2, requires_grad=True)

    loss = pseudo_label_loss(student, teacher, confidence=0.9)
    (grad,) = torch.autograd.grad(loss, student)

    assert loss.item() == pytest.approx(math.log(2))
    assert grad.tolist() == [[-0.5, 0.5], [0.0, 0.0]]


def test_no_confidence_anywhere_costs_nothing() -> None:
    student = torch.ones(2, 3, 4, requires_grad=True)

    loss = pseudo_label_loss(student, torch.zeros(2, 3, 4))
    (grad,) = torch.autograd.grad(loss, student)

    assert loss.item() == 0.0
    assert not grad.any()


def test_refusals_say_what_to_give() -> None:
    with pytest.raises(ValueError, match="give both the same shape"):
        consistency_loss(torch.ones(2), torch.ones(3))
    with pytest.raises(ValueError, match="give both the same shape"):
        pseudo_label_loss(torch.ones(2, 1), torch.ones(2, 3))
    with pytest.raises(ValueError, match="give at least 1"):
        consistency_weight(1, steps=0)
