"""What a document alone can't carry: nobody reviewed it, and it may be written to mislead."""

from __future__ import annotations

from typing import Final

from glioscope.guidance.wording.check.lines import Line
from glioscope.guidance.wording.check.order import skeleton
from glioscope.guidance.wording.check.terms import TREATMENT
from glioscope.guidance.wording.check.tokens import Kind
from glioscope.guidance.wording.check.word_lists import stems

_DISEASES: Final = frozenset({"marker", "entity"})


def beyond_a_document(sentence: Line) -> str | None:
    """Return what a sentence says that a passage of a document can't carry, else ``None``.

    A passage may say what something is; what a treatment does, in whom and how much of it, takes a
    reviewed record.
    """
    keys = {token.key for token in sentence.tokens}
    numbers = any(token.kind is Kind.NUMBER for token in sentence.tokens)
    if numbers and keys & (stems("dose") | {"%"}):
        return "gives a dose that only a document holds"
    if advice := keys & stems("advice"):
        words = (token.text for token in sentence.tokens if token.key in advice)
        return f"advises ({next(words)}) with only a document behind it"
    if _judges_a_treatment(sentence, numbers=numbers):
        return "says what a treatment does with only a document behind it"
    return None


def _judges_a_treatment(sentence: Line, *, numbers: bool) -> bool:
    kinds = {term.kind for term in sentence.terms}
    if TREATMENT not in kinds:
        return False
    decides = any(not bone.startswith("name:") for bone in skeleton(sentence))
    return numbers or decides or bool(kinds & _DISEASES)
