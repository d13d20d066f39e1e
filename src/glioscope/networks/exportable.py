"""Any registered network as what other runtimes can run: named inputs, named outputs.

| network | inputs | outputs |
|---|---|---|
| those without a row here | ``image`` | ``logits`` |
| ``unet``, conditioned; any with fusion | also ``presence``, 1 where a sequence is | the same |
| ``resnet_shape`` | ``image``; ``shape`` unless the config names none | ``logits`` |
| ``visual_pathway_classifier`` | ``image``, ``clinical`` | as ``Heads`` names them |
| ``gmmas`` | ``image``, ``presence`` | ``segmentation``, ``subtype``, ``idh``, ``codeletion`` |

Every output is what the network returns, logits: no sigmoid, no softmax.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.jit._trace import TracerWarning

from glioscope.networks.registry import Size, example_inputs, name_of

SINGLE = "logits"
"""Name of the output of a network that has one."""

_FOR_TRAINING = frozenset({"features", "sequence_features"})
"""Fields that only losses look at."""

Axes = tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What an exported file takes and gives.

    Args:
        inputs: Shape by name, in order; ``None`` for an axis of any length (an axis of space
            still has to be a multiple of the stride).
        outputs: Names in order.
    """

    inputs: Mapping[str, Axes]
    outputs: tuple[str, ...]


class Exportable(nn.Module):
    """A network whose answer is a plain tuple, with examples of what it takes.

    Args:
        network: Of the registry; shared, and put into evaluation mode.
        size: Of the example image, voxels, each edge rounded up to what the network takes; left
            out, twice the stride.

    Raises:
        ModelError: If the network is none of the registry.
    """

    def __init__(self, network: nn.Module, *, size: Size | None = None) -> None:
        super().__init__()
        self.name = name_of(network)
        self.network = network
        # all of it, or the ONNX exporter would put the network back into training mode
        self.eval()
        config: Any = network.config
        edge = 2 * config.stride
        inputs = example_inputs(self.name, config, size or (edge, edge, edge))
        names = ("image", *list(inspect.signature(network.forward).parameters)[1:])
        self.examples = dict(zip(names, inputs, strict=False))
        with torch.no_grad():
            self.outputs = tuple(named_answers(network(*inputs)))

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the answers in the order of ``outputs``."""
        return tuple(named_answers(self.network(*inputs)).values())

    def ports(self, *, fixed: bool) -> Ports:
        """Return the shapes of the inputs: those of the examples, or open but for channels."""
        return Ports(
            inputs={
                name: tuple(
                    length if fixed or axis == 1 else None
                    for axis, length in enumerate(example.shape)
                )
                for name, example in self.examples.items()
            },
            outputs=self.outputs,
        )


def named_answers(output: object) -> dict[str, Tensor]:
    """Return what a network answers by name, without what only a loss needs.

    Args:
        output: Of the network: a tensor, or a named tuple of several.
    """
    if isinstance(output, Tensor):
        return {SINGLE: output}
    fields: dict[str, Tensor] = output._asdict()  # type: ignore[attr-defined]  # a named tuple
    return {name: value for name, value in fields.items() if name not in _FOR_TRAINING}


@contextmanager
def traced_quietly() -> Generator[None]:
    """Keep back what torch says of tracing, which the tests of equal output answer."""
    with warnings.catch_warnings():
        # OpenVINO 2026.4 still traces; torch 2.13 warns whoever does
        warnings.filterwarnings("ignore", message=r"`torch\.jit", category=DeprecationWarning)
        # norms check that there is more than one voxel, which no shape here breaks
        warnings.filterwarnings("ignore", category=TracerWarning)
        # numpy, of MONAI's window sizes under the tracer
        warnings.filterwarnings("ignore", message="__array_wrap__", category=DeprecationWarning)
        yield
