"""Torch to OpenVINO, once, after training."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from torch import Tensor, nn

from glioscope.networks.exportable import Exportable, Ports, traced_quietly
from glioscope.networks.openvino_offline import ov
from glioscope.networks.registry import Size
from glioscope.networks.unet import UNet

FIXED = frozenset({"swin_unetr"})
"""Its attention windows are counted when it is traced, so its size stays that of the example."""


class _Probabilities(nn.Module):
    """The network with its sigmoid, so that whoever runs it can't forget it."""

    def __init__(self, network: UNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor, presence: Tensor | None = None) -> Tensor:
        return torch.sigmoid(self.network(image, presence))


def export_network(network: UNet, path: Path, *, half: bool = True) -> str:
    """Write a network as OpenVINO IR, with probabilities as its output.

    Inputs are ``image`` of shape ``(B, C, I, J, K)`` with any multiple of the stride along each
    axis and, where the network is conditioned, ``presence`` of shape ``(B, C)``.

    Args:
        network: The network; left untouched but for evaluation mode.
        path: A file that ends in ``.xml``; its weights go to the ``.bin`` beside it.
        half: Store weights as float16; they are read back as float32.

    Returns:
        SHA-256 of the ``.bin``.
    """
    config, edge = network.config, 2 * network.config.stride
    example: dict[str, Tensor] = {"image": torch.zeros(1, config.in_channels, edge, edge, edge)}
    if config.needs_presence:
        example["presence"] = torch.ones(1, config.in_channels)
    with traced_quietly():
        model = ov.convert_model(_Probabilities(network).eval(), example_input=example)
    for port, name in zip(model.inputs, example, strict=True):
        port.set_names({name})
    shapes = {"image": [-1, config.in_channels, -1, -1, -1], "presence": [-1, config.in_channels]}
    model.reshape({name: ov.PartialShape(shapes[name]) for name in example})
    model.outputs[0].set_names({"probs"})
    ov.save_model(model, str(path), compress_to_fp16=half)
    return hashlib.sha256(path.with_suffix(".bin").read_bytes()).hexdigest()


def export_any(
    network: nn.Module, path: Path, *, size: Size | None = None, half: bool = False
) -> Ports:
    """Write a registered network as OpenVINO IR, with logits as its outputs.

    Names are those of ``exportable``; batch and axes of space are open but for ``FIXED``.  A file
    to ship is written by ``export_network``, which adds the sigmoid.

    Args:
        network: Of the registry; put into evaluation mode.
        path: A file that ends in ``.xml``; its weights go to the ``.bin`` beside it.
        size: Of the image, voxels; see ``Exportable``.  Only networks of ``FIXED`` are bound to it.
        half: Store weights as float16; they are read back as float32.

    Raises:
        ModelError: If the network is none of the registry.
    """
    exportable = Exportable(network, size=size)
    ports = exportable.ports(fixed=exportable.name in FIXED)
    shapes = [
        ov.PartialShape([-1 if length is None else length for length in shape])
        for shape in ports.inputs.values()
    ]
    with traced_quietly():
        model = ov.convert_model(
            exportable, example_input=tuple(exportable.examples.values()), input=shapes
        )
    for port, name in zip(model.inputs, ports.inputs, strict=True):
        port.set_names({name})
    for port, name in zip(model.outputs, ports.outputs, strict=True):
        port.set_names({name})
    ov.save_model(model, str(path), compress_to_fp16=half)
    return ports
