"""Numbers: each must stand in the citation, between the same words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from glioscope.guidance.wording.check.lines import Line
from glioscope.guidance.wording.check.tokens import Kind, Token
from glioscope.guidance.wording.check.word_lists import stems


def strange_number(sentence: Line, cited: Sequence[Line]) -> str | None:
    """Return a number that the citations don't hold, ``None`` if they hold all of them."""
    known = {token.key for one in cited for token in one.tokens if token.kind is Kind.NUMBER}
    for token in sentence.tokens:
        if token.kind is Kind.NUMBER and token.key not in known:
            return token.text
    return None


def moved_number(sentence: Line, cited: Sequence[Line]) -> str | None:
    """Return a number that stands between other words than in the citations.

    "11.1 months" is no "11.1 %", and "from 11.1 to 27.7" no "from 27.7 to 11.1".
    """
    for at in _numbers(sentence):
        key = sentence.tokens[at].key
        places = (
            (one.tokens, place)
            for one in cited
            for place in _numbers(one)
            if one.tokens[place].key == key
        )
        if not any(_same_place(sentence.tokens, at, theirs, place) for theirs, place in places):
            return sentence.tokens[at].text
    return None


def _numbers(line: Line) -> Iterable[int]:
    return (at for at in line.free if line.tokens[at].kind is Kind.NUMBER)


def _same_place(ours: Sequence[Token], at: int, theirs: Sequence[Token], place: int) -> bool:
    return _same_side(ours, at, theirs, place, step=1) and _same_side(
        ours, at, theirs, place, step=-1
    )


def _same_side(
    ours: Sequence[Token], at: int, theirs: Sequence[Token], place: int, *, step: int
) -> bool:
    """Compare the neighbor on one side, and the one behind it where the first binds it."""
    for distance in (step, 2 * step):
        neighbor = _at(theirs, place + distance)
        if neighbor is None:
            return True
        own = _at(ours, at + distance)
        if own is None and step > 0 and not _binds(neighbor):
            return True
        if own is None or own.key != neighbor.key:
            return False
        if not _binds(neighbor):
            return True
    return True


def _at(text: Sequence[Token], at: int) -> Token | None:
    """Return a token; nothing beyond the ends, or where a thought ends."""
    if not 0 <= at < len(text) or text[at].kind is Kind.BREAK:
        return None
    return text[at]


def _binds(neighbor: Token) -> bool:
    """Tell whether a number means little without this token beside it."""
    return neighbor.kind is not Kind.WORD or neighbor.key in stems("binding") | stems("unit")
