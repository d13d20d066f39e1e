"""TOML and JSON to the dataclasses of a run; a key that nobody knows is refused."""

from __future__ import annotations

import copy
import dataclasses
import json
import tomllib
import types
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from glioscope.core import InputError
from glioscope.learning.runs.config import RunConfig

QUICK = "quick"
"""Section whose values replace the others' where a run is to be tried out in minutes."""


def read_config(
    path: Path, *, quick: bool = False, changes: Iterable[str] = (), **replaced: object
) -> RunConfig:
    """Return the run that a TOML file asks for.

    Args:
        path: The file.
        quick: Let its section ``[quick]`` replace values: ``[quick.data]`` those of ``[data]``,
            ``[quick.stage]`` those of every ``[[stage]]``.
        changes: ``section.key=value`` with the value as TOML has it; ``stage.key`` of every stage.
            They come last.
        replaced: Values of ``[data]`` that the command line gave, ``None`` where it did not.

    Raises:
        InputError: If the file is missing or no TOML, or holds a key or value that nobody knows.
    """
    content = _content(path)
    content["stages"] = content.pop("stage", [])
    shortened = content.pop(QUICK, None)
    if quick:
        if shortened is None:
            msg = f"{path.name} has no section [{QUICK}]; run it whole, or write one"
            raise InputError(msg)
        _overlay(content, shortened)
    for change in changes:
        _overlay(content, _change(change))
    given = {key: value for key, value in replaced.items() if value is not None}
    _overlay(content, {"data": given})
    return config_from(content, where=path.name)


def config_from(content: Mapping[str, Any], *, where: str) -> RunConfig:
    """Return the run of plain values, as ``as_plain`` gives them.

    Raises:
        InputError: For a key or a value that nobody knows.
    """
    run = decoded(RunConfig, content, where=where)
    if not isinstance(run, RunConfig):
        msg = f"{where} holds no run"
        raise InputError(msg)
    return run


def as_plain(config: RunConfig) -> dict[str, Any]:
    """Return a run as JSON can hold it."""
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(config)))
    return plain


def _content(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path} can't be read ({error.strerror}); name a TOML file, as in experiments/"
        raise InputError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path.name} is no TOML ({error}); mend that line"
        raise InputError(msg) from error


def _change(text: str) -> dict[str, Any]:
    name, equals, value = text.partition("=")
    keys = name.strip().split(".")
    if not equals or not all(keys):
        msg = f"--set {text!r}: write section.key=value, such as stage.steps=100"
        raise InputError(msg)
    try:
        parsed: Any = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    for key in reversed(keys):
        parsed = {key: parsed}
    return dict(parsed)


def _overlay(content: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Put changes over a tree, in place; ``stage`` goes into every stage."""
    for key, value in changes.items():
        if key == "stage" and isinstance(value, Mapping):
            for stage in content["stages"]:
                # a count of steps takes the place of one of epochs, and the other way round
                for one, other in (("steps", "epochs"), ("epochs", "steps")):
                    if one in value and other not in value:
                        stage.pop(other, None)
                _overlay(stage, value)
        elif isinstance(value, Mapping) and isinstance(content.get(key), dict):
            _overlay(content[key], value)
        else:
            content[key] = copy.deepcopy(value)


def decoded(hint: Any, value: Any, *, where: str) -> Any:  # noqa: ANN401 - any type of a field
    """Return plain values as a type says: dataclasses, tuples, enum members, numbers.

    Args:
        hint: The type.
        value: As TOML or JSON has it.
        where: Named in errors.

    Raises:
        InputError: For a key or a value that does not fit.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return None if value is None else decoded(arguments[0], value, where=where)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _fields(hint, value, where=where)
    if origin is tuple:
        return _items(arguments, value, where=where)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _member(hint, value, where=where)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint in {int, float, str, bool} and type(value) is not hint:
        msg = f"{where} = {value!r}: give {hint.__name__}, not {type(value).__name__}"
        raise InputError(msg)
    return value


def _fields(kind: type[Any], value: Any, *, where: str) -> Any:  # noqa: ANN401 - as _decoded
    if not isinstance(value, Mapping):
        msg = f"{where} = {value!r}: give a section of keys"
        raise InputError(msg)
    hints = get_type_hints(kind)
    unknown = sorted(set(value) - set(hints))
    if unknown:
        msg = f"{where}: {', '.join(unknown)} is not known; known: {', '.join(sorted(hints))}"
        raise InputError(msg)
    return kind(
        **{
            name: decoded(hints[name], item, where=f"{where}: {name}")
            for name, item in value.items()
        }
    )


def _items(arguments: tuple[Any, ...], value: Any, *, where: str) -> tuple[Any, ...]:  # noqa: ANN401
    if not isinstance(value, list | tuple):
        msg = f"{where} = {value!r}: give a list"
        raise InputError(msg)
    if arguments[-1] is not Ellipsis and len(value) != len(arguments):
        msg = f"{where} = {value!r}: give {len(arguments)} values"
        raise InputError(msg)
    hints = arguments if arguments[-1] is not Ellipsis else (arguments[0],) * len(value)
    return tuple(decoded(hint, item, where=where) for hint, item in zip(hints, value, strict=True))


def _member(kind: type[Enum], value: Any, *, where: str) -> Enum:  # noqa: ANN401 - as _decoded
    try:
        return kind(value)
    except ValueError as error:
        known = ", ".join(str(member.value) for member in kind)
        msg = f"{where} = {value!r} is not known; known: {known}"
        raise InputError(msg) from error
