"""Torch to ONNX, for runtimes that don't read OpenVINO's files."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import nn

from glioscope.core import require
from glioscope.networks.exportable import Exportable, Ports, traced_quietly
from glioscope.networks.registry import Size

OPSET = 17

FIXED = frozenset({"gmmas", "swin_unetr"})
"""Their size stays that of the example: ONNX has no pooling to a given grid (the global branch of
GMMAS), and the attention windows of SwinUNETR are counted when it is traced."""


def export_onnx(network: nn.Module, path: Path, *, size: Size | None = None) -> Ports:
    """Write a registered network as ONNX, in float32.

    Names are those of ``exportable``; batch and axes of space are open but for ``FIXED``.

    Args:
        network: Of the registry; put into evaluation mode.
        path: A file that ends in ``.onnx``; it appears whole, checked, or not at all.
        size: Of the image, voxels; see ``Exportable``.  Only networks of ``FIXED`` are bound to it.

    Raises:
        MissingPackageError: Without the package onnx.
        ModelError: If the network is none of the registry.
    """
    onnx = require("onnx", extra="onnx")
    exportable = Exportable(network, size=size)
    ports = exportable.ports(fixed=exportable.name in FIXED)
    part = path.with_suffix(".part")
    with traced_quietly(), torch.no_grad():
        _ignore_the_exporter()
        torch.onnx.export(
            exportable,
            tuple(exportable.examples.values()),
            str(part),
            # the exporter by torch.export knows no pooling to a grid, and takes ten times longer
            dynamo=False,
            opset_version=OPSET,
            input_names=list(ports.inputs),
            output_names=list(ports.outputs),
            dynamic_axes=_open_axes(ports),
        )
    onnx.checker.check_model(str(part), full_check=True)
    part.replace(path)
    return ports


def _open_axes(ports: Ports) -> dict[str, dict[int, str]]:
    named = {
        name: {
            axis: "batch" if axis == 0 else "ijk"[axis - 2]
            for axis, length in enumerate(shape)
            if length is None
        }
        for name, shape in ports.inputs.items()
    }
    is_open = any(named.values())
    return named | ({name: {0: "batch"} for name in ports.outputs} if is_open else {})


def _ignore_the_exporter() -> None:
    """Ignore its warnings from here to the end of the caller's ``catch_warnings``."""
    for category, message in (
        (DeprecationWarning, "You are using the legacy TorchScript-based ONNX export"),
        (DeprecationWarning, "The feature will be removed"),
        # an instance norm takes its statistics from the input in evaluation mode as well
        (UserWarning, "ONNX export mode is set to TrainingMode.EVAL, but operator 'instance_norm'"),
    ):
        warnings.filterwarnings("ignore", message=message, category=category)
