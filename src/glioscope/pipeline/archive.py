"""Keep the value of a finished stage on disk, so that a killed run goes on where it stood.

A value is any tree of the frozen types of `core`: dataclasses, enums, mappings, tuples, plain
values and arrays.  Arrays go into an uncompressed npz, the rest into JSON inside it; nothing is
pickled, so a file from elsewhere can do no more than fail to load.
"""

from __future__ import annotations

import dataclasses
import json
import os
import types
import typing
import zipfile
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from glioscope.core import OutputError

T = TypeVar("T")
Arrays = dict[str, npt.NDArray[Any]]

_ARRAY = "array"


def save(value: object, path: Path, *, key: str) -> None:
    """Write a value; the file appears whole or not at all.

    Args:
        value: A frozen dataclass of `core`.
        path: Ends in ``.npz``; its folder exists.
        key: Identifies the input and configuration that made it.

    Raises:
        OutputError: If the disk is full or the folder can't be written.
    """
    arrays: Arrays = {}
    tree = json.dumps({"key": key, "value": _pack(value, arrays)})
    arrays["tree"] = np.frombuffer(tree.encode(), dtype=np.uint8)
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        msg = f"can't write {path.name} ({error.strerror}); free some space or choose another -o"
        raise OutputError(msg) from error


def load(kind: type[T], path: Path, *, key: str) -> T | None:
    """Read a value back; ``None`` if it is absent, damaged or was made from something else.

    Args:
        kind: The type that was saved.
        path: The file.
        key: Must equal the one given to ``save``.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays: Arrays = {name: file[name] for name in file.files}
        tree = json.loads(arrays["tree"].tobytes().decode())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if tree["key"] != key:
        return None
    value: T = _unpack(tree["value"], kind, arrays)
    return value


def _pack(value: object, arrays: Arrays) -> Any:  # noqa: ANN401 - JSON has no narrower type
    if isinstance(value, np.ndarray):
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {_ARRAY: name}
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {field.name: _pack(getattr(value, field.name), arrays) for field in fields}
    if isinstance(value, Mapping):
        return [[_pack(name, arrays), _pack(item, arrays)] for name, item in value.items()]
    if isinstance(value, tuple | list):
        return [_pack(item, arrays) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return value


def _unpack(tree: Any, kind: Any, arrays: Arrays) -> Any:  # noqa: ANN401 - mirrors _pack
    if isinstance(tree, dict) and set(tree) == {_ARRAY}:
        return arrays[tree[_ARRAY]]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if tree is None:
        return None
    if origin in {typing.Union, types.UnionType}:
        kinds = [argument for argument in arguments if argument is not type(None)]
        return _unpack(tree, kinds[0], arrays)
    if origin is tuple:
        return _unpack_tuple(tree, arguments, arrays)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        named, held = arguments
        return {_unpack(name, named, arrays): _unpack(item, held, arrays) for name, item in tree}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        return kind(**{name: _unpack(item, hints[name], arrays) for name, item in tree.items()})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(tree)
    return tree


def _unpack_tuple(tree: list[Any], kinds: tuple[Any, ...], arrays: Arrays) -> tuple[Any, ...]:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_unpack(item, kinds[0], arrays) for item in tree)
    return tuple(_unpack(item, kind, arrays) for item, kind in zip(tree, kinds, strict=True))
