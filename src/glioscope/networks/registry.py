"""Every network by its name: built, saved and loaded in one way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from glioscope.core import ModelError
from glioscope.networks import checkpoint
from glioscope.networks.config_json import config_from_json, config_to_json
from glioscope.networks.gmmas import Gmmas, GmmasConfig
from glioscope.networks.input_check import fitting_edge
from glioscope.networks.peers import DynUNetConfig, Peer, SegResNetConfig, SwinUNETRConfig
from glioscope.networks.resnet_shape import (
    ResNet3D,
    ResNetConfig,
    ResNetShape,
    ResNetShapeConfig,
)
from glioscope.networks.unet import UNet, UNetConfig
from glioscope.networks.visual_pathway import VisualPathway, VisualPathwayConfig
from glioscope.networks.visual_pathway_classifier import (
    CLINICAL,
    VisualPathwayClassifier,
    VisualPathwayClassifierConfig,
)
from glioscope.networks.weights_file import fill_network, read_weights, write_weights

FORMAT = "glioscope-network-1"
"""Written into every file beside name and config; another one is refused."""

Size = tuple[int, int, int]


class NetworkConfig(Protocol):
    """What every config has: a frozen dataclass that knows what edges its network takes."""

    @property
    def stride(self) -> int:
        """Every axis of an image must be a multiple of this, voxels."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One network of the registry.

    Args:
        name: In configurations and files.
        config: Class of its config; without arguments it gives the default.
        network: Class of the network, called with a config.
        example: Makes inputs of zeros from a config and the size of an image in voxels.
    """

    name: str
    config: type[Any]
    network: Callable[[Any], nn.Module]
    example: Callable[[Any, Size], tuple[Tensor, ...]]


_ENTRIES: dict[str, Entry] = {}


def register(
    name: str, *, config: type[Any], network: Callable[[Any], nn.Module]
) -> Callable[
    [Callable[[Any, Size], tuple[Tensor, ...]]], Callable[[Any, Size], tuple[Tensor, ...]]
]:
    """Return a decorator that enters a network under the function that makes its example inputs.

    Args:
        name: Not yet taken.
        config: A frozen dataclass whose fields JSON can hold, with a ``stride``.
        network: Called with a config; keeps it as ``config``.

    Raises:
        ValueError: If the name is taken.
    """

    def enter(
        example: Callable[[Any, Size], tuple[Tensor, ...]],
    ) -> Callable[[Any, Size], tuple[Tensor, ...]]:
        if name in _ENTRIES:
            msg = f"a network is called {name!r} already; choose another name"
            raise ValueError(msg)
        _ENTRIES[name] = Entry(name=name, config=config, network=network, example=example)
        return example

    return enter


def names() -> tuple[str, ...]:
    """Return the names of all networks, sorted."""
    return tuple(sorted(_ENTRIES))


def entry(name: str) -> Entry:
    """Return one entry.

    Raises:
        ModelError: For an unknown name; the message lists the known ones.
    """
    if name not in _ENTRIES:
        msg = f"no network is called {name!r}; known: {', '.join(names())}"
        raise ModelError(msg)
    return _ENTRIES[name]


def build(name: str, config: NetworkConfig | None = None, *, seed: int | None = None) -> nn.Module:
    """Return an untrained network.

    Args:
        name: See ``names``.
        config: Of the entry's class; left out, the default.
        seed: Of its weights: the same seed gives the same ones, and torch's own generator goes on
            as if nothing had been drawn.  Left out, weights come from torch's generator.

    Raises:
        ModelError: For an unknown name or a config of another network.
    """
    known = entry(name)
    chosen = known.config() if config is None else config
    if type(chosen) is not known.config:
        msg = (
            f"network {name!r} is built from a {known.config.__name__}, not from a"
            f" {type(chosen).__name__}; give the former or name the network of the latter"
        )
        raise ModelError(msg)
    if seed is None:
        return known.network(chosen)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return known.network(chosen)


def example_inputs(name: str, config: NetworkConfig, size: Size) -> tuple[Tensor, ...]:
    """Return inputs of zeros for one image, each edge rounded up to what the network takes.

    Args:
        name: See ``names``.
        config: Of the entry's class.
        size: Of the image, voxels; a 2D network takes the first two.
    """
    i, j, k = (fitting_edge(edge, config.stride) for edge in size)
    return entry(name).example(config, (i, j, k))


def name_of(network: nn.Module) -> str:
    """Return the name of a network.

    Raises:
        ModelError: If it is none of the registry, such as one wrapped in another.
    """
    config = getattr(network, "config", None)
    found = [e.name for e in _ENTRIES.values() if type(config) is e.config]
    if not found or type(network) is not entry(found[0]).network:
        msg = f"a {type(network).__name__} is no registered network; known: {', '.join(names())}"
        raise ModelError(msg)
    return found[0]


def save_any(network: nn.Module, path: Path, *, half: bool = False) -> None:
    """Write a network with its name and config.

    Args:
        network: Of a registered class and config; left untouched.
        path: A file that ends in ``.safetensors``; it appears whole or not at all.
        half: Store parameters as float16.

    Raises:
        ModelError: If the network is none of the registry.
    """
    metadata = {
        "format": FORMAT,
        "name": name_of(network),
        "config": config_to_json(network.config),
    }
    write_weights(network, path, metadata, half=half)


def load_any(path: Path) -> nn.Module:
    """Return the network of a file, in float32 and in evaluation mode.

    Files of ``checkpoint.save_network`` are taken too.

    Raises:
        ModelError: If it is missing, damaged, of another format or does not fit its config.
    """
    metadata, tensors = read_weights(path)
    if metadata.get("format") == checkpoint.FORMAT:
        return checkpoint.load_checkpoint(path)
    if metadata.get("format") != FORMAT:
        msg = (
            f"{path.name} has the format {metadata.get('format')!r}, not {FORMAT!r}; save it with"
            " save_any of this version"
        )
        raise ModelError(msg)
    try:
        known = entry(metadata["name"])
        network = known.network(config_from_json(known.config, json.loads(metadata["config"])))
        fill_network(network, tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        msg = f"{path.name}: weights and config do not fit ({error}); save the network again"
        raise ModelError(msg) from error
    return network.eval()


@register("segresnet", config=SegResNetConfig, network=Peer)
@register("dynunet", config=DynUNetConfig, network=Peer)
@register("swin_unetr", config=SwinUNETRConfig, network=Peer)
@register("resnet_3d", config=ResNetConfig, network=ResNet3D)
def _image(config: Any, size: Size) -> tuple[Tensor, ...]:  # noqa: ANN401 - several configs
    return (torch.zeros(1, config.in_channels, *size),)


@register("gmmas", config=GmmasConfig, network=Gmmas)
def _image_and_presence(config: Any, size: Size) -> tuple[Tensor, ...]:  # noqa: ANN401 - several configs
    return torch.zeros(1, config.in_channels, *size), torch.ones(1, config.in_channels)


@register("unet", config=UNetConfig, network=UNet)
@register("visual_pathway", config=VisualPathwayConfig, network=VisualPathway)
def _image_and_presence_if_needed(
    config: UNetConfig | VisualPathwayConfig, size: Size
) -> tuple[Tensor, ...]:
    return (_image_and_presence if config.needs_presence else _image)(config, size)


@register(
    "visual_pathway_classifier",
    config=VisualPathwayClassifierConfig,
    network=VisualPathwayClassifier,
)
def _image_and_clinical(config: VisualPathwayClassifierConfig, size: Size) -> tuple[Tensor, ...]:
    image, *presence = _image_and_presence_if_needed(config.pathway, size)
    return image, torch.zeros(1, len(CLINICAL)), *presence


@register("resnet_shape", config=ResNetShapeConfig, network=ResNetShape)
def _slice_and_shape(config: ResNetShapeConfig, size: Size) -> tuple[Tensor, ...]:
    image = torch.zeros(1, config.in_channels, *size[:2])
    return (image, torch.zeros(1, len(config.shape_names))) if config.shape_names else (image,)
