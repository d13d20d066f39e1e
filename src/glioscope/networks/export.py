"""Torch to OpenVINO, once, after training."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path

import openvino as ov
import torch
from torch import Tensor, nn
from torch.jit._trace import TracerWarning

from glioscope.networks.unet import UNet


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
    with warnings.catch_warnings():
        # OpenVINO 2026.4 still traces; torch 2.13 warns whoever does
        warnings.filterwarnings("ignore", message=r"`torch\.jit", category=DeprecationWarning)
        # instance norm checks that there is more than one voxel, which no shape here breaks
        warnings.filterwarnings("ignore", category=TracerWarning)
        model = ov.convert_model(_Probabilities(network).eval(), example_input=example)
    for port, name in zip(model.inputs, example, strict=True):
        port.set_names({name})
    shapes = {"image": [-1, config.in_channels, -1, -1, -1], "presence": [-1, config.in_channels]}
    model.reshape({name: ov.PartialShape(shapes[name]) for name in example})
    model.outputs[0].set_names({"probs"})
    ov.save_model(model, str(path), compress_to_fp16=half)
    return hashlib.sha256(path.with_suffix(".bin").read_bytes()).hexdigest()
