"""Checkpoints of Lightning as safetensors and JSON: no pickle, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io.checkpoint_io import CheckpointIO
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from glioscope.core import ModelError, OutputError

_TREE = "tree"


class SafetensorsCheckpoints(CheckpointIO):
    """Keeps every state that Lightning has, in one file: tensors, and the tree around them."""

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | Path,
        storage_options: object = None,
    ) -> None:
        """Write a checkpoint.

        Args:
            checkpoint: Dicts, lists and tuples of tensors, numbers, strings and ``None``.
            path: The file before stays until this one is complete.
            storage_options: Not used.

        Raises:
            OutputError: If it can't be written; the one before is untouched.
        """
        del storage_options
        tensors: dict[str, Tensor] = {}
        tree = json.dumps(_flattened(checkpoint, tensors, {}))
        target = Path(path)
        part = target.with_name(f".{target.name}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            save_file(tensors, str(part), metadata={_TREE: tree})
            part.replace(target)
        except (OSError, SafetensorError) as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            msg = (
                f"the checkpoint {target.name} can't be written ({error}); the one before is"
                " whole: free some space and go on with --resume"
            )
            raise OutputError(msg) from error

    def load_checkpoint(
        self, path: str | Path, map_location: object = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """Return a checkpoint, its tensors on the CPU.

        Raises:
            ModelError: If it is missing or damaged.
        """
        del map_location, weights_only
        try:
            with safe_open(str(path), framework="pt") as file:
                tree = json.loads(file.metadata()[_TREE])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            msg = f"{Path(path).name} is no checkpoint of a run ({error}); start the run anew"
            raise ModelError(msg) from error
        checkpoint: dict[str, Any] = _restored(tree, tensors)
        return checkpoint

    def remove_checkpoint(self, path: str | Path) -> None:
        """Delete a checkpoint, if it is there."""
        Path(path).unlink(missing_ok=True)


def _flattened(value: Any, tensors: dict[str, Tensor], seen: dict[object, str]) -> Any:  # noqa: ANN401 - a tree
    if isinstance(value, Tensor):
        # a network may register a layer twice, and safetensors stores no memory twice
        place = (value.untyped_storage().data_ptr(), value.storage_offset(), *value.shape)
        key = (*place, *value.stride(), value.dtype) if value.numel() else len(seen)
        if key not in seen:
            seen[key] = str(len(seen))
            tensors[seen[key]] = value.detach().cpu().contiguous().clone()
        return {"tensor": seen[key]}
    if isinstance(value, Mapping):
        return {"map": [[key, _flattened(item, tensors, seen)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_flattened(item, tensors, seen) for item in value]}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    msg = f"a {type(value).__name__} can't be kept in a checkpoint; make it a number or a tensor"
    raise ModelError(msg)


def _restored(value: Any, tensors: Mapping[str, Tensor]) -> Any:  # noqa: ANN401 - a tree
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tensor":
        # two names of one tensor must not share memory that an optimizer would change twice
        return torch.clone(tensors[content])
    if kind == "map":
        return {key: _restored(item, tensors) for key, item in content}
    items = [_restored(item, tensors) for item in content]
    return items if kind == "list" else tuple(items)
