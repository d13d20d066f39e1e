"""One sentence, as the checks see it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from glioscope.guidance.wording.check.terms import Term, terms_in
from glioscope.guidance.wording.check.tokens import Kind, Token, tokens
from glioscope.guidance.wording.check.word_lists import stems

_SENTENCE_END: Final = re.compile(r"(?<=[.!?。！？])\s+|\n+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A sentence, of a record or of a language model.

    Args:
        text: As written.
        tokens: From left to right.
        terms: Names of treatments, markers and diagnoses among them.
    """

    text: str
    tokens: tuple[Token, ...]
    terms: tuple[Term, ...]

    @property
    def free(self) -> tuple[int, ...]:
        """Places of tokens that belong to no name."""
        named = {at for term in self.terms for at in range(term.start, term.end)}
        return tuple(at for at in range(len(self.tokens)) if at not in named)

    @property
    def content(self) -> frozenset[str]:
        """Keys of words that are neither plain nor part of a name, and of names."""
        own = (self.tokens[at] for at in self.free)
        words = {
            t.key for t in own if t.kind in {Kind.WORD, Kind.CODE} and t.key not in stems("plain")
        }
        return frozenset(words) | {term.term for term in self.terms}


def line(text: str) -> Line:
    """Return a sentence with its tokens and names."""
    found = tokens(text)
    return Line(text=text, tokens=found, terms=terms_in(found))


def sentences(text: str) -> tuple[str, ...]:
    """Part a text at full stops and line ends; what stands behind a semicolon may decide."""
    return tuple(part.strip() for part in _SENTENCE_END.split(text) if part.strip())


def lines(text: str) -> tuple[Line, ...]:
    """Return the sentences of a text."""
    return tuple(line(part) for part in sentences(text))


def content_of(many: Sequence[Line]) -> frozenset[str]:
    """Return the content of several lines."""
    return frozenset().union(*(one.content for one in many))
