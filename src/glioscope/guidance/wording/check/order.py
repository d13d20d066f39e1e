"""The skeleton of a sentence: names, negations, directions and restrictions, in their order.

A sentence may say a fact in other words, but its skeleton must be the fact's: whoever leaves out
"not", swaps a drug with its control, or turns "and" into "or", says something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from typing import Final

from glioscope.guidance.wording.check.evidence import Evidence
from glioscope.guidance.wording.check.lines import Line
from glioscope.guidance.wording.check.word_lists import stems

_JOINS: Final = {"or": "or", "and": "and", "plus": "and"}
_NAME: Final = "name:"


@cache
def _roles() -> Mapping[str, str]:
    """Return the bone that a word makes, by its stem; all negations make the same."""
    return {
        **{word: word for word in stems("direction") | stems("restriction")},
        **dict.fromkeys(stems("negation"), "not"),
    }


def skeleton(line: Line) -> tuple[str, ...]:
    """Return names and deciding words of a sentence from left to right."""
    starts = {term.start: term for term in line.terms}
    bones: list[str] = []
    join, at = "", 0
    while at < len(line.tokens):
        term = starts.get(at)
        if term is not None:
            if join and bones and is_name(bones[-1]):
                bones.append(join)
            bones.append(_NAME + term.term)
            join, at = "", term.end
            continue
        token = line.tokens[at]
        if role := _roles().get(token.key):
            bones.append(role)
            join = ""
        elif join != "or":
            join = _JOINS.get(token.text, join)
        at += 1
    return tuple(bones)


def is_name(bone: str) -> bool:
    """Tell whether a part of a skeleton is a name, not a word that decides."""
    return bone.startswith(_NAME)


def follows(sentence: Line, readings: Sequence[tuple[Evidence, tuple[Line, ...]]]) -> bool:
    """Tell whether a sentence has the skeleton of what it was drawn from.

    Args:
        sentence: To check.
        readings: Each cited record with those of its sentences that were used, in the order of
            the citations.  What its condition and population say may stand before or after,
            whole or not at all.
    """
    bones = skeleton(sentence)
    reached = {0}
    for record, used in readings:
        middle = tuple(bone for one in used for bone in skeleton(one))
        around = _around(record)
        wholes = {before + middle + after for before, after in product(around, repeat=2)}
        reached = {
            start + len(whole)
            for start in reached
            for whole in wholes
            if bones[start : start + len(whole)] == whole
        }
    return len(bones) in reached


def _around(record: Evidence) -> set[tuple[str, ...]]:
    each = [skeleton(one) for one in record.settings]
    return {(), *each, tuple(bone for bones in each for bone in bones)}
