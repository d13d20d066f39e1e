"""What a document alone can't carry: nobody reviewed it, and it may be written to mislead."""

from __future__ import annotations

from glioscope.guidance.wording.check.lines import Line
from glioscope.guidance.wording.check.tokens import Kind
from glioscope.guidance.wording.check.word_lists import stems


def beyond_a_document(sentence: Line) -> str | None:
    """Return what a sentence says that a passage of a document can't carry, else ``None``."""
    keys = {token.key for token in sentence.tokens}
    numbers = any(token.kind is Kind.NUMBER for token in sentence.tokens)
    if numbers and keys & (stems("dose") | {"%"}):
        return "gives a dose that only a document holds"
    if advice := keys & stems("advice"):
        words = (token.text for token in sentence.tokens if token.key in advice)
        return f"advises ({next(words)}) with only a document behind it"
    return None
