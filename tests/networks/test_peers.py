import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from glioscope.networks.peers import DynUNetConfig, SegResNetConfig, SwinUNETRConfig
from glioscope.networks.registry import build, save_any
from glioscope.networks.weights_file import read_weights

CONFIGS: dict[str, Any] = {
    "dynunet": DynUNetConfig(filters=(4, 4, 8)),
    "segresnet": SegResNetConfig(filters=4, groups=2, blocks_down=(1, 1)),
    "swin_unetr": SwinUNETRConfig(features=12, depths=(1, 1, 1, 1), heads=(1, 1, 1, 1)),
}
LAST = {
    "dynunet": "network.output_block.conv.conv",
    "segresnet": "network.conv_final.2.conv",
    "swin_unetr": "network.out.conv.conv",
}


@pytest.mark.parametrize("name", CONFIGS)
def test_the_background_logit_is_added_to_every_voxel_and_nothing_else_changes(name: str) -> None:
    config = CONFIGS[name]
    plain = build(name, config, seed=0).eval()
    told = build(name, replace(config, background_logit=-3.0), seed=0).eval()
    edge = config.stride
    image = torch.randn(1, 4, 2 * edge, edge, edge, generator=torch.Generator().manual_seed(1))

    bias = plain.get_submodule(LAST[name]).get_parameter("bias")[None, :, None, None, None]

    torch.testing.assert_close(told(image), plain(image) - bias - 3.0, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_peer_without_the_option_has_the_file_that_it_had(name: str, tmp_path: Path) -> None:
    save_any(build(name, CONFIGS[name]), tmp_path / "one.safetensors")

    metadata, _ = read_weights(tmp_path / "one.safetensors")

    assert "background_logit" not in json.loads(metadata["config"])
