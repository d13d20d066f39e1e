"""Networks on disk: weights as safetensors, their shape as JSON inside it; never a pickle."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from glioscope.core import ModelError
from glioscope.networks.unet import UNet, UNetConfig

FORMAT = "glioscope-unet-1"
"""Written into every file; another one is refused rather than guessed at."""


def save_network(network: UNet, path: Path, *, half: bool = False) -> None:
    """Write a network.

    Args:
        network: The network; left untouched.
        path: A file that ends in ``.safetensors``; it appears whole or not at all.
        half: Store float16 (half the size; about three significant digits).
    """
    dtype = torch.float16 if half else torch.float32
    tensors = {
        name: tensor.detach().to(dtype).contiguous()
        for name, tensor in network.state_dict().items()
    }
    config = json.dumps(dataclasses.asdict(network.config), sort_keys=True)
    part = path.with_suffix(".part")
    save_file(tensors, str(part), metadata={"format": FORMAT, "config": config})
    part.replace(path)


def load_checkpoint(path: Path) -> UNet:
    """Return the network of a file, in float32 and in evaluation mode.

    Raises:
        ModelError: If it is missing, damaged or of another format.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError) as error:
        msg = f"{path.name} is no readable safetensors file ({error}); copy or train it again"
        raise ModelError(msg) from error
    if metadata.get("format") != FORMAT:
        msg = f"{path.name} has the format {metadata.get('format')!r}, not {FORMAT!r}"
        raise ModelError(msg)
    network = UNet(_config(json.loads(metadata["config"])))
    network.load_state_dict(tensors)
    return network.eval()


def _config(values: dict[str, Any]) -> UNetConfig:
    return UNetConfig(**{**values, "widths": tuple(values["widths"])})
