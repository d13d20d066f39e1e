"""Each sentence of a language model is kept or dropped, with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from glioscope.core import DroppedSentence, Sentence
from glioscope.guidance.wording.check.documents import beyond_a_document
from glioscope.guidance.wording.check.evidence import Evidence
from glioscope.guidance.wording.check.figures import moved_number, strange_number
from glioscope.guidance.wording.check.form import bad_form
from glioscope.guidance.wording.check.lines import Line, content_of, line, sentences
from glioscope.guidance.wording.check.order import follows
from glioscope.guidance.wording.check.scope import Scope, out_of_scope
from glioscope.guidance.wording.check.tokens import Kind
from glioscope.guidance.wording.check.word_lists import stems
from glioscope.guidance.wording.clean import visible

MOST_CITATIONS: Final = 3
_MOST_READINGS: Final = 512
_HALF: Final = 0.5
_LONGEST_SHOWN: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a model said, and what it says it has it from.

    Args:
        text: One sentence, or several that share their citations.
        citations: Ids, with or without brackets.
    """

    text: str
    citations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The sentences of a model, parted.

    Args:
        kept: In order.
        dropped: With the reasons.
    """

    kept: tuple[Sentence, ...]
    dropped: tuple[DroppedSentence, ...]


def check_claims(
    claims: Sequence[Claim], evidence: Mapping[str, Evidence], scope: Scope
) -> Checked:
    """Part sentences that their citations hold from those that go.

    Args:
        claims: As the model made them, in order.
        evidence: What was sent, by id.
        scope: What the plan offers and refuses.
    """
    kept: dict[str, Sentence] = {}
    dropped: list[DroppedSentence] = []
    for claim in claims:
        cited = _citations(claim.citations)
        for text in sentences(claim.text) or ("",):
            said = " ".join(text.split())
            why = (
                "was said before" if _ended(said) in kept else _fault(said, cited, evidence, scope)
            )
            if why is None:
                kept[_ended(said)] = Sentence(text=_ended(said), citations=cited)
            else:
                dropped.append(DroppedSentence(text=visible(said)[:_LONGEST_SHOWN], why=why))
    return Checked(kept=tuple(kept.values()), dropped=tuple(dropped))


def _citations(written: Sequence[str]) -> tuple[str, ...]:
    plain = (one.strip().strip("[]()").strip() for one in written)
    return tuple(dict.fromkeys(one for one in plain if one))


def _ended(text: str) -> str:
    return text if text.endswith((".", "!")) else f"{text}."


def _fault(
    text: str, cited: Sequence[str], evidence: Mapping[str, Evidence], scope: Scope
) -> str | None:
    """Return the first reason to drop a sentence."""
    if not cited:
        return "cites nothing"
    unknown = next((one for one in cited if one not in evidence), None)
    if unknown is not None:
        return f"cites {visible(unknown)[:40]}, which was not among the records"
    if len(cited) > MOST_CITATIONS:
        return f"cites more than {MOST_CITATIONS} records at once"
    records = tuple(evidence[one] for one in cited)
    # beside a reviewed record a passage adds nothing: what it alone holds could not be kept
    reviewed = tuple(record for record in records if record.reviewed)
    judged = reviewed or records
    every = tuple(one for record in judged for one in record.all_lines)
    # long text is refused by its form before anything looks at its words
    if (form := bad_form(text, every if reviewed else ())) is not None:
        return form
    sentence = line(text)
    reason = _unsupported(sentence, judged, every, scope)
    if reason is None and not reviewed:
        reason = beyond_a_document(sentence, evidence.values())
    return reason


def _unsupported(
    sentence: Line, records: Sequence[Evidence], every: Sequence[Line], scope: Scope
) -> str | None:
    reason = (
        _strange_name(sentence, every)
        or _strange_number(sentence, every)
        or out_of_scope(sentence, records, scope)
        or _strange_word(sentence, every)
        or _moved_number(sentence, every)
    )
    if reason is None and not any(_holds(sentence, one) for one in _readings(records)):
        reason = "turns its citation round, or leaves out a part that decides"
    return reason


def _strange_name(sentence: Line, cited: Sequence[Line]) -> str | None:
    known = {term.term for one in cited for term in one.terms}
    strange = next((term.term for term in sentence.terms if term.term not in known), None)
    return None if strange is None else f"names {strange}, which its citation does not"


def _strange_number(sentence: Line, cited: Sequence[Line]) -> str | None:
    number = strange_number(sentence, cited)
    return None if number is None else f"the number {number} is not in its citation"


def _moved_number(sentence: Line, cited: Sequence[Line]) -> str | None:
    number = moved_number(sentence, cited)
    return None if number is None else f"the number {number} stands otherwise in its citation"


def _strange_word(sentence: Line, cited: Sequence[Line]) -> str | None:
    known = {token.key for one in cited for token in one.tokens} | stems("plain")
    for at in sentence.free:
        token = sentence.tokens[at]
        if token.kind not in {Kind.NUMBER, Kind.BREAK} and token.key not in known:
            return f'the word "{visible(token.text)[:40]}" is not in its citation'
    return None


Reading = tuple[tuple[Evidence, tuple[Line, ...]], ...]


def _readings(records: Sequence[Evidence]) -> Iterator[Reading]:
    """Yield what a sentence may have been drawn from: of each record some sentences in a row."""
    choices = [[(record, run) for run in _runs(record.main)] for record in records]
    for count, reading in enumerate(product(*choices)):
        if count == _MOST_READINGS:
            return
        yield reading


def _runs(many: Sequence[Line]) -> Iterator[tuple[Line, ...]]:
    for start in range(len(many)):
        for end in range(start + 1, len(many) + 1):
            yield tuple(many[start:end])


def _holds(sentence: Line, reading: Reading) -> bool:
    """Tell whether a reading has the skeleton of a sentence, and most of its words."""
    own = sentence.content
    for record, used in reading:
        whole = content_of(used)
        shared = own & (whole | content_of(record.settings))
        if not shared or len(own & whole) < _HALF * len(whole):
            return False
    return follows(sentence, reading)
