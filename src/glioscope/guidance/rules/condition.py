"""One condition of a rule: a fact, a comparison, a value; true, false or not known."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from glioscope.core import InputError
from glioscope.guidance.facts import FactValue
from glioscope.guidance.knowledge import FactEntry, Vocabulary

_COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_FORM: Final = re.compile(r"(\S+) (is not|is|in|<=|>=|<|>|known|unknown)(?: (.+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A fact compared with values.

    Args:
        fact: Of the vocabulary.
        comparison: ``is``, ``is not``, ``in``, ``<``, ``<=``, ``>``, ``>=``, ``known`` or
            ``unknown``.
        values: Compared with; one for all but ``in``, none for the last two.
    """

    fact: str
    comparison: str
    values: tuple[FactValue, ...]

    def holds(self, facts: Mapping[str, FactValue]) -> bool | None:
        """Return whether it holds; ``None`` where the fact is not known."""
        value = facts.get(self.fact)
        if self.comparison in {"known", "unknown"}:
            return (value is not None) == (self.comparison == "known")
        if value is None:
            return None
        if self.comparison in {"is", "in"}:
            return value in self.values
        if self.comparison == "is not":
            return value not in self.values
        return _COMPARE[self.comparison](float(value), float(self.values[0]))

    def __str__(self) -> str:
        """Return it as it is written in a rule."""
        values = ", ".join(f"{v:g}" if isinstance(v, float) else v for v in self.values)
        return f"{self.fact} {self.comparison} {values}".rstrip()


def parse_condition(text: str, vocabulary: Vocabulary) -> Condition:
    """Return the condition of such as ``"kps >= 60"`` or ``"idh is mutant"``.

    Raises:
        InputError: If the fact or the value is none of the vocabulary's, or the comparison does
            not fit the kind of the fact.
    """
    match = _FORM.fullmatch(text.strip())
    if match is None or (match.group(3) is None) != (match.group(2) in {"known", "unknown"}):
        msg = f"condition {text!r}: write it as `fact is value`, `fact >= 60` or `fact known`"
        raise InputError(msg)
    fact, comparison, rest = match.groups()
    entry = vocabulary.facts.get(fact)
    if entry is None:
        msg = f"condition {text!r}: no fact {fact} in facts.toml"
        raise InputError(msg)
    names = () if rest is None else tuple(part.strip() for part in rest.split(","))
    if len(names) > 1 and comparison != "in":
        msg = f"condition {text!r}: several values need `in`"
        raise InputError(msg)
    return Condition(
        fact=fact,
        comparison=comparison,
        values=tuple(_value(entry, comparison, name, text) for name in names),
    )


def _value(entry: FactEntry, comparison: str, name: str, text: str) -> FactValue:
    if (entry.kind == "number") != (comparison in _COMPARE):
        msg = f"condition {text!r}: {entry.id} is a {entry.kind}, which `{comparison}` does not fit"
        raise InputError(msg)
    if entry.kind == "number":
        try:
            return float(name)
        except ValueError as error:
            msg = f"condition {text!r}: {name} is no number"
            raise InputError(msg) from error
    if name not in entry.choices:
        msg = f"condition {text!r}: {entry.id} is one of {', '.join(entry.choices)}"
        raise InputError(msg)
    return name
