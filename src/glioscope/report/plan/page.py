"""The plan as a tumor board reads it: options, tests, refusals, then what it rests on."""

from __future__ import annotations

from textwrap import shorten
from typing import Final

from glioscope.core import Plan, Severity, Wording
from glioscope.report.document import (
    Block,
    Callout,
    Column,
    Document,
    Paragraph,
    Quote,
    Section,
    Table,
)
from glioscope.report.numbers import fixed
from glioscope.report.plan.blocks import (
    branch_entry,
    facts_line,
    missing_table,
    option_entry,
    refusal_entry,
    rules_table,
    sentences,
    test_entry,
)
from glioscope.report.plan.citations import Citations
from glioscope.report.plan.words import PLAN_STATEMENT

NO_OPTION: Final = (
    "No option is offered on what is known; see what to test first, what is not offered and what"
    " to find out."
)
NO_DIAGNOSIS: Final = "The tested facts do not tell yet what the tumor is."

_LONGEST: Final = 1000
"""Characters shown of a sentence that was dropped; plan.json has it whole."""


def make_plan_document(plan: Plan, *, remarks: tuple[str, ...] = ()) -> Document:
    """Return the plan as neutral content.

    Args:
        plan: Everything that is said.
        remarks: About this page itself, such as its language.

    Raises:
        OutputError: If the plan cites a statement that it does not hold.
    """
    citations = Citations(plan)
    sections = (
        *_decisions(plan, citations),
        Section(ident="notes", title="Notes", blocks=sentences(plan.notes, citations)),
        Section(
            ident="wording", title="In a language model's words", blocks=_wording(plan, citations)
        ),
        Section(ident="passages", title="Passages of documents", blocks=_passages(plan)),
        Section(ident="limits", title="Limits of this plan", blocks=_limits(plan, remarks)),
        Section(ident="references", title="References", blocks=citations.entries()),
        Section(ident="rules", title="Rules", blocks=_rules(plan)),
    )
    return Document(
        title="What guidelines support for this patient",
        facts=(("Case", plan.case_id), ("Release of knowledge and rules", plan.release)),
        statement=PLAN_STATEMENT,
        callouts=(),
        sections=tuple(section for section in sections if section.blocks),
    )


def _decisions(plan: Plan, citations: Citations) -> tuple[Section, ...]:
    """Return what the board decides on, in the order in which it does."""
    diagnosis = sentences(plan.diagnosis, citations) or (Paragraph(text=NO_DIAGNOSIS),)
    options: tuple[Block, ...] = tuple(
        option_entry(option, number, citations) for number, option in enumerate(plan.options, 1)
    )
    tests = tuple(test_entry(test, number, citations) for number, test in enumerate(plan.tests, 1))
    refusals = tuple(refusal_entry(refusal, citations) for refusal in plan.refusals)
    missing = (missing_table(plan),) if plan.missing else ()
    return (
        Section(ident="diagnosis", title="Diagnosis", blocks=(*diagnosis, facts_line(plan))),
        Section(ident="options", title="Options", blocks=options or (Paragraph(text=NO_OPTION),)),
        Section(ident="tests", title="To test first, in this order", blocks=tests),
        Section(ident="refusals", title="Not offered, and why", blocks=refusals),
        Section(ident="missing", title="To find out", blocks=missing),
        Section(ident="branches", title="If tissue confirms", blocks=_branches(plan, citations)),
    )


def _branches(plan: Plan, citations: Citations) -> tuple[Block, ...]:
    if not plan.branches:
        return ()
    text = "Predicted from images and not tested: nothing in this part is recommended now."
    return (
        Paragraph(text=text),
        *(branch_entry(branch, citations) for branch in plan.branches),
    )


def _wording(plan: Plan, citations: Citations) -> tuple[Block, ...]:
    wording = plan.wording
    if wording is None:
        return ()
    blocks: list[Block] = []
    if wording.sentences:
        blocks.append(Paragraph(text=_about_model(wording), small=True))
        blocks += sentences(wording.sentences, citations)
    if wording.failure is not None:
        text = f"The language model {wording.model} gave no words: {wording.failure.rstrip('.')}."
        blocks.append(Paragraph(text=text))
    if wording.dropped:
        blocks.append(_dropped_table(wording))
    return tuple(blocks)


def _about_model(wording: Wording) -> str:
    return (
        f"Written by the language model {wording.model} from the records of this plan. A program"
        " checked that each sentence cites a record and adds no number, drug or marker to it; the"
        " parts above are not its work."
    )


def _dropped_table(wording: Wording) -> Table:
    return Table(
        caption=f"Sentences of the language model that were dropped: {len(wording.dropped)}",
        columns=(
            Column(title="Why it was dropped", weight=2.0),
            Column(title="As the model wrote it; do not rely on it", weight=4.0, breakable=True),
        ),
        rows=tuple((d.why, shorten(d.text, _LONGEST, placeholder=" …")) for d in wording.dropped),
        folded=True,
    )


def _passages(plan: Plan) -> tuple[Block, ...]:
    if not plan.passages:
        return ()
    text = (
        "The words of documents that are near to this case, unchecked and as they stand there;"
        " no option rests on them."
    )
    quotes = []
    for number, passage in enumerate(plan.passages, 1):
        page = "" if passage.page is None else f", page {passage.page}"
        record = "" if passage.statement is None else f", record {passage.statement}"
        origin = f"P{number} · {passage.file}{page}{record} · similarity {fixed(passage.score, 2)}"
        quotes.append(Quote(text=passage.text, origin=origin, anchor=f"passage-{number}"))
    return (Paragraph(text=text, small=True), *quotes)


def _limits(plan: Plan, remarks: tuple[str, ...]) -> tuple[Block, ...]:
    items = (*plan.limits, *remarks)
    if not items:
        return ()
    return (Callout(severity=Severity.INFO, title="Good to know", items=items),)


def _rules(plan: Plan) -> tuple[Block, ...]:
    if not plan.rules:
        return ()
    fired = sum(trace.fired for trace in plan.rules)
    waiting = len(plan.rules) - fired
    text = f"Rules that fired: {fired}. Rules that wait for a fact: {waiting}."
    return (Paragraph(text=text, small=True), rules_table(plan))
