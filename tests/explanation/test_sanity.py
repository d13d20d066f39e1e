"""Maps of a trained network show the tumor, and are gone with what it learned."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn
from torch.nn import functional

from glioscope.core import InputError, ModelError, Region
from glioscope.explanation.grad_cam import Weighting
from glioscope.explanation.heat import explain_case
from glioscope.explanation.sanity import forgotten, randomized_correlation, rank_correlation
from glioscope.networks.registry import build
from glioscope.networks.unet import UNetConfig

EDGE = 16
PRESENCE = torch.ones(4)
Map = npt.NDArray[Any]


def patient(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return an image of noise with a bright block, and the mask of the block."""
    generator = torch.Generator().manual_seed(seed)
    block = torch.zeros(EDGE, EDGE, EDGE)
    i, j, k = torch.randint(0, EDGE - 6, (3,), generator=generator).tolist()
    block[i : i + 6, j : j + 6, k : k + 6] = 1
    return torch.randn(4, EDGE, EDGE, EDGE, generator=generator) + 2 * block, block


@pytest.fixture(scope="module")
def trained() -> nn.Module:
    """Train a small U-Net to find the block."""
    network = build("unet", UNetConfig(widths=(8, 8), fold=1, conditioned=False), seed=0)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    for step in range(20):
        image, block = patient(step)
        logits = network(image[None], PRESENCE[None])
        loss = functional.binary_cross_entropy_with_logits(logits[0], block.expand(3, -1, -1, -1))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch ships no signature for it
        optimizer.step()
    return network.eval()


def heat(network: nn.Module) -> Map:
    image, block = patient(100)
    asked = block.numpy() > 0
    return explain_case(network, image, PRESENCE, region=Region.WT, voxels=asked).heat


def share(network: nn.Module, weighting: Weighting) -> float:
    image, block = patient(100)
    found = explain_case(network, image, PRESENCE, region=Region.WT, weighting=weighting)
    inside = found.share_within(block.numpy() > 0)
    assert inside is not None
    return inside


def test_a_trained_network_looks_at_the_tumor(trained: nn.Module) -> None:
    chance = float(patient(100)[1].mean())

    assert share(trained, Weighting.PLACE) > 5 * chance


def test_one_weight_a_channel_misses_it_behind_an_instance_norm(trained: nn.Module) -> None:
    chance = float(patient(100)[1].mean())

    assert share(trained, Weighting.CHANNEL) < 2 * chance


def test_the_map_is_gone_with_what_was_learned(trained: nn.Module) -> None:
    found = [randomized_correlation(trained, heat, seed=seed) for seed in (5, 6, 7)]

    known = [abs(value) for value in found if value is not None]
    assert np.mean(known) < 0.4


def test_a_map_that_shows_the_image_alone_is_found_out(trained: nn.Module) -> None:
    def edges(_network: nn.Module) -> Map:
        return np.asarray(np.abs(np.gradient(patient(100)[0][0].numpy(), axis=0)))

    assert randomized_correlation(trained, edges) == pytest.approx(1.0)


def test_the_forgotten_network_has_the_shape_and_not_the_weights(trained: nn.Module) -> None:
    blank = forgotten(trained, seed=3)

    assert not blank.training
    assert blank.config == trained.config
    kernels = [(name, value) for name, value in trained.named_parameters() if value.dim() == 5]
    assert all(not torch.equal(blank.get_parameter(name), value) for name, value in kernels)
    again = forgotten(trained, seed=3).state_dict()
    assert all(torch.equal(again[name], value) for name, value in blank.state_dict().items())


def test_ranks_count_and_not_values() -> None:
    one = np.arange(27.0).reshape(3, 3, 3)

    assert rank_correlation(one, one**3) == pytest.approx(1.0)
    assert rank_correlation(one, -one) == pytest.approx(-1.0)
    assert rank_correlation(one, np.ones_like(one)) is None


def test_maps_of_two_grids_and_unknown_networks_are_refused() -> None:
    with pytest.raises(InputError, match="bring them to one grid"):
        rank_correlation(np.ones((2, 2)), np.ones((2, 3)))
    with pytest.raises(ModelError, match="no registered network"):
        forgotten(nn.Conv3d(1, 1, 1))
