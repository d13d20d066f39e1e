"""The config of a network as JSON, so that files written before an option came still load."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, get_type_hints

LATER: Mapping[str, bool] = MappingProxyType({"later": True})
"""Metadata of a field that came after files were written: at its default it is left out, so that
an unchanged network has an unchanged file."""


def config_to_json(config: Any) -> str:  # noqa: ANN401 - a frozen dataclass of any network
    """Return a config as JSON with sorted keys, without options that say nothing new."""
    return json.dumps(_plain(config), sort_keys=True)


def config_from_json(kind: type[Any], values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the class is the caller's
    """Return a config from what JSON holds of it: lists as tuples, configs within, enum members.

    Raises:
        TypeError: For a key that the class does not have.
    """
    hints = get_type_hints(kind)
    return kind(**{name: _decoded(hints.get(name), value) for name, value in values.items()})


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a field holds
    if not dataclasses.is_dataclass(value):
        return value
    return {
        field.name: _plain(getattr(value, field.name))
        for field in dataclasses.fields(value)
        if not (field.metadata.get("later") and getattr(value, field.name) == field.default)
    }


def _decoded(hint: object, value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return config_from_json(hint, value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if isinstance(value, list):
        return tuple(_decoded(None, item) for item in value)
    return value
