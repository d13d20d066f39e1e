import pytest
import torch

from glioscope.learning.losses import region_loss

SHAPE = (1, 3, 8, 8, 8)


def truth() -> torch.Tensor:
    regions = torch.zeros(SHAPE)
    regions[:, :, 2:6, 2:6, 2:6] = 1
    return regions


def test_the_truth_costs_next_to_nothing() -> None:
    loss = region_loss(40 * (truth() - 0.5), truth(), torch.ones(1, 3))

    assert float(loss) < 1e-3


def test_even_odds_cost_what_the_formula_says() -> None:
    loss = region_loss(torch.zeros(SHAPE), truth(), torch.ones(1, 3), smooth=0.0)

    dice = 1 - 2 * (64 * 0.5) / (512 * 0.5 + 64)
    entropy = torch.log(torch.tensor(2.0)).item()
    assert float(loss) == pytest.approx(dice + 4 * entropy, rel=1e-5)


def test_a_region_that_nobody_outlined_never_counts() -> None:
    logits = torch.randn(SHAPE, generator=torch.Generator().manual_seed(0), requires_grad=True)

    loss = region_loss(logits, torch.zeros(SHAPE), torch.tensor([[1.0, 0.0, 0.0]]))
    loss.backward()  # type: ignore[no-untyped-call]  # torch ships no signature for it

    assert logits.grad is not None
    assert bool(logits.grad[:, 0].any())
    assert not logits.grad[:, 1:].any()


def test_nothing_known_costs_nothing() -> None:
    assert float(region_loss(torch.randn(SHAPE), truth(), torch.zeros(1, 3))) == 0.0


def test_an_empty_region_is_pushed_towards_empty() -> None:
    full = region_loss(torch.full(SHAPE, 5.0), torch.zeros(SHAPE), torch.ones(1, 3))
    empty = region_loss(torch.full(SHAPE, -5.0), torch.zeros(SHAPE), torch.ones(1, 3))

    assert float(empty) < 0.1 < float(full)
