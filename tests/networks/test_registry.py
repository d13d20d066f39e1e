import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from glioscope.core import ModelError
from glioscope.networks.checkpoint import save_network
from glioscope.networks.cost import count_parameters, network_cost
from glioscope.networks.gmmas import GmmasConfig
from glioscope.networks.peers import DynUNetConfig, SegResNetConfig, SwinUNETRConfig
from glioscope.networks.registry import (
    build,
    entry,
    example_inputs,
    load_any,
    names,
    register,
    save_any,
)
from glioscope.networks.resnet_shape import ResNetConfig, ResNetShapeConfig
from glioscope.networks.unet import UNet, UNetConfig
from glioscope.networks.visual_pathway import VisualPathwayConfig
from glioscope.networks.visual_pathway_classifier import VisualPathwayClassifierConfig
from glioscope.networks.weights_file import read_weights

PATHWAY = VisualPathwayConfig(width=1 / 16, attention_kernel=3)
TINY: dict[str, Any] = {
    "dynunet": DynUNetConfig(filters=(4, 4, 8)),
    "gmmas": GmmasConfig(
        widths=(4, 8), global_widths=(3, 4), global_grid=(4, 4, 4), heads=2, layers=1
    ),
    "resnet_3d": ResNetConfig(layers=(1, 1, 1, 1), width=1 / 16),
    "resnet_shape": ResNetShapeConfig(layers=(1, 1, 1, 1), width=1 / 16),
    "segresnet": SegResNetConfig(filters=4, groups=2, blocks_down=(1, 1)),
    "swin_unetr": SwinUNETRConfig(features=12, depths=(1, 1, 1, 1), heads=(1, 1, 1, 1)),
    "unet": UNetConfig(widths=(4, 4)),
    "visual_pathway": PATHWAY,
    "visual_pathway_classifier": VisualPathwayClassifierConfig(pathway=PATHWAY, dense=(8,)),
}
SIZE = (64, 32, 32)


def filled(name: str) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(1)
    inputs = example_inputs(name, TINY[name], SIZE)
    return tuple(  # a presence stays what it is
        each if each.all() else torch.randn(each.shape, generator=generator) for each in inputs
    )


def answers(network: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    with torch.no_grad():
        return tuple(each for each in tree_leaves(network(*inputs)) if each is not None)


def rewrite(path: Path, **changes: str) -> None:
    metadata, _ = read_weights(path)
    save_file(load_file(path), path, metadata={**metadata, **changes})


@pytest.mark.parametrize("name", TINY)
def test_every_network_comes_back_as_it_was(name: str, tmp_path: Path) -> None:
    network, inputs = build(name, TINY[name], seed=0).eval(), filled(name)

    save_any(network, tmp_path / "one.safetensors")
    again = load_any(tmp_path / "one.safetensors")

    assert type(again) is type(network)
    assert again.config == TINY[name]
    assert not again.training
    for one, other in zip(answers(network, inputs), answers(again, inputs), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("name", TINY)
def test_every_network_has_a_cost(name: str) -> None:
    cost = network_cost(build(name, TINY[name]), example_inputs(name, TINY[name], SIZE))

    assert min(dataclasses.astuple(cost)) > 0


def test_these_tests_leave_no_network_out() -> None:
    assert set(TINY) == set(names())


@pytest.mark.parametrize("name", TINY)
def test_the_same_seed_gives_the_same_weights(name: str) -> None:
    before = torch.get_rng_state()
    one, other, third = (build(name, TINY[name], seed=seed) for seed in (5, 5, 6))

    assert torch.equal(torch.get_rng_state(), before)
    states = one.state_dict(), other.state_dict()
    assert all(torch.equal(value, states[1][key]) for key, value in states[0].items())
    assert any(not torch.equal(value, states[0][key]) for key, value in third.state_dict().items())


@pytest.mark.parametrize("name", ["dynunet", "segresnet", "swin_unetr"])
def test_peers_are_called_as_ours_and_name_what_does_not_fit(name: str) -> None:
    network = build(name, TINY[name]).eval()
    image = torch.zeros(1, 4, *SIZE)

    assert network(image, torch.ones(1, 4)).shape == (1, 3, *SIZE)
    with pytest.raises(ModelError, match="3 channels, the network takes 4"):
        network(image[:, :3])
    with pytest.raises(ModelError, match="no multiples of the stride"):
        network(image[..., :31])


@pytest.mark.parametrize("name", ["dynunet", "segresnet", "swin_unetr"])
def test_peers_refuse_an_image_of_one_voxel_at_their_coarsest_level(name: str) -> None:
    edge = TINY[name].stride

    with pytest.raises(ModelError, match=f"pad one axis to {2 * edge}"):
        build(name, TINY[name])(torch.zeros(1, 4, edge, edge, edge))


def test_weights_with_two_names_are_stored_once(tmp_path: Path) -> None:
    network = build("dynunet", TINY["dynunet"])

    save_any(network, tmp_path / "one.safetensors")

    stored = load_file(tmp_path / "one.safetensors")
    assert len(stored) < len(network.state_dict())
    assert sum(tensor.numel() for tensor in stored.values()) == count_parameters(network)


def test_examples_are_rounded_up_to_what_the_network_takes() -> None:
    (image,) = example_inputs("swin_unetr", SwinUNETRConfig(), (112, 112, 80))
    slices, shape = example_inputs("resnet_shape", ResNetShapeConfig(), (160, 160, 128))

    assert image.shape == (1, 4, 128, 128, 96)
    assert slices.shape == (1, 4, 160, 160)
    assert shape.shape == (1, 14)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"'resnet'; known: .*segresnet.*visual_pathway"):
        build("resnet")


def test_a_config_of_another_network_is_refused() -> None:
    with pytest.raises(ModelError, match="from a UNetConfig, not from a SegResNetConfig"):
        build("unet", SegResNetConfig())
    with pytest.raises(ModelError, match="from a ResNetConfig, not from a ResNetShapeConfig"):
        build("resnet_3d", ResNetShapeConfig())


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match="'unet' already"):
        register("unet", config=UNetConfig, network=UNet)(entry("unet").example)


def test_every_default_config_survives_json() -> None:
    for name in names():
        config = entry(name).config()
        assert json.loads(json.dumps(dataclasses.asdict(config)))


def test_half_precision_keeps_buffers_whole(tmp_path: Path) -> None:
    network = build("visual_pathway", PATHWAY, seed=0)
    network.get_buffer("encoder.crossover.1.norm.running_var").fill_(1e6)

    save_any(network, tmp_path / "half.safetensors", half=True)

    stored = load_file(tmp_path / "half.safetensors")
    assert stored["head.weight"].dtype == torch.float16
    assert float(stored["encoder.crossover.1.norm.running_var"][0]) == 1e6
    assert stored["encoder.crossover.1.norm.num_batches_tracked"].dtype == torch.int64
    assert [path.name for path in tmp_path.iterdir()] == ["half.safetensors"]


def test_files_of_the_shipped_format_are_taken(tmp_path: Path) -> None:
    save_network(UNet(TINY["unet"]), tmp_path / "one.safetensors")

    assert load_any(tmp_path / "one.safetensors").config == TINY["unet"]


def test_a_network_that_is_not_registered_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="a Linear is no registered network"):
        save_any(nn.Linear(1, 1), tmp_path / "one.safetensors")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"format": "other-1"}, "'other-1', not 'glioscope-network-1'"),
        ({"name": "gone"}, "no network is called 'gone'"),
        ({"config": '{"depth": 3}'}, "do not fit.*depth"),
        ({"config": "{"}, "do not fit"),
        ({"config": '{"widths": [4, 8]}'}, "do not fit"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(
    changes: dict[str, str], named: str, tmp_path: Path
) -> None:
    path = tmp_path / "one.safetensors"
    save_any(UNet(TINY["unet"]), path)
    rewrite(path, **changes)

    with pytest.raises(ModelError, match=named):
        load_any(path)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.safetensors").write_bytes(b"no tensors here")

    with pytest.raises(ModelError, match="no readable safetensors"):
        load_any(tmp_path / "broken.safetensors")
