"""Names of treatments, markers and diagnoses in a text, whatever they are written as."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from glioscope.guidance.wording.check.tokens import Token, tokens

TREATMENT: Final = "treatment"
_CLASS: Final = "class"


@dataclass(frozen=True, slots=True)
class Term:
    """A name at its place.

    Args:
        term: Id, the same for all synonyms.
        kind: ``"treatment"``, ``"comparator"``, ``"marker"``, ``"state"`` or ``"entity"``.
        start: Of its first token.
        end: Behind its last.
    """

    term: str
    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TermList:
    """All names that are known.

    Args:
        names: Id and kind by the keys of a name's tokens.
        longest: Tokens of the longest name.
        classes: Terms that a class may stand for.
    """

    names: Mapping[tuple[str, ...], tuple[str, str]]
    longest: int
    classes: Mapping[str, tuple[str, ...]]


@cache
def term_list() -> TermList:
    """Return the shipped names."""
    package = files("glioscope.guidance.wording")
    text = package.joinpath("data", "terms.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    classes = {name: tuple(members) for name, members in content.pop(_CLASS).items()}
    names = {
        tuple(token.key for token in tokens(written)): (term, kind)
        for kind, entries in content.items()
        for term, synonyms in entries.items()
        for written in synonyms
    }
    return TermList(names=names, longest=max(len(name) for name in names), classes=classes)


def terms_in(text: Sequence[Token]) -> tuple[Term, ...]:
    """Return the names in a text from left to right; of two at one place the longer."""
    known = term_list()
    found: list[Term] = []
    at = 0
    while at < len(text):
        hit = _longest_at(text, at, known)
        if hit is None:
            at += 1
            continue
        found.append(hit)
        at = hit.end
    return tuple(found)


def covered(offered: frozenset[str]) -> frozenset[str]:
    """Return terms with the classes that one of them belongs to."""
    classes = term_list().classes.items()
    return offered | {name for name, members in classes if offered.intersection(members)}


def treatments_in(text: str) -> frozenset[str]:
    """Return the treatments that a text names."""
    return frozenset(t.term for t in terms_in(tokens(text)) if t.kind == TREATMENT)


def _longest_at(text: Sequence[Token], at: int, known: TermList) -> Term | None:
    for length in range(min(known.longest, len(text) - at), 0, -1):
        found = known.names.get(tuple(token.key for token in text[at : at + length]))
        if found is not None:
            return Term(*found, at, at + length)
    return None
