"""Descriptions with nothing but words that describe a scan.

What people type at a scanner may hold anything, so a text keeps only what is on a list: words of
sequences, planes, contrast and makers, and short numbers joined to their unit.  All else goes.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Final

_WORD: Final = re.compile(r"\+?(?:[A-Za-z0-9]|[^\x00-\x7f])+(?:\.\d+[A-Za-z]*)?\*?")
"""Letters beyond ASCII join a word, so that no half of a name is taken for a word of the list."""

_MEASURED: Final = re.compile(
    r"(?:te|tr|ti|fa|tse|gre|b|p|r|s|x)\d{1,4}(?:ms)?"
    r"|\d{1,3}(?:\.\d{1,2})?(?:mm|ms|s|deg|t|x|ml|mg|d)",
    re.ASCII,
)
"""A short number with what it is of; bare numbers in a row are a date, longer ones somebody's."""


@cache
def vocabulary() -> frozenset[str]:
    """Return the words that may stay, lower case."""
    folder = resources.files("glioscope.privacy.headers")
    text = folder.joinpath("vocabulary.txt").read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in re.split(r"[\s_-]+", line) if word)


def cleaned_text(text: str) -> str:
    """Return a text with only the words of the list, in their order, parted by single spaces.

    The plus of ``+C`` and the star of ``T2*`` stay with their words.
    """
    return " ".join(found for found in _WORD.findall(text) if is_harmless(found))


def is_harmless(word: str) -> bool:
    """Tell whether a word is on the list, or a measured number."""
    bare = word.strip("+*").lower()
    return bare in vocabulary() or _MEASURED.fullmatch(bare) is not None


class Tokens:
    """Words that identify someone, to be found in what is otherwise kept.

    Args:
        texts: Values of attributes that the profile takes away: names, numbers, institutions.
    """

    __slots__ = ("_long", "_words")

    def __init__(self, texts: frozenset[str]) -> None:
        words = {word for text in texts for word in _split(text)}
        joined = {"".join(_split(text)) for text in texts}
        telling = {
            word for word in words | joined if len(word) >= _SHORTEST and not is_harmless(word)
        }
        self._words = frozenset(telling)
        self._long = tuple(sorted(word for word in telling if len(word) >= _LONG))

    def found_in(self, text: str) -> bool:
        """Tell whether a text holds one of the words, long ones also within other words."""
        parts = _split(text)
        whole = "".join(parts)
        return not self._words.isdisjoint(parts) or any(word in whole for word in self._long)


_SHORTEST: Final = 3
_LONG: Final = 5


def _split(text: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", text.lower()) if word]
