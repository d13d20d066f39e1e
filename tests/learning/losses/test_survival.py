import pytest
import torch

from glioscope.learning.losses import survival_loss


@pytest.mark.parametrize(
    ("difference", "expected"), [(0.0, 0.0), (0.4, 0.08), (-1.0, 0.5), (3.0, 2.5)]
)
def test_it_is_squared_near_the_truth_and_linear_far_from_it(
    difference: float, expected: float
) -> None:
    loss = survival_loss(torch.tensor([difference]), torch.zeros(1), torch.ones(1))

    assert float(loss) == pytest.approx(expected)


def test_delta_says_where_it_turns_linear() -> None:
    loss = survival_loss(torch.ones(1), torch.zeros(1), torch.ones(1), delta=0.2)

    assert float(loss) == pytest.approx(0.2 * (1 - 0.1))


def test_the_mean_is_over_the_known_alone() -> None:
    target = torch.tensor([0.0, torch.nan, 0.0])

    loss = survival_loss(torch.ones(3), target, torch.tensor([1.0, 0.0, 1.0]))

    assert float(loss) == pytest.approx(0.5)
