"""The skeleton of a sentence: names, numbers, negations, directions, restrictions, in their order.

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
from glioscope.guidance.wording.check.tokens import Kind
from glioscope.guidance.wording.check.word_lists import stems

_DECIDING: Final = ("direction", "action", "restriction")
_NAME: Final = "name:"


@cache
def _roles() -> Mapping[str, str]:
    """Return the bone that a word makes, by its stem; all negations make the same."""
    return {
        **{word: word for name in _DECIDING for word in stems(name)},
        **dict.fromkeys(stems("negation"), "not"),
        "or": "or",
    }


def skeleton(line: Line) -> tuple[str, ...]:
    """Return names, numbers and deciding words of a sentence from left to right.

    An "or" always decides; an "and" where it stands between two names.
    """
    starts = {term.start: term for term in line.terms}
    bones: list[str] = []
    behind_name = joined = False
    at = 0
    while at < len(line.tokens):
        term = starts.get(at)
        if term is not None:
            bones += ["and"] * (behind_name and joined) + [_NAME + term.term]
            behind_name, joined, at = True, False, term.end
            continue
        token = line.tokens[at]
        if token.kind is Kind.NUMBER:
            bones.append(token.key)
        elif role := _roles().get(token.key):
            bones.append(role)
            behind_name = joined = False
        joined = joined or token.text in {"and", "plus"}
        at += 1
    return tuple(bones)


def is_name(bone: str) -> bool:
    """Tell whether a part of a skeleton is a name, not a number or a word that decides."""
    return bone.startswith(_NAME)


def follows(sentence: Line, readings: Sequence[tuple[Evidence, tuple[Line, ...]]]) -> bool:
    """Tell whether a sentence has the skeleton of what it was drawn from.

    Numbers may be left out, nothing else may.

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
        reached = {
            end
            for before, after in product(around, repeat=2)
            for start in reached
            for end in _ends(bones, start, before + middle + after)
        }
    return len(bones) in reached


def _ends(bones: Sequence[str], start: int, whole: Sequence[str]) -> set[int]:
    """Return where a whole skeleton may end that begins at one place of another."""
    places = {start}
    for bone in whole:
        taken = {at + 1 for at in places if at < len(bones) and bones[at] == bone}
        places = places | taken if bone.startswith("#") else taken
    return places


def _around(record: Evidence) -> set[tuple[str, ...]]:
    """Return what may stand around a fact; a lone "or" or "not" says nothing of when it holds."""
    each = [skeleton(one) for one in record.settings]
    runs = {*each, tuple(bone for bones in each for bone in bones)}
    return {(), *(run for run in runs if any(is_name(bone) for bone in run))}
