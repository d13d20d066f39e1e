"""What a document alone can carry: nobody reviewed it, and it may be written to mislead."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from glioscope.guidance.wording.check.evidence import Evidence
from glioscope.guidance.wording.check.lines import Line
from glioscope.guidance.wording.check.order import is_name, skeleton
from glioscope.guidance.wording.check.terms import TREATMENT
from glioscope.guidance.wording.check.tokens import Kind
from glioscope.guidance.wording.check.word_lists import stems

_SUBJECTS: Final = frozenset({TREATMENT, "marker", "entity"})


def beyond_a_document(sentence: Line, sent: Iterable[Evidence]) -> str | None:
    """Return what a sentence says that a passage of a document can't carry, else ``None``.

    A passage may describe a marker or a tumor in words that reviewed records use.  Treatments,
    numbers, advice, whatever has a "not" or an "only", and what one thing means for another take
    a reviewed record.

    Args:
        sentence: That cites passages only.
        sent: All that may be cited; the reviewed of them tell which words are known.
    """
    keys = {token.key for token in sentence.tokens}
    kinds = {term.kind for term in sentence.terms} & _SUBJECTS
    if TREATMENT in kinds:
        return "speaks of a treatment with only a document behind it"
    if any(token.kind is Kind.NUMBER for token in sentence.tokens):
        return "gives a number that only a document holds"
    if keys & stems("advice") or not all(is_name(bone) for bone in skeleton(sentence)):
        return "advises or judges with only a document behind it"
    if len(kinds) > 1:
        return "joins a marker and a tumor with only a document behind it"
    known = {t.key for one in sent if one.reviewed for said in one.all_lines for t in said.tokens}
    return _strange(sentence, known | stems("plain"))


def _strange(sentence: Line, known: Iterable[str]) -> str | None:
    words = (sentence.tokens[at] for at in sentence.free)
    strange = (w.text for w in words if w.kind is not Kind.BREAK and w.key not in known)
    word = next(strange, None)
    return None if word is None else f'the word "{word}" stands in no reviewed record'
