"""The parts of a plan as blocks of a page."""

from __future__ import annotations

from collections.abc import Iterable

from glioscope.core import Branch, OrderedTest, Plan, Refusal, RuleTrace, Sentence, TreatmentOption
from glioscope.guidance import load_vocabulary
from glioscope.report.document import Block, Column, Entry, Line, Part, Prose, Span, Table, Tone
from glioscope.report.numbers import percent
from glioscope.report.plan.citations import Citations
from glioscope.report.plan.words import STRENGTH_NAMES, STRENGTH_TONES, how_to_give


def sentences(texts: Iterable[Sentence], citations: Citations) -> tuple[Block, ...]:
    """Return each sentence as a paragraph with its numbers."""
    return tuple(Prose(line=citations.sentence(text)) for text in texts)


def option_entry(option: TreatmentOption, number: int, citations: Citations) -> Entry:
    """Return an option as a card: its strength, why, on which conditions, with which care."""
    parts = (
        _part("Why", option.reasons, citations),
        _part("Only if", option.conditions, citations),
        _part("Take care", option.cautions, citations),
        Part(label="Sources", lines=_lines(citations.names(option.citations))),
    )
    return Entry(
        mark=str(number),
        title=(Span(text=option.name),),
        tag=STRENGTH_NAMES[option.strength],
        tone=STRENGTH_TONES[option.strength],
        parts=tuple(part for part in parts if part.lines),
        boxed=True,
    )


def test_entry(test: OrderedTest, number: int, citations: Citations) -> Entry:
    """Return a test with what it decides."""
    why = Part(lines=(citations.line(test.why, test.citations),))
    return Entry(mark=f"{number}.", title=(Span(text=test.name, strong=True),), parts=(why,))


def refusal_entry(refusal: Refusal, citations: Citations) -> Entry:
    """Return what is not offered, and why."""
    why = Part(lines=(citations.line(refusal.why, refusal.citations),))
    title = (Span(text=refusal.what, strong=True),)
    return Entry(mark="×", title=title, tone=Tone.REFUSED, parts=(why,))


def branch_entry(branch: Branch, citations: Citations) -> Entry:
    """Return what a prediction would mean, with how probable it is and what would confirm it."""
    names = {name: entry.name for name, entry in load_vocabulary().tests.items()}
    tests = "; ".join(names.get(test, test) for test in branch.tests)
    confirm = Part(label="Confirm by", lines=_lines((Span(text=tests),) if tests else ()))
    return Entry(
        title=(Span(text=f"{branch.marker}: {branch.outcome}"),),
        tag=f"Predicted, {percent(branch.probability)}",
        tone=Tone.WEAK,
        parts=(Part(lines=(citations.sentence(branch.text),)), *((confirm,) if tests else ())),
        boxed=True,
    )


def missing_table(plan: Plan) -> Table:
    """Return what to find out, why, and how to give it."""
    return Table(
        caption="Facts that would change this plan",
        columns=(
            Column(title="Find out", weight=3.0),
            Column(title="What it decides", weight=3.0),
            Column(title="Give it as", weight=2.0, breakable=True),
        ),
        rows=tuple((m.question, m.why, how_to_give(m.fact)) for m in plan.missing),
    )


def rules_table(plan: Plan) -> Table:
    """Return the trace: what became of each rule, and on which conditions."""
    return Table(
        caption=f"What became of {len(plan.rules)} rules",
        columns=(
            Column(title="Rule", weight=2.4, breakable=True),
            Column(title="Version", weight=0.8, numeric=True),
            Column(title="Outcome", weight=1.8),
            Column(title="Conditions that decided", weight=3.0, breakable=True),
            Column(title="Statements", weight=2.4, breakable=True),
        ),
        rows=tuple(
            (
                trace.rule,
                str(trace.version),
                _outcome(trace),
                "; ".join(trace.why) or "–",
                ", ".join(trace.statements) or "–",
            )
            for trace in plan.rules
        ),
        folded=True,
    )


def facts_line(plan: Plan) -> Prose:
    """Return the facts by name, as they were told or measured."""
    spans: list[Span] = [Span(text="Told, measured or concluded: ")]
    for name, value in plan.facts.items():
        spans += [Span(text=" · ")] if len(spans) > 1 else []
        spans += [Span(text=f"{name} "), Span(text=value, strong=True)]
    return Prose(line=(*spans, Span(text="." if plan.facts else "none.")), small=True)


def _outcome(trace: RuleTrace) -> str:
    if trace.fired:
        return "fired"
    return f"waits for {', '.join(trace.waits_for)}" if trace.waits_for else "did not fire"


def _part(label: str, texts: Iterable[Sentence], citations: Citations) -> Part:
    return Part(label=label, lines=tuple(citations.sentence(text) for text in texts))


def _lines(line: Line) -> tuple[Line, ...]:
    return (line,) if line else ()
