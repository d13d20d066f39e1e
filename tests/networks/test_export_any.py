"""Every registered network gives the same answer in torch, OpenVINO and ONNX Runtime."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from glioscope.core import ModelError
from glioscope.networks.export import FIXED, export_any
from glioscope.networks.exportable import Ports, named_answers
from glioscope.networks.fusion import FusionKind
from glioscope.networks.gmmas import GmmasConfig
from glioscope.networks.onnx_export import FIXED as FIXED_IN_ONNX
from glioscope.networks.onnx_export import export_onnx
from glioscope.networks.openvino_offline import ov
from glioscope.networks.peers import DynUNetConfig, SegResNetConfig, SwinUNETRConfig
from glioscope.networks.registry import build, names
from glioscope.networks.resnet_shape import ResNetConfig, ResNetShapeConfig
from glioscope.networks.unet import UNetConfig
from glioscope.networks.visual_pathway import VisualPathwayConfig
from glioscope.networks.visual_pathway_classifier import VisualPathwayClassifierConfig

PATHWAY = VisualPathwayConfig(width=1 / 16, attention_kernel=3)
CONFIGS: dict[str, Any] = {
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
NAMED = [
    pytest.param(name, marks=pytest.mark.slow) if name == "swin_unetr" else name for name in CONFIGS
]
FUSED = [
    pytest.param(name, kind, id=f"{name}-{kind}")
    for name in ("unet", "visual_pathway")
    for kind in FusionKind
]
EXPECTED = {
    "gmmas": (("image", "presence"), ("segmentation", "subtype", "idh", "codeletion")),
    "resnet_shape": (("image", "shape"), ("logits",)),
    "unet": (("image", "presence"), ("logits",)),
    "visual_pathway_classifier": (
        ("image", "clinical"),
        ("tumor_type", "grade", "idh", "mgmt", "survival"),
    ),
}
Values = dict[str, Tensor]


def drawn(ports: Ports, network: nn.Module) -> Values:
    """Return random inputs: where the file leaves them open, two images of unequal edges."""
    generator = torch.Generator().manual_seed(1)
    config: Any = network.config
    stride: int = config.stride
    edges = (2, None, 3 * stride, stride, 2 * stride)
    values = {
        name: torch.randn(
            [edges[axis] if length is None else length for axis, length in enumerate(shape)],  # type: ignore[misc]  # the channels are never open
            generator=generator,
        )
        for name, shape in ports.inputs.items()
    }
    if "presence" in values:
        some = torch.tensor([[1.0, 0, 1, 1], [0, 0, 1, 0]])
        values["presence"] = some[: len(values["image"]), : values["image"].shape[1]]
    return values


def by_torch(network: nn.Module, values: Values) -> Mapping[str, Tensor]:
    with torch.no_grad():
        return named_answers(network(*values.values()))


def by_openvino(path: Path, values: Values) -> dict[str, Any]:
    compiled = ov.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = compiled({name: value.numpy() for name, value in values.items()})
    return {port.get_any_name(): found[port] for port in compiled.outputs}


def by_onnx(path: Path, values: Values) -> dict[str, Any]:
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = {name: value.numpy() for name, value in values.items()}
    wanted = [port.name for port in session.get_outputs()]
    return dict(zip(wanted, session.run(wanted, given), strict=True))


def agree(found: Mapping[str, Any], network: nn.Module, values: Values) -> None:
    expected = by_torch(network, values)
    assert list(found) == list(expected)
    for name, answer in expected.items():
        np.testing.assert_allclose(found[name], answer.numpy(), atol=1e-4, err_msg=name)


def learned(name: str, config: Any) -> nn.Module:
    """Return a network without a weight at a special value, such as the fresh FiLM's 0."""
    network = build(name, config, seed=0)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return network


@pytest.mark.parametrize("name", NAMED)
def test_every_network_answers_the_same_in_openvino(name: str, tmp_path: Path) -> None:
    network = learned(name, CONFIGS[name])

    ports = export_any(network, tmp_path / "it.xml")

    values = drawn(ports, network)
    agree(by_openvino(tmp_path / "it.xml", values), network, values)
    assert (tuple(ports.inputs), ports.outputs) == EXPECTED.get(name, (("image",), ("logits",)))


@pytest.mark.parametrize("name", NAMED)
def test_every_network_answers_the_same_in_onnx_runtime(name: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    network = learned(name, CONFIGS[name])

    ports = export_onnx(network, tmp_path / "it.onnx")

    values = drawn(ports, network)
    agree(by_onnx(tmp_path / "it.onnx", values), network, values)
    assert [path.name for path in tmp_path.iterdir()] == ["it.onnx"]


@pytest.mark.parametrize(("name", "kind"), FUSED)
def test_fused_networks_answer_the_same_whatever_stands_in_an_absent_sequence(
    name: str, kind: FusionKind, tmp_path: Path
) -> None:
    pytest.importorskip("onnx")
    config: Any = (
        UNetConfig(widths=(4, 4), fusion=kind)
        if name == "unet"
        else VisualPathwayConfig(in_channels=4, width=1 / 16, attention_kernel=3, fusion=kind)
    )
    network = learned(name, config)

    ports = export_any(network, tmp_path / "it.xml")
    export_onnx(network, tmp_path / "it.onnx")

    values = drawn(ports, network)
    absent = values["presence"][:, :, None, None, None] == 0
    values["image"] = torch.where(absent, math.nan, values["image"])
    agree(by_openvino(tmp_path / "it.xml", values), network, values)
    agree(by_onnx(tmp_path / "it.onnx", values), network, values)


def test_these_tests_leave_no_network_out() -> None:
    assert set(CONFIGS) == set(names())


@pytest.mark.slow
def test_a_network_with_windows_is_bound_to_the_size_it_was_exported_at(tmp_path: Path) -> None:
    assert FIXED < FIXED_IN_ONNX == {"gmmas", "swin_unetr"}
    network = build("swin_unetr", CONFIGS["swin_unetr"])

    ports = export_any(network, tmp_path / "it.xml", size=(40, 32, 32))

    assert ports.inputs == {"image": (1, 4, 64, 32, 32)}


def test_sizes_stay_open_elsewhere(tmp_path: Path) -> None:
    ports = export_any(build("unet", CONFIGS["unet"]), tmp_path / "it.xml")

    assert ports.inputs == {"image": (None, 4, None, None, None), "presence": (None, 4)}


def test_a_network_that_is_not_registered_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="a Linear is no registered network"):
        export_any(nn.Linear(1, 1), tmp_path / "it.xml")
