"""The plan in short, as a part of the report of an analysis."""

from __future__ import annotations

from glioscope.core import Plan
from glioscope.report.document import Block, Entry, Heading, Paragraph, Section
from glioscope.report.plan.blocks import (
    missing_table,
    option_entry,
    refusal_entry,
    sentences,
    test_entry,
)
from glioscope.report.plan.citations import Citations
from glioscope.report.plan.inert import inert
from glioscope.report.plan.page import NO_DIAGNOSIS, NO_OPTION


def plan_sections(plan: Plan) -> tuple[Section, ...]:
    """Return what a report tells of a plan: options, tests, refusals, what is missing, references.

    Args:
        plan: Of the same case; its passages, wording and trace stay in plan.html and plan.json.

    Raises:
        OutputError: If the plan cites a statement that it does not hold.
    """
    clean = inert(plan)
    citations = Citations(clean)
    blocks: list[Block] = [
        Paragraph(
            text="From guidelines and trials by rules that see tested facts only. This part informs"
            f" professionals and does not decide. Release {clean.release}; plan.html has all.",
            small=True,
        ),
        *(sentences(clean.diagnosis, citations) or (Paragraph(text=NO_DIAGNOSIS),)),
    ]
    for title, entries in _lists(clean, citations):
        if entries:
            blocks += [Heading(text=title), *entries]
    return (Section(ident="plan", title="What guidelines support", blocks=tuple(blocks)),)


def _lists(plan: Plan, citations: Citations) -> tuple[tuple[str, tuple[Block, ...]], ...]:
    options: tuple[Block, ...] = tuple(
        option_entry(option, number, citations) for number, option in enumerate(plan.options, 1)
    )
    tests = tuple(test_entry(test, number, citations) for number, test in enumerate(plan.tests, 1))
    refusals = tuple(refusal_entry(refusal, citations) for refusal in plan.refusals)
    return (
        ("Options", options or (Paragraph(text=NO_OPTION),)),
        ("To test first, in this order", tests),
        ("Not offered, and why", refusals),
        ("To find out", (missing_table(plan),) if plan.missing else ()),
        ("References", tuple(_short(entry) for entry in citations.entries())),
    )


def _short(reference: Entry) -> Entry:
    """Return a reference without what it is cited for."""
    return Entry(mark=reference.mark, anchor=reference.anchor, title=reference.title)
