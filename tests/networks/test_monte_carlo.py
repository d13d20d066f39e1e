import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import expit
from scipy.stats import entropy
from torch import Tensor, nn

from glioscope.core import ModelError
from glioscope.networks.gmmas import GmmasConfig, GmmasOutput
from glioscope.networks.monte_carlo import (
    Activation,
    dropout_on,
    monte_carlo,
    uncertainty,
)
from glioscope.networks.registry import build
from glioscope.networks.unet import UNetConfig
from glioscope.networks.visual_pathway import VisualPathwayConfig

BOTH = list(Activation)


class Coin(nn.Module):
    """Logits are 0 or twice the input, each with probability one half, in every voxel alone."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm3d(1)
        self.dropout = nn.Dropout(0.5)

    def forward(self, image: Tensor) -> Tensor:
        dropped: Tensor = self.dropout(image)
        return dropped


def binary(p: float) -> float:
    return float(entropy([p, 1 - p]))


def test_the_parts_of_a_coin_s_entropy_are_those_on_paper() -> None:
    image = torch.full((1, 1, 20, 20, 20), 1.5)

    found = monte_carlo(Coin(), [image], draws=400, seed=0)

    heads = float(expit(3.0))
    mean, expected = (0.5 + heads) / 2, (math.log(2) + binary(heads)) / 2
    assert float(found.probs.mean()) == pytest.approx(mean, abs=1e-3)
    assert float(found.expected_entropy.mean()) == pytest.approx(expected, abs=1e-3)
    # a voxel's own mean strays by the square root of its variance over 400 draws
    assert float(found.predictive_entropy.mean()) == pytest.approx(binary(mean), abs=2e-3)
    assert float(found.mutual_information.mean()) == pytest.approx(
        binary(mean) - expected, abs=2e-3
    )


@pytest.mark.parametrize("activation", BOTH)
def test_draws_are_taken_apart_as_scipy_does(activation: Activation) -> None:
    logits = torch.randn(7, 2, 3, 4, 1, 2, generator=torch.Generator().manual_seed(0))
    draws = [activation.probs(each) for each in logits]

    found = uncertainty(draws, activation)

    stack = np.stack([each.double().numpy() for each in draws])
    pairs = np.stack([stack, 1 - stack]) if activation is Activation.SIGMOID else None
    classes = np.moveaxis(stack, 2, 0)[:, :, :, None] if pairs is None else pairs
    expected = entropy(classes, axis=0).mean(axis=0)
    predictive = entropy(classes.mean(axis=1), axis=0)
    np.testing.assert_allclose(found.probs, stack.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(found.expected_entropy, expected, atol=1e-6)
    np.testing.assert_allclose(found.predictive_entropy, predictive, atol=1e-6)
    np.testing.assert_allclose(found.mutual_information, predictive - expected, atol=1e-6)
    assert found.draws == 7


def test_certain_draws_that_contradict_each_other_are_all_epistemic() -> None:
    sure = [torch.tensor([[[1.0], [0.0], [0.0]]]), torch.tensor([[[0.0], [1.0], [0.0]]])]

    found = uncertainty((each.reshape(1, 3, 1, 1, 1) for each in sure), Activation.SOFTMAX)

    assert found.expected_entropy.item() == 0
    assert found.mutual_information.item() == pytest.approx(math.log(2))
    assert found.predictive_entropy.shape == (1, 1, 1, 1, 1)


@pytest.mark.parametrize(("activation", "events"), [("sigmoid", 2), ("softmax", 4)])
def test_draws_that_agree_are_all_aleatoric(activation: str, events: int) -> None:
    activation = Activation(activation)
    found = uncertainty([activation.probs(torch.zeros(1, 4, 2, 2, 2))] * 5, activation)

    assert not found.mutual_information.any()
    torch.testing.assert_close(
        found.expected_entropy,
        torch.full_like(found.expected_entropy, math.log(events)),
    )


CASES: list[tuple[str, Any, Activation, Callable[[object], Tensor] | None]] = [
    ("unet", UNetConfig(widths=(4, 4), dropout=0.4), Activation.SIGMOID, None),
    (
        "visual_pathway",
        VisualPathwayConfig(in_channels=4, width=1 / 16, attention_kernel=3, dropout=0.4),
        Activation.SOFTMAX,
        None,
    ),
    (
        "gmmas",
        GmmasConfig(
            widths=(4, 8), global_widths=(3, 4), global_grid=(4, 4, 4), heads=2, dropout=0.4
        ),
        Activation.SOFTMAX,
        lambda answer: answer.subtype if isinstance(answer, GmmasOutput) else torch.empty(0),
    ),
]


@pytest.mark.parametrize(("name", "config", "activation", "head"), CASES)
def test_the_same_seed_gives_the_same_draws_and_leaves_the_network_as_it_was(
    name: str, config: Any, activation: Activation, head: Callable[[object], Tensor] | None
) -> None:
    network = build(name, config, seed=0).eval()
    network.get_submodule(next(iter(dict(network.named_children())))).train()
    modes = [part.training for part in network.modules()]
    buffers = [buffer.clone() for buffer in network.buffers()]
    inputs = (
        torch.randn(1, 4, 16, 8, 8, generator=torch.Generator().manual_seed(1)),
        torch.ones(1, 4),
    )
    state = torch.get_rng_state()

    one, other, third = (
        monte_carlo(network, inputs, draws=4, seed=seed, activation=activation, head=head)
        for seed in (5, 5, 6)
    )

    assert torch.equal(one.probs, other.probs)
    assert not torch.equal(one.probs, third.probs)
    assert float(one.mutual_information.max()) > 0
    assert torch.equal(torch.get_rng_state(), state)
    assert [part.training for part in network.modules()] == modes
    assert all(torch.equal(*pair) for pair in zip(buffers, network.buffers(), strict=True))


def test_only_dropout_is_put_into_training_mode() -> None:
    coin = Coin().train()

    with dropout_on(coin):
        assert coin.dropout.training
        assert not coin.norm.training

    assert coin.norm.training


def test_what_says_nothing_is_refused() -> None:
    image = torch.zeros(1, 1, 2, 2, 2)

    with pytest.raises(ModelError, match="no dropout above 0"):
        monte_carlo(build("unet", UNetConfig(widths=(4, 4))), [image], draws=2, seed=0)
    with pytest.raises(ModelError, match="two or more"):
        monte_carlo(Coin(), [image], draws=1, seed=0)
    with pytest.raises(ModelError, match="no draw"):
        uncertainty([], Activation.SIGMOID)
