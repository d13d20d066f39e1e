"""Numbers that are written as words, or in digits of other scripts."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

_ONES: Final = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen
"""
_TENS: Final = """
twenty thirty forty fifty sixty seventy eighty ninety
"""
_SCALES: Final = {"hundred": Decimal(100), "thousand": Decimal(1000), "million": Decimal(10**6)}
_OTHERS: Final[dict[str, str]] = {
    "once": "1",
    "twice": "2",
    "thrice": "3",
    "double": "2",
    "doubled": "2",
    "triple": "3",
    "tripled": "3",
    "quadruple": "4",
    "dozen": "12",
    "half": "0.5",
    "halved": "0.5",
    "quarter": "0.25",
}
_SMALL: Final[dict[str, Decimal]] = {
    **{word: Decimal(value) for value, word in enumerate(_ONES.split())},
    **{word: Decimal(20 + 10 * step) for step, word in enumerate(_TENS.split())},
    **{word: Decimal(value) for word, value in _OTHERS.items()},
}
NUMBER_WORDS: Final = frozenset(_SMALL) | frozenset(_SCALES)


def spelled(words: Sequence[str]) -> tuple[int, Decimal]:
    """Read a number from words that are all of `NUMBER_WORDS`.

    Args:
        words: At least one, such as ``["two", "hundred", "five", "six"]``.

    Returns:
        How many of them make the first number, and its value: 3 and 205.
    """
    total = current = Decimal(0)
    last: Decimal | None = None
    used = 0
    for word in words:
        value = _SMALL.get(word)
        if value is None:
            scale = _SCALES[word]
            current = max(current, Decimal(1)) * scale
            if scale > _SCALES["hundred"]:
                total, current = total + current, Decimal(0)
            last = scale
        elif last is None or _goes_on(last, value):
            current += value
            last = value
        else:
            break
        used += 1
    return used, total + current


def _goes_on(last: Decimal, value: Decimal) -> bool:
    """Tell whether "five" after "twenty", or "twenty" after "hundred", is the same number."""
    if last >= _SCALES["hundred"]:
        return True
    return last >= 20 and last % 10 == 0 and 0 < value < 10


def value_of(character: str) -> Decimal | None:
    """Return the value of one digit or fraction of any script, ``None`` for all else."""
    if len(character) != 1 or character.isascii():
        return None
    numeric = unicodedata.numeric(character, None)
    return None if numeric is None else Decimal(str(numeric))
