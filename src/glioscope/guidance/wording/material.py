"""What is sent of a plan: records and names of the vocabulary, nothing of who a patient is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from glioscope.core import Passage, Plan, Statement
from glioscope.guidance.knowledge import FactEntry, load_vocabulary
from glioscope.guidance.wording.clean import anonymous, visible
from glioscope.guidance.wording.suspicion import reads_like_orders

_MOST_PASSAGES: Final = 8
_LONGEST_PASSAGE: Final = 1_600
"""Characters: a chunk of a document as it is searched, and a little more."""
_AGE: Final = "age-years"
_DECADE: Final = 10
_OLDEST: Final = 80
"""From here on one band, as few are so old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a model is shown.

    Args:
        plan: Options, tests, refusals, questions, branches and facts, by names of the vocabulary.
        statements: That may be cited, by id.
        passages: That may be cited, by ``"p1"`` and so on: the place in the plan's passages.  Only
            of documents: of our own knowledge, the statements that rules chose are enough.
        withheld: How many passages were not shown since they read like orders.
    """

    plan: Mapping[str, Any]
    statements: Mapping[str, Statement]
    passages: Mapping[str, Passage]
    withheld: int


def material_of(plan: Plan) -> Material:
    """Choose what a language model may see of a plan.

    Texts that were composed for the patient (reasons, notes, the trace of rules) are not sent, as
    they may hold values; names come from the vocabulary by id, facts only where they are one of a
    few choices, the age as a decade.
    """
    found = {f"p{number}": entry for number, entry in enumerate(plan.passages, start=1)}
    foreign = {ident: entry for ident, entry in found.items() if entry.statement is None}
    shown = {ident: entry for ident, entry in foreign.items() if not reads_like_orders(entry.text)}
    return Material(
        plan=_outline(plan),
        statements=plan.statements,
        passages={ident: _as_sent(shown[ident], plan) for ident in list(shown)[:_MOST_PASSAGES]},
        withheld=len(foreign) - len(shown),
    )


def _as_sent(passage: Passage, plan: Plan) -> Passage:
    text = anonymous(visible(passage.text), names=(plan.case_id, passage.file))
    return Passage(
        text=text[:_LONGEST_PASSAGE],
        file="",
        page=None,
        score=passage.score,
    )


def _outline(plan: Plan) -> Mapping[str, Any]:
    known = load_vocabulary()
    named = {ident: test.name for ident, test in known.tests.items()}
    return {
        "options": [
            {
                "name": known.treatments[option.treatment].name,
                "strength": str(option.strength),
                "citations": list(option.citations),
            }
            for option in plan.options
            if option.treatment in known.treatments
        ],
        "tests": [
            {"name": known.tests[test.test].name, "citations": list(test.citations)}
            for test in plan.tests
            if test.test in known.tests
        ],
        "refusals": [
            {"name": name, "citations": list(refusal.citations)}
            for refusal in plan.refusals
            if (name := _refused(refusal.refused)) is not None
        ],
        "missing": [
            known.facts[one.fact].question for one in plan.missing if one.fact in known.facts
        ],
        "predicted_only": [
            {"marker": branch.marker, "tests": [named[t] for t in branch.tests if t in named]}
            for branch in plan.branches
            if branch.marker in known.facts
        ],
        "facts": _facts(plan.facts),
    }


def _refused(ident: str) -> str | None:
    known = load_vocabulary()
    if ident in known.refusals:
        return known.refusals[ident].what
    return known.treatments[ident].name if ident in known.treatments else None


def _facts(facts: Mapping[str, str]) -> Mapping[str, str]:
    """Return facts that are one of a few choices, and the decade of the age."""
    known = load_vocabulary().facts
    sent = {}
    for written, value in facts.items():
        name = written.replace("_", "-")
        if name == _AGE:
            sent["age"] = _decade(value)
        elif name in known and _is_choice(known[name], value):
            sent[name] = value
    return {name: value for name, value in sent.items() if value}


def _is_choice(entry: FactEntry, value: str) -> bool:
    return value in entry.choices


def _decade(value: str) -> str:
    try:
        age = int(float(value.split(maxsplit=1)[0]))
    except (ValueError, IndexError, OverflowError):
        return ""
    if age >= _OLDEST:
        return f"{_OLDEST} or older"
    start = age // _DECADE * _DECADE
    return f"{start} to {start + _DECADE - 1}" if age >= 0 else ""
