"""Text to tokens that compare equal where two writings mean the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from glioscope.guidance.wording.check.number_words import NUMBER_WORDS, spelled, value_of

_TOKEN: Final = re.compile(
    r"(?P<number>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(?![\w])"
    r"|(?P<code>\w*\d\w*)"
    r"|(?P<word>[^\W\d_]+)"
    r"|(?P<space>\s+)"
    r"|(?P<symbol>.)",
    re.DOTALL,
)
_FUSED: Final = re.compile(r"(\d+(?:\.\d+)?)([a-z%]+\d?)")
_ROMAN: Final = {"ii": 2, "iii": 3, "iv": 4, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "xi": 11}
_ROMAN_ONE: Final = {"i": 1, "v": 5, "x": 10}
LABELS: Final = frozenset({"grade", "phase", "stage", "type", "class", "level", "kps"})
"""Words after which a letter such as I is a number."""
_BREAKS: Final = frozenset(",;:()[]")
_ENDINGS: Final = ("ations", "ation", "ings", "ing", "edly", "ed", "ies", "es", "s", "ly")
_SHORTEST_STEM: Final = 4
_UNITS_FUSED: Final = frozenset(
    {"mg", "g", "kg", "mcg", "ug", "gy", "cgy", "ml", "l", "dl", "mm", "cm", "iu", "x", "d", "h"}
)


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"
    NUMBER = "number"
    CODE = "code"
    """Letters and digits in one, such as ``V600E``."""
    SYMBOL = "symbol"
    BREAK = "break"
    """Punctuation that ends a thought: comma, bracket, colon."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or sign.

    Args:
        kind: What it is.
        key: By which two tokens are compared: the stem of a word, the value of a number.
        text: In lower case, in Unicode's compatibility form.
    """

    kind: Kind
    key: str
    text: str


def tokens(text: str) -> tuple[Token, ...]:
    """Return what a text is made of; full stops, hyphens, slashes and quotes are left out.

    Numbers in words ("twenty-seven"), with commas ("1,000") and in Roman digits ("grade IV") have
    the key of the same number in digits.
    """
    plain = unicodedata.normalize("NFKC", text)
    found: list[Token] = []
    for match in _TOKEN.finditer(plain):
        found.extend(_tokens_of(match, found[-1] if found else None))
    return _with_spelled_numbers(found)


def number_key(value: Decimal) -> str:
    """Return the key of a number: 27, 27.0 and "twenty-seven" have the same."""
    return f"#{value.normalize():f}"


def stem(word: str) -> str:
    """Return a word without the ending of its number or tense; prefixes such as "un-" stay."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            base = word.removesuffix(ending)
            return f"{base}y" if ending == "ies" else base.rstrip("e")
    return word.rstrip("e") if len(word) >= _SHORTEST_STEM else word


def _tokens_of(match: re.Match[str], before: Token | None) -> list[Token]:
    kind, written = match.lastgroup, match.group()
    text = written.casefold()
    if kind == "number":
        return [_number(text)]
    if kind == "code":
        return _code(text)
    if kind == "word":
        return [_word(written, before)]
    if kind == "symbol":
        return _symbol(text)
    return []


def _number(text: str) -> Token:
    return Token(Kind.NUMBER, number_key(Decimal(text.replace(",", ""))), text)


def _code(text: str) -> list[Token]:
    """Part "1000mg" into the number and its unit; keep "v600e" whole."""
    fused = _FUSED.fullmatch(text)
    if fused is None or fused[2].rstrip("0123456789") not in _UNITS_FUSED:
        return [Token(Kind.CODE, text, text)]
    return [_number(fused[1]), Token(Kind.WORD, stem(fused[2]), fused[2])]


def _word(written: str, before: Token | None) -> Token:
    text = written.casefold()
    labeled = before is not None and before.text in LABELS
    roman = _ROMAN.get(text) if written.isupper() or labeled else None
    if roman is None and labeled:
        roman = _ROMAN_ONE.get(text)
    if roman is not None:
        return Token(Kind.NUMBER, number_key(Decimal(roman)), text)
    return Token(Kind.WORD, stem(text), text)


def _symbol(text: str) -> list[Token]:
    if text in _BREAKS:
        return [Token(Kind.BREAK, ",", text)]
    if text in ".-/'\"’‘“”‐‑–—!?_":
        return []
    return [Token(Kind.SYMBOL, text, text)]


def _with_spelled_numbers(found: Sequence[Token]) -> tuple[Token, ...]:
    result: list[Token] = []
    at = 0
    while at < len(found):
        words: list[str] = []
        while at + len(words) < len(found) and found[at + len(words)].text in NUMBER_WORDS:
            words.append(found[at + len(words)].text)
        if words:
            used, value = spelled(words)
            result.append(Token(Kind.NUMBER, number_key(value), " ".join(words[:used])))
            at += used
            continue
        numeral = value_of(found[at].text)
        result.append(
            found[at]
            if numeral is None
            else Token(Kind.NUMBER, number_key(numeral), found[at].text)
        )
        at += 1
    return tuple(result)
