import pytest
import torch

from glioscope.learning.losses import feature_distillation_loss


def test_it_is_the_mean_squared_error_a_level_and_their_mean() -> None:
    student = [torch.zeros(1, 2, 2), torch.zeros(1, 8)]
    teacher = [torch.ones(1, 2, 2), torch.full((1, 8), 3.0)]

    assert float(feature_distillation_loss(student, teacher)) == pytest.approx((1 + 9) / 2)


def test_the_teacher_is_not_pulled_down() -> None:
    student, teacher = torch.ones(2, 3, requires_grad=True), torch.zeros(2, 3, requires_grad=True)

    grads = torch.autograd.grad(
        feature_distillation_loss([student], [teacher]), (student, teacher), allow_unused=True
    )

    torch.testing.assert_close(grads[0], torch.full((2, 3), 2 / 6))
    assert grads[1] is None


@pytest.mark.parametrize("levels", [0, 2])
def test_other_levels_are_refused(levels: int) -> None:
    with pytest.raises(ValueError, match="levels of the student"):
        feature_distillation_loss([torch.ones(1)] * levels, [torch.ones(1)])


def test_features_that_only_broadcast_are_refused() -> None:
    with pytest.raises(ValueError, match="give both the same shape"):
        feature_distillation_loss([torch.ones(2, 1)], [torch.ones(2, 3)])
