import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from glioscope.networks.checkpoint import save_network
from glioscope.networks.export import export_network
from glioscope.networks.fusion import FusionKind
from glioscope.networks.inference import load_network
from glioscope.networks.torch_inference import torch_runner
from glioscope.networks.unet import UNet, UNetConfig

CONFIG = UNetConfig(widths=(8, 16), detail=4)


def ship(network: UNet, folder: Path) -> dict[str, object]:
    sha256 = export_network(network, folder / "member-0.xml", half=False)
    save_network(network, folder / "member-0.safetensors")
    member = {"ir": "member-0.xml", "sha256": sha256, "safetensors": "member-0.safetensors"}
    card: dict[str, object] = {"name": "test", "version": "1", "members": [member]}
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return card


@pytest.mark.parametrize(
    ("config", "shape"),
    [
        (CONFIG, (8, 8, 8)),
        (CONFIG, (12, 16, 8)),
        (replace(CONFIG, fusion=FusionKind.INTERMEDIATE, conditioned=False), (12, 16, 8)),
    ],
)
def test_the_exported_network_agrees_with_torch(
    tmp_path: Path, config: UNetConfig, shape: tuple[int, ...]
) -> None:
    torch.manual_seed(1)
    network = UNet(config)
    torch.nn.init.normal_(network.head.weight)
    card = ship(network, tmp_path)
    image = np.random.default_rng(0).normal(size=(1, 4, *shape)).astype(np.float32)
    presence = np.array([[0, 1, 1, 1]], dtype=np.float32)

    exported = load_network("test", folder=tmp_path)(image, presence)
    by_torch = torch_runner(tmp_path, card, device="cpu")(image, presence, 0)

    assert exported.shape == (1, 3, *shape)
    assert exported.min() >= 0
    assert exported.max() <= 1
    np.testing.assert_allclose(exported, by_torch, atol=1e-4)


def test_the_hash_is_that_of_the_weights_file(tmp_path: Path) -> None:
    sha256 = export_network(UNet(CONFIG), tmp_path / "one.xml")

    assert sha256 == hashlib.sha256((tmp_path / "one.bin").read_bytes()).hexdigest()


def test_a_network_without_presence_has_one_input(tmp_path: Path) -> None:
    config = UNetConfig(in_channels=1, out_channels=1, widths=(8, 8), conditioned=False)
    sha256 = export_network(UNet(config), tmp_path / "member-0.xml")
    member = {"ir": "member-0.xml", "sha256": sha256, "safetensors": ""}
    card = {"name": "brain", "version": "1", "members": [member]}
    (tmp_path / "card.json").write_text(json.dumps(card), encoding="utf-8")

    probs = load_network("brain", folder=tmp_path)(np.zeros((1, 1, 8, 8, 8), dtype=np.float32))

    assert probs.shape == (1, 1, 8, 8, 8)
