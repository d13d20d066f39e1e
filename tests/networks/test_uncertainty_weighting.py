import math

import pytest
import torch

from glioscope.networks.uncertainty_weighting import UncertaintyWeighting

TASKS = ("segmentation", "subtype", "idh")


def test_at_first_every_loss_counts_once() -> None:
    weighting = UncertaintyWeighting(TASKS)

    total = weighting({name: torch.tensor(0.5) for name in TASKS})

    assert float(total.detach()) == pytest.approx(1.5)
    assert weighting.weights() == dict.fromkeys(TASKS, 1.0)


def test_the_sum_follows_the_formula() -> None:
    weighting = UncertaintyWeighting(("a", "b"))
    weighting.log_variance.data = torch.tensor([0.7, -1.2])

    total = weighting({"a": torch.tensor(2.0), "b": torch.tensor(0.3)})

    expected = math.exp(-0.7) * 2.0 + 0.7 + math.exp(1.2) * 0.3 - 1.2
    assert float(total.detach()) == pytest.approx(expected, rel=1e-6)


def test_the_optimal_log_variance_is_the_log_of_the_loss() -> None:
    losses = {"a": torch.tensor(4.0), "b": torch.tensor(0.1)}
    weighting = UncertaintyWeighting(("a", "b"))
    optimizer = torch.optim.SGD(weighting.parameters(), lr=0.5)

    for _ in range(60):
        optimizer.zero_grad()
        weighting(losses).backward()
        optimizer.step()

    expected = [math.log(4.0), math.log(0.1)]
    assert weighting.log_variance.tolist() == pytest.approx(expected, abs=1e-3)
    assert weighting.weights()["a"] == pytest.approx(1 / 4.0, rel=1e-3)


def test_a_missing_loss_neither_counts_nor_moves_its_uncertainty() -> None:
    weighting = UncertaintyWeighting(TASKS)
    weighting.log_variance.data = torch.tensor([0.1, 0.2, 0.3])

    total = weighting({"segmentation": torch.tensor(2.0), "subtype": None})
    total.backward()

    assert float(total.detach()) == pytest.approx(math.exp(-0.1) * 2.0 + 0.1)
    assert weighting.log_variance.grad is not None
    assert weighting.log_variance.grad.tolist() == pytest.approx(
        [1 - math.exp(-0.1) * 2.0, 0.0, 0.0]
    )


def test_the_gradient_of_a_loss_is_its_weight() -> None:
    weighting = UncertaintyWeighting(("a",))
    weighting.log_variance.data = torch.tensor([math.log(2.0)])
    loss = torch.tensor(3.0, requires_grad=True)

    weighting({"a": loss}).backward()

    assert loss.grad is not None
    assert float(loss.grad) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("losses", "remedy"),
    [
        ({"grade": torch.tensor(1.0)}, "known"),
        ({"idh": None}, "leave a batch"),
        ({"idh": torch.tensor(-1.0)}, "0 or more"),
        ({"idh": torch.ones(2)}, "reduce"),
    ],
)
def test_impossible_losses_are_refused(losses: dict[str, torch.Tensor | None], remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        UncertaintyWeighting(TASKS)(losses)


@pytest.mark.parametrize("tasks", [(), ("a", "a")])
def test_tasks_have_one_name_each(tasks: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="each once"):
        UncertaintyWeighting(tasks)
