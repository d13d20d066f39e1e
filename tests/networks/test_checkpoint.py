from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from glioscope.core import ModelError
from glioscope.networks.checkpoint import load_checkpoint, save_network
from glioscope.networks.fusion import FusionKind
from glioscope.networks.unet import UNet, UNetConfig

CONFIG = UNetConfig(widths=(8, 16), detail=4)


def test_a_network_comes_back_as_it_was(tmp_path: Path) -> None:
    network = UNet(CONFIG).eval()
    image, presence = torch.randn(1, 4, 8, 8, 8), torch.ones(1, 4)

    save_network(network, tmp_path / "one.safetensors")
    again = load_checkpoint(tmp_path / "one.safetensors")

    assert again.config == CONFIG
    assert torch.equal(again(image, presence), network(image, presence))


def test_a_network_with_fusion_comes_back_as_it_was(tmp_path: Path) -> None:
    config = UNetConfig(widths=(8, 8), fusion=FusionKind.ADAPTER, conditioned=False, dropout=0.5)
    network = UNet(config).eval()
    image, presence = torch.randn(1, 4, 8, 8, 8), torch.tensor([[1.0, 0, 0, 1]])

    save_network(network, tmp_path / "one.safetensors")
    again = load_checkpoint(tmp_path / "one.safetensors")

    assert again.config == config
    assert torch.equal(again(image, presence), network(image, presence))


def test_half_precision_takes_half_the_room_and_loads_as_float32(tmp_path: Path) -> None:
    network = UNet(CONFIG)

    save_network(network, tmp_path / "whole.safetensors")
    save_network(network, tmp_path / "half.safetensors", half=True)
    again = load_checkpoint(tmp_path / "half.safetensors")

    sizes = [(tmp_path / f"{name}.safetensors").stat().st_size for name in ("whole", "half")]
    assert sizes[1] < 0.6 * sizes[0]
    for value, other in zip(again.parameters(), network.parameters(), strict=True):
        assert value.dtype == torch.float32
        torch.testing.assert_close(value, other, rtol=1e-3, atol=1e-4)


def test_saving_leaves_the_network_alone_and_no_part_behind(tmp_path: Path) -> None:
    network = UNet(CONFIG)
    before = {name: value.clone() for name, value in network.state_dict().items()}

    save_network(network, tmp_path / "one.safetensors", half=True)

    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert [path.name for path in tmp_path.iterdir()] == ["one.safetensors"]


def test_a_missing_or_foreign_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.safetensors").write_bytes(b"no tensors here")
    save_file({"x": torch.zeros(1)}, str(tmp_path / "other.safetensors"))

    with pytest.raises(ModelError, match="no readable safetensors"):
        load_checkpoint(tmp_path / "missing.safetensors")
    with pytest.raises(ModelError, match="no readable safetensors"):
        load_checkpoint(tmp_path / "broken.safetensors")
    with pytest.raises(ModelError, match="format"):
        load_checkpoint(tmp_path / "other.safetensors")
