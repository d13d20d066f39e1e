import pytest
import torch
from torch import Tensor, nn

from glioscope.networks.cost import NetworkCost, count_parameters, network_cost
from glioscope.networks.registry import build, entry, example_inputs
from glioscope.networks.visual_pathway import VisualPathwayConfig

VOXELS = 8 * 8 * 8


def test_one_convolution_costs_what_paper_and_pencil_say() -> None:
    network = nn.Conv3d(2, 5, 3, padding=1)

    cost = network_cost(network, [torch.zeros(1, 2, 8, 8, 8)])

    assert cost == NetworkCost(
        parameters=5 * 2 * 27 + 5,
        multiply_accumulates=VOXELS * 5 * 2 * 27,
        inference_bytes=VOXELS * 5 * 4,
        training_bytes=0,
    )


def test_two_activations_live_at_once_in_a_chain() -> None:
    chain = nn.Sequential(*(nn.Conv3d(1, channels, 1) for channels in (1,) * 6))

    cost = network_cost(chain, [torch.zeros(1, 1, 8, 8, 8)])

    assert cost.inference_bytes == 2 * VOXELS * 4
    assert cost.training_bytes == 5 * VOXELS * 4


def test_in_place_operations_take_no_room() -> None:
    chain = nn.Sequential(nn.Conv3d(1, 1, 1), nn.ReLU(inplace=True), nn.Flatten())

    cost = network_cost(chain, [torch.zeros(1, 1, 8, 8, 8)])

    assert cost.inference_bytes == VOXELS * 4


def test_a_skip_connection_is_alive_until_it_is_used() -> None:
    class Skip(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convs = nn.ModuleList(nn.Conv3d(1, 1, 1) for _ in range(4))

        def forward(self, image: Tensor) -> Tensor:
            first = features = self.convs[0](image)
            for conv in self.convs[1:]:
                features = conv(features)
            total: Tensor = first + features
            return total

    cost = network_cost(Skip(), [torch.zeros(1, 1, 8, 8, 8)])

    assert cost.inference_bytes == 3 * VOXELS * 4


def test_arithmetic_and_memory_grow_with_the_voxels() -> None:
    config = VisualPathwayConfig(width=1 / 16)
    network = build("visual_pathway", config)
    small, large = (
        network_cost(network, example_inputs("visual_pathway", config, (edge, 16, 16)))
        for edge in (16, 32)
    )

    assert large.parameters == small.parameters == count_parameters(network)
    assert large.multiply_accumulates == 2 * small.multiply_accumulates
    assert large.inference_bytes == pytest.approx(2 * small.inference_bytes, rel=0.01)
    assert large.training_bytes == pytest.approx(2 * small.training_bytes, rel=0.01)


def test_the_network_is_left_as_it_was() -> None:
    network = build("visual_pathway", VisualPathwayConfig(width=1 / 16), seed=0)
    before = {name: value.clone() for name, value in network.state_dict().items()}

    network_cost(network, [torch.zeros(1, 2, 8, 8, 8)])

    assert network.training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_the_paper_s_network_fits_its_graphics_card() -> None:
    """Batch 2 at 112 x 112 x 80 on 16 GB, gradients and Adam's moments beside it."""
    config = entry("visual_pathway").config()
    inputs = example_inputs("visual_pathway", config, (112, 112, 80))

    cost = network_cost(build("visual_pathway", config), inputs)

    assert cost.multiply_accumulates == pytest.approx(1.012e12, rel=0.001)
    assert 2 * cost.training_bytes + 4 * 4 * cost.parameters < 16e9
