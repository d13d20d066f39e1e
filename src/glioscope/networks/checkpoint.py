"""Networks on disk: weights as safetensors, their shape as JSON inside it; never a pickle."""

from __future__ import annotations

import json
from pathlib import Path

from glioscope.core import ModelError
from glioscope.networks.config_json import config_from_json, config_to_json
from glioscope.networks.unet import UNet, UNetConfig
from glioscope.networks.weights_file import read_weights, write_weights

FORMAT = "glioscope-unet-1"
"""Written into every file; another one is refused rather than guessed at."""


def save_network(network: UNet, path: Path, *, half: bool = False) -> None:
    """Write a network.

    Args:
        network: The network; left untouched.
        path: A file that ends in ``.safetensors``; it appears whole or not at all.
        half: Store float16 (half the size; about three significant digits).
    """
    config = config_to_json(network.config)
    write_weights(network, path, {"format": FORMAT, "config": config}, half=half)


def load_checkpoint(path: Path) -> UNet:
    """Return the network of a file, in float32 and in evaluation mode.

    Raises:
        ModelError: If it is missing, damaged or of another format.
    """
    metadata, tensors = read_weights(path)
    if metadata.get("format") != FORMAT:
        msg = f"{path.name} has the format {metadata.get('format')!r}, not {FORMAT!r}"
        raise ModelError(msg)
    network = UNet(config_from_json(UNetConfig, json.loads(metadata["config"])))
    network.load_state_dict(tensors)
    return network.eval()
