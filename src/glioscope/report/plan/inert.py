"""Text from elsewhere, such as a document's passage, made harmless before it is written."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Final, TypeVar, cast

_BREAKS: Final = "\n\t"
_REORDERING: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
"""Characters that change the order in which a line is read (Unicode Standard Annex 9)."""

Value = TypeVar("Value")


def inert(value: Value) -> Value:
    """Return the same value with every text in it free of what is not to be seen.

    Control characters, lone surrogates (no file can hold them) and characters that turn the
    order of reading are removed; line breaks stay.

    Args:
        value: A text, or a frozen dataclass, tuple or mapping that holds texts; anything else is
            returned as it is.
    """
    return cast("Value", _inert(value))


def _inert(value: object) -> object:
    if isinstance(value, str) and not isinstance(value, Enum):
        return _clean(value)
    if isinstance(value, tuple):
        return tuple(_inert(item) for item in value)
    if isinstance(value, Mapping):
        return {_inert(key): _inert(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _inert(getattr(value, f.name)) for f in fields(value)})
    return value


def _clean(text: str) -> str:
    return "".join(character for character in text if _is_seen(character))


def _is_seen(character: str) -> bool:
    if character in _BREAKS:
        return True
    return character not in _REORDERING and unicodedata.category(character) not in {"Cc", "Cs"}
