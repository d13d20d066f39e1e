"""What comes next, in the patient's words: tests, what doctors may talk about, questions."""

from __future__ import annotations

from typing import Final

from glioscope.core import Plan
from glioscope.report.document import Block, Bullets, Entry, Heading, Line, Paragraph, Part, Span
from glioscope.report.numbers import fixed, percent
from glioscope.report.plan.imaging import Survival
from glioscope.report.plan.patient_words import PatientWords, TreatmentWords
from glioscope.report.survival_words import months

_ALWAYS: Final = "general"
_TESTS: Final = "tests"


def next_blocks(plan: Plan, words: PatientWords) -> tuple[Block, ...]:
    """Return tests, treatments to talk about, what is left out, and what may be asked."""
    page = words.page
    refused = tuple(dict.fromkeys(_refused(r.refused, r.what, words) for r in plan.refusals))
    missing = tuple(
        dict.fromkeys(words.facts[fact.fact] for fact in plan.missing if fact.fact in words.facts)
    )
    parts: tuple[tuple[str, tuple[Block, ...]], ...] = (
        ("tests_title", _tests(plan, words)),
        ("options_title", _options(plan, words)),
        ("refusals_title", (Bullets(items=refused),) if refused else ()),
        ("missing_title", (Bullets(items=missing),) if missing else ()),
    )
    return tuple(
        block for title, blocks in parts if blocks for block in (Heading(text=page[title]), *blocks)
    )


def question_blocks(plan: Plan, words: PatientWords) -> tuple[Block, ...]:
    """Return questions: those for everybody, then those that go with this plan."""
    topics = [_ALWAYS, *([_TESTS] if plan.tests else [])]
    for option in plan.options:
        known = words.treatments.get(option.treatment)
        topics += known.topics if known is not None else ()
    items = tuple(text for topic in dict.fromkeys(topics) for text in words.questions[topic])
    return (Bullets(items=items),)


def glossary_blocks(plan: Plan, words: PatientWords) -> tuple[Block, ...]:
    """Return the terms that this page uses, with their meanings."""
    told = {
        *(fact for fact in plan.facts if fact in words.seen),
        *(branch.marker for branch in plan.branches),
        *(test.test for test in plan.tests),
        *(option.treatment for option in plan.options),
        *(refusal.refused for refusal in plan.refusals),
        *(missing.fact for missing in plan.missing),
    }
    return tuple(
        _entry(term.name, term.meaning)
        for term in words.glossary
        if not term.goes_with or term.goes_with & told
    )


def survival_blocks(survival: Survival, words: PatientWords) -> tuple[Block, ...]:
    """Return the numbers of survival; only for a patient who asked for them."""
    page = words.page
    one, two = (
        percent(share).removesuffix("%") for share in (survival.one_year, survival.two_years)
    )
    texts = [
        page["survival_intro"],
        *_median(survival, words),
        page["survival_years"].format(one=one, two=two),
        page["survival_guess"],
    ]
    return tuple(Paragraph(text=text) for text in texts)


def _median(survival: Survival, words: PatientWords) -> tuple[str, ...]:
    page = words.page
    if survival.median_days is None:
        return (page["survival_open"],)
    told = page["survival_median"].format(months=_months(survival.median_days))
    low, high = survival.low_days, survival.high_days
    if low is None or high is None:
        return (told,)
    return (told, page["survival_range"].format(low=_months(low), high=_months(high)))


def _months(days: float) -> str:
    return fixed(months(days), 0)


def _tests(plan: Plan, words: PatientWords) -> tuple[Block, ...]:
    by_kind: dict[str, list[str]] = {kind: [] for kind in words.test_kinds}
    others = []
    for test in plan.tests:
        known = words.tests.get(test.test)
        if known is None:
            others.append(words.page["unknown"].format(name=test.name))
        else:
            by_kind[known.kind].append(known.name)
    blocks: list[Block] = []
    for kind, names in by_kind.items():
        if names:
            title, about = words.test_kinds[kind]
            blocks += [_entry(title, about), Bullets(items=tuple(dict.fromkeys(names)))]
    return (*blocks, *((Bullets(items=tuple(others)),) if others else ()))


def _options(plan: Plan, words: PatientWords) -> tuple[Block, ...]:
    options = tuple(_option(option.treatment, option.name, words) for option in plan.options)
    about = Paragraph(text=words.page["options" if options else "no_options"])
    return (about, *options)


def _option(treatment: str, name: str, words: PatientWords) -> Entry:
    known = words.treatments.get(treatment)
    return _entry(known.name, known.about) if known is not None else _entry(_unknown(name, words))


def _refused(refused: str, what: str, words: PatientWords) -> str:
    if refused in words.refusals:
        return words.refusals[refused]
    known: TreatmentWords | None = words.treatments.get(refused)
    name = known.name if known is not None else _unknown(what, words)
    return words.page["refused_treatment"].format(treatment=name)


def _unknown(name: str, words: PatientWords) -> str:
    """Return a name that has no plain words as the plan has it, and who can explain it."""
    return words.page["unknown"].format(name=name)


def _entry(title: str, about: str = "") -> Entry:
    line: Line = (Span(text=about),)
    parts = (Part(lines=(line,)),) if about else ()
    return Entry(title=(Span(text=title, strong=True),), parts=parts)
