"""Weights and what describes them in one safetensors file; never a pickle."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from glioscope.core import ModelError


def write_weights(
    network: nn.Module, path: Path, metadata: Mapping[str, str], *, half: bool = False
) -> None:
    """Write parameters and buffers of a network; one that has two names is stored once.

    Args:
        network: Left untouched.
        path: A file that ends in ``.safetensors``; it appears whole or not at all.
        metadata: Goes into the head of the file.
        half: Store parameters as float16 (half the size; about three significant digits).  Buffers
            stay whole: the variance of a batch norm may lie beyond float16.
    """
    parameters = {name for name, _ in network.named_parameters()}
    tensors = {
        name: _stored(tensor, half=half and name in parameters)
        for name, tensor in under_first_names(network, network.state_dict()).items()
    }
    part = path.with_suffix(".part")
    save_file(tensors, str(part), metadata=dict(metadata))
    part.replace(path)


def read_weights(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Return metadata and tensors, floating ones as float32.

    Raises:
        ModelError: If the file is missing or damaged.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
            tensors = {name: _loaded(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError) as error:
        msg = f"{path.name} is no readable safetensors file ({error}); copy or train it again"
        raise ModelError(msg) from error
    return metadata, tensors


def fill_network(network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Put what ``read_weights`` returned into a network, under every name that it has there.

    Raises:
        RuntimeError: By torch, if names or shapes are not those of the network.
    """
    network.load_state_dict(under_all_names(network, tensors))


def under_first_names(network: nn.Module, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return tensors named as in a network's state, each layer under its first name only."""
    first = _first_names(network)
    return {name: tensor for name, tensor in tensors.items() if first.get(name, name) == name}


def under_all_names(network: nn.Module, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Undo ``under_first_names``."""
    doubles = {
        name: tensors[first]
        for name, first in _first_names(network).items()
        if name != first and first in tensors
    }
    return {**tensors, **doubles}


def _first_names(network: nn.Module) -> dict[str, str]:
    # MONAI's DynUNet registers its layers twice, and safetensors refuses to store them twice
    first: dict[int, str] = {}
    named = itertools.chain(
        network.named_parameters(remove_duplicate=False),
        network.named_buffers(remove_duplicate=False),
    )
    return {name: first.setdefault(id(tensor), name) for name, tensor in named}


def _stored(tensor: Tensor, *, half: bool) -> Tensor:
    if tensor.is_floating_point():
        tensor = tensor.to(torch.float16 if half else torch.float32)
    return tensor.detach().contiguous()


def _loaded(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor
