from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
import textstat

from glioscope.core import (
    Branch,
    MissingFact,
    OrderedTest,
    Plan,
    Refusal,
    Sentence,
    Strength,
    TreatmentOption,
)
from glioscope.guidance.knowledge import load_vocabulary
from glioscope.report.document import Bullets, Document, Entry, Heading, Paragraph
from glioscope.report.html import to_html
from glioscope.report.plan.imaging import Imaging, Survival
from glioscope.report.plan.language import LANGUAGES
from glioscope.report.plan.patient_page import make_patient_plan
from glioscope.report.plan.patient_words import patient_words

LARGEST_GRADE = 8.0
ALARMING = (
    "death|die|dying|dead|fatal|kill|danger|risk|urgent|emergency|cancer|malign|aggress|hopeless"
    "|terminal|incurable|worse|warning|alarm|surviv|grow"
)
ALARMING_SPANISH = (
    "muer|mortal|mori|cáncer|riesgo|peligro|urgen|grave|malign|agresiv|superviv|alarma"
)
ADVICE = r"\b(should (get|take|have|choose|start)|must|we recommend|recommended|you need to)\b"
HOSTILE = "<script>alert(1)</script><b>{0}{place}"


def texts(document: Document) -> list[str]:
    """Every text of the page, as it is read."""
    found = [document.title, document.statement]
    for section in document.sections:
        found.append(section.title)
        for block in section.blocks:
            assert isinstance(block, Heading | Paragraph | Bullets | Entry)
            match block:
                case Heading() | Paragraph():
                    found.append(block.text)
                case Bullets():
                    found += block.items
                case Entry():
                    lines = [block.title, *(line for part in block.parts for line in part.lines)]
                    found += ["".join(span.text for span in line) for line in lines]
    return found


def headings(document: Document) -> list[str]:
    found = [document.title]
    for section in document.sections:
        found.append(section.title)
        found += [block.text for block in section.blocks if isinstance(block, Heading)]
    return found


def reading(document: Document) -> str:
    """The page as running text; what stands in a line of its own ends as a sentence."""
    return " ".join(
        text if text.endswith((".", "?", "!")) else f"{text}." for text in texts(document)
    )


def option(treatment: str) -> TreatmentOption:
    why = (Sentence(text="Why."),)
    return TreatmentOption(
        treatment=treatment, name=f"Name of {treatment}", strength=Strength.STRONG, reasons=why
    )


def random_plan(seed: int) -> Plan:
    """Any mixture of what the vocabulary has."""
    chance, vocabulary = np.random.default_rng(seed), load_vocabulary()

    def some(names: Any, most: int) -> list[str]:
        listed = list(names)
        number = int(chance.integers(0, min(most, len(listed)), endpoint=True))
        return [str(name) for name in chance.choice(listed, number, replace=False)]

    facts = {
        name: str(chance.choice(vocabulary.facts[name].choices))
        for name in some((n for n, e in vocabulary.facts.items() if e.choices), 25)
    }
    markers = [n for n, e in vocabulary.facts.items() if e.marker and n not in facts]
    return Plan(
        case_id=f"case-{seed}",
        release="1",
        facts=facts,
        options=tuple(option(name) for name in some(vocabulary.treatments, 8)),
        tests=tuple(OrderedTest(test=t, name=t, why="") for t in some(vocabulary.tests, 12)),
        refusals=tuple(
            Refusal(refused=name, what=name, why="")
            for name in some([*vocabulary.refusals, *vocabulary.treatments], 5)
        ),
        missing=tuple(
            MissingFact(fact=name, question="", why="") for name in some(vocabulary.facts, 20)
        ),
        branches=tuple(
            Branch(
                marker=name,
                outcome=str(chance.choice(vocabulary.facts[name].choices)),
                probability=0.7,
                text=Sentence(text="If tissue confirms."),
                tests=(),
            )
            for name in some(markers, 3)
        ),
    )


@pytest.fixture(scope="module")
def many() -> list[Plan]:
    return [random_plan(seed) for seed in range(120)]


def test_the_page_reads_at_grade_eight_or_below(many: list[Plan]) -> None:
    grades = [textstat.flesch_kincaid_grade(reading(make_patient_plan(plan))) for plan in many]

    assert max(grades) <= LARGEST_GRADE


def test_its_sentences_alone_read_at_grade_eight_or_below(many: list[Plan]) -> None:
    """Short headings and lists could make long sentences look easy."""
    for plan in many[:40]:
        told = [text for text in texts(make_patient_plan(plan)) if len(text.split()) >= 8]

        assert textstat.flesch_kincaid_grade(" ".join(told)) <= LARGEST_GRADE


def test_each_part_reads_at_grade_eight_or_below() -> None:
    """No part hides behind the easy ones: all treatments, all tests, all refusals, all facts."""
    words = patient_words("en")
    parts = {
        "treatments": [f"{t.name}. {t.about}" for t in words.treatments.values()],
        "entities": list(words.entities.values()),
        "seen": [text for values in words.seen.values() for text in values.values()],
        "refusals": list(words.refusals.values()),
        "questions": [text for listed in words.questions.values() for text in listed],
        "kinds": [f"{name}. {about}" for name, about in words.test_kinds.values()],
        "glossary": [f"{term.name}. {term.meaning}" for term in words.glossary],
        "page": [text for text in words.page.values() if text.endswith(".")],
    }

    grades = {name: textstat.flesch_kincaid_grade(" ".join(t)) for name, t in parts.items()}

    assert {name: grade for name, grade in grades.items() if grade > LARGEST_GRADE} == {}


def test_no_heading_alarms(many: list[Plan]) -> None:
    for plan in many:
        for heading in headings(make_patient_plan(plan)):
            assert re.search(ALARMING, heading, re.IGNORECASE) is None, heading
    for language, alarming in (("zh", "死|亡|癌|危|险|急|恶|警"), ("es", ALARMING_SPANISH)):
        for heading in headings(make_patient_plan(many[0], language=language)):
            assert re.search(alarming, heading, re.IGNORECASE) is None, heading


def test_no_treatment_is_advice(many: list[Plan]) -> None:
    for plan in many:
        document = make_patient_plan(plan)
        told = reading(document)

        assert re.search(ADVICE, told, re.IGNORECASE) is None
        assert "Name of" not in told
        if plan.options:
            assert told.index("It is not advice.") < min(
                told.index(patient_words("en").treatments[o.treatment].name) for o in plan.options
            )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_its_parts_in_order(plan: Plan, language: str) -> None:
    document = make_patient_plan(plan, language=language)
    page = patient_words(language).page

    parts = ["about", "seen", "meaning", "next", "questions", "words"]
    assert [section.ident for section in document.sections] == parts
    assert [section.title for section in document.sections] == [
        page[f"{part}_title"] for part in parts
    ]
    assert f'<html lang="{LANGUAGES[language]}">'.encode() in to_html(document)


def test_tested_facts_and_options_are_told_plainly(plan: Plan) -> None:
    told = texts(make_patient_plan(plan))

    for text in (
        "The gene IDH is not changed (“IDH-wildtype”).",
        "The guess: The gene MGMT is switched off (“methylated”).",
        "By all tests, its grade is 4.",
        "Radiation with temozolomide",
        "A clinical trial",
        "A test of the gene MGMT",
        "A blood count",
        "Nothing is chosen because of a guess from pictures. The tissue has to be tested first.",
        "Lomustine: this may not fit you right now. Your doctors can tell you why.",
        "your blood counts",
        "Is there a trial that fits me, and where?",
        "When will the results be there, and who will tell me?",
    ):
        assert text in told


def test_a_guess_is_told_if_it_is_likely_and_never_as_a_result(plan: Plan) -> None:
    def told(marker: str, outcome: str, probability: float) -> str:
        branch = replace(plan.branches[0], marker=marker, outcome=outcome, probability=probability)
        return reading(make_patient_plan(replace(plan, facts={}, branches=(branch,))))

    assert "The guess: Its grade is 2." in told("grade", "2", 0.61)
    assert "The lab" not in told("grade", "2", 0.61).replace("The lab looks", "")
    assert "The guess: The gene IDH is changed" in told("idh", "mutant", 0.9)
    for text in (told("grade", "2", 0.39), told("histology", "other", 0.9)):
        assert "guess:" not in text
        assert "The program made a guess" not in text


def test_nothing_of_the_professional_texts_is_told(plan: Plan) -> None:
    for language in LANGUAGES:
        told = reading(make_patient_plan(plan, language=language))

        for text in ("platelets", "Weller", "Chemoradiation", "local-guideline", "tiny-model"):
            assert text not in told


def test_a_translated_page_has_no_english_left(many: list[Plan]) -> None:
    english = set(texts(make_patient_plan(many[0])))
    names = {"1p/19q", "ATRX", "Bevacizumab", "Dordaviprone", "IDH", "MGMT", "Regorafenib"}
    same = {*names, "Glioma", "Tumor", "Vorasidenib"}

    for language in ("zh", "es"):
        translated = set(texts(make_patient_plan(many[0], language=language)))
        assert english & translated <= same


def test_doctors_are_told_of_the_english_plan_only_where_the_page_is_not(plan: Plan) -> None:
    text = patient_words("es").page["english_plan"]

    assert text in texts(make_patient_plan(plan, language="es"))
    assert patient_words("en").page["english_plan"] not in texts(make_patient_plan(plan))


def test_without_any_fact_the_page_still_stands(empty_plan: Plan) -> None:
    told = reading(make_patient_plan(empty_plan))

    assert "made without pictures and without test results" in told
    assert "does not give the tumor its full name" in told
    assert "no list of treatments" in told


def test_what_was_measured_is_told(plan: Plan) -> None:
    imaging = Imaging(has_tumor=True, lobe="frontal lobe", side="left", longest_mm=41.26)

    told = texts(make_patient_plan(plan, imaging=imaging))

    assert (
        "The pictures show a tumor in this part of the brain: the frontal lobe (front of the"
        " brain), on the left side."
    ) in told
    assert "Where it is widest, it is about 4.1 cm across." in told


@pytest.mark.parametrize(
    ("imaging", "told"),
    [
        (Imaging(has_tumor=False), "no_tumor"),
        (Imaging(has_tumor=True), "place_unknown"),
        (Imaging(has_tumor=True, lobe="no such lobe", side="left"), "place_unknown"),
    ],
)
def test_images_that_tell_less_are_told_too(plan: Plan, imaging: Imaging, told: str) -> None:
    for language in LANGUAGES:
        page = make_patient_plan(plan, language=language, imaging=imaging)

        assert patient_words(language).page[told] in texts(page)


def test_every_structure_of_the_atlas_has_a_name() -> None:
    source = (
        files("glioscope.weights")
        .joinpath("atlas")
        .joinpath("names.csv")
        .read_text(encoding="utf-8")
    )
    lobes = {line.rsplit(",", 1)[1] for line in source.splitlines()[1:]}

    assert lobes <= set(patient_words("en").places)


@pytest.fixture
def imaging() -> Imaging:
    survival = Survival(
        median_days=517.4, low_days=396.1, high_days=944.2, one_year=0.83, two_years=0.37
    )
    return Imaging(has_tumor=True, survival=survival)


def test_survival_is_not_told_unless_it_is_asked_for(plan: Plan, imaging: Imaging) -> None:
    for language in LANGUAGES:
        document = make_patient_plan(plan, language=language, imaging=imaging)
        without = replace(imaging, survival=None)

        assert document == make_patient_plan(plan, language=language, imaging=without)
    told = reading(make_patient_plan(plan, imaging=imaging)).lower()
    assert re.search(r"surviv|month|median|lived|out of 100", told) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_survival_is_told_where_it_is_asked_for(
    plan: Plan, imaging: Imaging, language: str
) -> None:
    document = make_patient_plan(plan, language=language, imaging=imaging, show_survival=True)
    section = next(s for s in document.sections if s.ident == "survival")
    told = " ".join(block.text for block in section.blocks if isinstance(block, Paragraph))

    for number in ("17", "13", "31", "83", "37"):
        assert re.search(rf"(?<!\d){number}(?!\d)", told)
    assert patient_words(language).page["survival_intro"] in told


def test_an_open_median_and_one_without_a_range_are_told(plan: Plan, imaging: Imaging) -> None:
    survival = imaging.survival
    assert survival is not None
    for changed, text in (
        (replace(survival, median_days=None), "longer than the program can look ahead"),
        (replace(survival, high_days=None), "longer than about 17 months"),
    ):
        made = make_patient_plan(
            plan, imaging=replace(imaging, survival=changed), show_survival=True
        )
        assert text in reading(made)
        assert "None" not in reading(made)


def test_where_no_survival_was_predicted_none_is_told(plan: Plan) -> None:
    document = make_patient_plan(plan, imaging=Imaging(has_tumor=True), show_survival=True)

    assert "survival" not in [section.ident for section in document.sections]


def test_hostile_text_is_not_told_or_only_text(plan: Plan) -> None:
    hostile = replace(
        plan,
        case_id=HOSTILE,
        facts={"idh": HOSTILE, HOSTILE: "mutant", "entity": HOSTILE},
        options=(option("no-such-treatment"), replace(option("x"), name=HOSTILE)),
        tests=(OrderedTest(test="no-such-test", name=HOSTILE, why=HOSTILE),),
        refusals=(Refusal(refused="no-such-refusal", what=HOSTILE, why=HOSTILE),),
        missing=(MissingFact(fact=HOSTILE, question=HOSTILE, why=HOSTILE),),
        branches=(replace(plan.branches[0], outcome=HOSTILE),),
    )
    for language in LANGUAGES:
        html = to_html(make_patient_plan(hostile, language=language)).decode()

        assert "<script" not in html
        assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;&lt;b&gt;{0}{place}") == 5


def test_what_has_no_plain_words_says_who_explains_it(plan: Plan) -> None:
    unknown = replace(plan, options=(option("no-such-treatment"),))

    assert "“Name of no-such-treatment” (your doctors can explain this)" in texts(
        make_patient_plan(unknown)
    )


def test_the_statement_stands_once(many: list[Plan]) -> None:
    for language in LANGUAGES:
        told = reading(make_patient_plan(many[0], language=language))

        assert told.count(patient_words(language).page["statement"]) == 1
    assert reading(make_patient_plan(many[0])).count("research software") == 1


def test_words_are_explained_where_they_are_used(plan: Plan, empty_plan: Plan) -> None:
    told, nothing = texts(make_patient_plan(plan)), texts(make_patient_plan(empty_plan))

    assert {"IDH", "MGMT", "Grade"} <= set(told)
    assert "Grade" in nothing
    assert {"IDH", "MGMT", "1p/19q", "Steroid"}.isdisjoint(nothing)
    assert "Steroid" not in told


def test_every_question_belongs_to_something() -> None:
    source = files("glioscope.report.plan").joinpath("patient.toml").read_text(encoding="utf-8")
    table = tomllib.loads(source)
    topics = {topic for entry in table["treatments"].values() for topic in entry["topics"]}

    assert set(table["questions"]) == topics | {"general", "tests"}
