"""What a network costs before anyone trains it: parameters, arithmetic, memory."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkCost:
    """Cost of one forward pass in float32.

    Args:
        parameters: Numbers that training changes.
        multiply_accumulates: Of convolutions and matrix products; norms, activations and pooling
            are not counted, as is usual.
        inference_bytes: Highest sum of activations alive at once; weights, inputs and what a
            kernel needs beside its result are not counted.
        training_bytes: Activations kept for the backward pass; weights are not counted.
    """

    parameters: int
    multiply_accumulates: int
    inference_bytes: int
    training_bytes: int


def count_parameters(network: nn.Module) -> int:
    """Return the number of parameters; buffers are none."""
    return sum(parameter.numel() for parameter in network.parameters())


def network_cost(network: nn.Module, inputs: Sequence[Tensor]) -> NetworkCost:
    """Return the cost of one forward pass, without computing a number.

    A copy of the network runs on torch's meta device, where tensors have a shape and no content:
    it takes neither memory nor time at any size.

    Args:
        network: Left untouched; in evaluation mode or not.
        inputs: In the order of the network's inputs; only shapes and types matter.
    """
    given = [tensor.to("meta") for tensor in inputs]
    # the counter of torch wants a graph behind whatever requires a gradient
    fixed = _on_meta(network).eval().requires_grad_(requires_grad=False)
    alive, flops = _AliveBytes(_keys(fixed, given)), FlopCounterMode(display=False)
    with torch.no_grad(), flops, alive:
        fixed(*given)
    return NetworkCost(
        parameters=count_parameters(network),
        multiply_accumulates=flops.get_total_flops() // 2,
        inference_bytes=alive.peak,
        training_bytes=_kept_bytes(_on_meta(network).train(), given),
    )


def _on_meta(network: nn.Module) -> nn.Module:
    return copy.deepcopy(network).to("meta")


def _keys(network: nn.Module, inputs: Sequence[Tensor]) -> set[int]:
    tensors = itertools.chain(network.parameters(), network.buffers(), inputs)
    return {_key(tensor) for tensor in tensors}


def _kept_bytes(network: nn.Module, inputs: Sequence[Tensor]) -> int:
    own = _keys(network, inputs)
    kept: dict[int, tuple[StorageWeakRef, int]] = {}

    def pack(tensor: Tensor) -> Tensor:
        if _key(tensor) not in own:
            kept[_key(tensor)] = _held(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output = network(*inputs)
    total = sum(size for _, size in kept.values())
    del output  # it holds what was kept, which must not be freed and counted again before
    return total


class _AliveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's
    """Sums the storages that operations make, until they are freed.

    Views and in-place operations share a storage, which counts once.

    Args:
        own: Keys of storages that don't count.
    """

    def __init__(self, own: set[int]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's
        self.peak = 0
        self._own = own
        self._held: dict[int, tuple[StorageWeakRef, int]] = {}

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401 - an operator of torch, which has no public type
        types: Any,  # noqa: ANN401
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever the operator returns
        """Run the operator and look at what it made."""
        del types
        result = func(*args, **(kwargs or {}))
        self._held = {key: held for key, held in self._held.items() if not _freed(held[0])}
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor) and _key(tensor) not in self._own:
                self._held[_key(tensor)] = _held(tensor)
        self.peak = max(self.peak, sum(size for _, size in self._held.values()))
        return result


def _key(tensor: Tensor) -> int:
    # the one name that a storage without content has
    return int(tensor.untyped_storage()._cdata)  # noqa: SLF001


def _freed(storage: StorageWeakRef) -> bool:
    return bool(storage.expired())  # type: ignore[no-untyped-call]  # torch's


def _held(tensor: Tensor) -> tuple[StorageWeakRef, int]:
    storage = tensor.untyped_storage()
    return StorageWeakRef(storage), storage.nbytes()  # type: ignore[no-untyped-call]  # torch's
