"""Plan from what `plan_to_json` made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

from glioscope.core import InputError, Plan
from glioscope.report.plan.to_json import PLAN_SCHEMA_VERSION, RENAMED


def plan_from_json(document: Mapping[str, Any]) -> Plan:
    """Return the plan that a plan.json holds.

    Args:
        document: Its parsed content.

    Raises:
        InputError: If it is of another version of the schema, or a field is missing or of the
            wrong kind; the message names the field and never what it holds.
    """
    if not isinstance(document, Mapping) or "schema_version" not in document:
        msg = "this is no plan.json: it names no schema_version; give the file of `glioscope plan`"
        raise InputError(msg)
    if document["schema_version"] != PLAN_SCHEMA_VERSION:
        msg = (
            f"plan.json is not of schema version {PLAN_SCHEMA_VERSION}; make it anew with this"
            " version's `glioscope plan`"
        )
        raise InputError(msg)
    return cast("Plan", _record(Plan, document, "plan"))


def _record(kind: type, data: object, path: str) -> object:
    if not isinstance(data, Mapping):
        raise _wrong(path, "an object")
    hints = get_type_hints(kind)
    values = {}
    for field in fields(kind):
        name = RENAMED.get((kind.__name__, field.name), field.name)
        if name in data:
            values[field.name] = _value(hints[field.name], data[name], f"{path}.{name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            missing = f"{path}.{name}"
            raise _wrong(missing, "given")
    made: object = kind(**values)
    return made


def _value(hint: object, data: object, path: str) -> object:
    if isinstance(hint, type) and is_dataclass(hint):
        return _record(hint, data, path)
    if get_origin(hint) is tuple:
        return _several(get_args(hint)[0], data, path)
    if get_origin(hint) is UnionType:
        return _optional(hint, data, path)
    if get_origin(hint) is not None:
        return _mapping(get_args(hint)[1], data, path)
    return _scalar(cast("type", hint), data, path)


def _several(hint: object, data: object, path: str) -> tuple[object, ...]:
    if not isinstance(data, list | tuple):
        raise _wrong(path, "a list")
    return tuple(_value(hint, item, f"{path}[{number}]") for number, item in enumerate(data))


def _optional(hint: object, data: object, path: str) -> object:
    if data is None:
        return None
    (inner,) = (part for part in get_args(hint) if part is not NoneType)
    return _value(inner, data, path)


def _mapping(hint: object, data: object, path: str) -> dict[str, object]:
    if not isinstance(data, Mapping):
        raise _wrong(path, "an object")
    return {str(key): _value(hint, item, f"{path}.*") for key, item in data.items()}


def _scalar(hint: type, data: object, path: str) -> object:
    if issubclass(hint, StrEnum):
        if data not in list(hint):
            raise _wrong(path, f"one of {', '.join(hint)}")
        return hint(str(data))
    if hint is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, hint) or (isinstance(data, bool) and hint is not bool):
        raise _wrong(path, f"a {hint.__name__}")
    return data


def _wrong(path: str, wanted: str) -> InputError:
    return InputError(
        f"{path} of plan.json is not {wanted}; give the file as `glioscope plan` wrote it"
    )
