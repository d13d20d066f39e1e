"""Facts as people write them to facts of the vocabulary."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from typing import Final

from glioscope.core import InputError
from glioscope.guidance.facts.facts import FactValue
from glioscope.guidance.knowledge import FactEntry, load_vocabulary

_NUMBER: Final = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*(.*)", re.ASCII)
_LONGEST: Final = 40
"""Of a text that an error repeats: nobody's whole letter belongs into a log."""


def told_facts(pairs: Iterable[str]) -> Mapping[str, FactValue]:
    """Return facts from texts such as ``"idh=mutant"`` or ``"platelets=150"``.

    Args:
        pairs: ``name=value``; case and underscores don't matter, units may follow numbers.

    Raises:
        InputError: If a name or value is unknown, a number can't be true, or a fact is told
            twice with two values.
    """
    told: dict[str, FactValue] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            msg = f"--known {_short(pair)}: write it as fact=value, such as idh=mutant"
            raise InputError(msg)
        entry = _entry(name)
        value = told_value(entry, text)
        if told.setdefault(entry.id, value) != value:
            msg = f"{entry.id} is told twice, as {told[entry.id]} and as {value}; give it once"
            raise InputError(msg)
    return told


def told_value(entry: FactEntry, text: str) -> FactValue:
    """Return the value of one fact.

    Raises:
        InputError: If it is none of the fact's values, or a number that can't be true.
    """
    plain = text.strip()
    if entry.kind == "number":
        return _number(entry, plain)
    wanted = _folded(plain)
    for choice in entry.choices:
        if _folded(choice) == wanted:
            return choice
    msg = f"{entry.id}={_short(plain)}: give {' or '.join(entry.choices)}"
    raise InputError(msg)


def _entry(name: str) -> FactEntry:
    known = {
        _folded(alias): entry
        for entry in load_vocabulary().facts.values()
        if not entry.derived
        for alias in (entry.id, *entry.aliases)
    }
    wanted = _folded(name)
    if wanted in known:
        return known[wanted]
    near = difflib.get_close_matches(wanted, known, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "see `glioscope guidance facts`"
    msg = f"--known {_short(name)}: no such fact; {hint}"
    raise InputError(msg)


def _number(entry: FactEntry, text: str) -> float:
    match = _NUMBER.fullmatch(text)
    unit = _folded(match.group(2)) if match else ""
    if match is None or unit not in {"", _folded(entry.unit), *_SHORT_UNITS.get(entry.unit, ())}:
        msg = f"{entry.id}={_short(text)}: give a number in {entry.unit}"
        raise InputError(msg)
    value = float(match.group(1))
    if not math.isfinite(value) or not entry.low <= value <= entry.high:
        msg = (
            f"{entry.id}={value:g}: give a number from {entry.low:g} to {entry.high:g}"
            f" {entry.unit}; what was told can't be true"
        )
        raise InputError(msg)
    return value


_SHORT_UNITS: Final[Mapping[str, tuple[str, ...]]] = {
    "years": ("y",),
    "mg": ("mg/d", "mg/day"),
    "times ULN": ("x",),
    "fractions": ("fx",),
}


def _folded(text: str) -> str:
    return text.strip().casefold().replace("_", "-").replace(" ", "-")


def _short(text: str) -> str:
    printable = "".join(c if c.isprintable() else "?" for c in text)
    return printable if len(printable) <= _LONGEST else f"{printable[:_LONGEST]}..."
