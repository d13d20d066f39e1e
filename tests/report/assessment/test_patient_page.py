from __future__ import annotations

import re

import pytest

from glioscope.core import Assessment, Patient
from glioscope.report.assessment_words import CAUTION
from glioscope.report.html import to_html
from glioscope.report.patient_page import make_patient_document
from glioscope.report.patient_words import likelihood

DAYS_PER_MONTH = 365.25 / 12


def page(assessment: Assessment, *, show_survival: bool = False) -> str:
    """The words of the page, without style, tags and pixels."""
    document = make_patient_document(
        assessment,
        case_id="case-001",
        patient=Patient(age_years=61.0, sex="F"),
        show_survival=show_survival,
    )
    html = to_html(document).decode()
    html = re.sub(r"<style>.*?</style>|data:image/png;base64,[^\"]*", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<(?!img)[^>]*>", " ", html))


def survival_numbers(assessment: Assessment) -> list[str]:
    """Every number of the curve as days, months, years, percent or fraction, 0 to 2 decimals."""
    curve = assessment.survival
    assert curve is not None
    days = (curve.median_days, curve.median_low_days, curve.median_high_days)
    values = [day for day in days if day is not None]
    values += [day / DAYS_PER_MONTH for day in values] + [day / 365.25 for day in values]
    shares = [*curve.one_year, *curve.two_years, curve.risk_percentile / 100, curve.risk]
    values += shares + [100 * share for share in shares]
    if curve.evidence is not None:
        values += [curve.evidence.value, 100 * curve.evidence.value]
    return [f"{value:.{decimals}f}" for value in values for decimals in range(3)]


def test_survival_is_not_told_unless_it_is_asked_for(full: Assessment) -> None:
    text = page(full)
    told = set(re.findall(r"\d+(?:\.\d+)?", text))

    # one digit alone says nothing: grades and chromosomes are numbers too
    assert told & {n for n in survival_numbers(full) if len(n) > 1} == set()
    for word in ("surviv", "month", "median", "alive", "risk", "die", "live ", "<img", "hazard"):
        assert word not in text.lower()


def test_survival_is_told_where_it_is_asked_for(full: Assessment) -> None:
    text = page(full, show_survival=True)

    assert "longer than about 13.6 months" in text
    assert "anything from 10.9 to 16.9" in text
    assert "anything from about 46 in 100 to about 63 in 100" in text
    assert "uncertain (about 55 in 100)" in text
    assert "<img" in text
    assert text.count(CAUTION) == page(full).count(CAUTION) + 2


def test_the_caution_stands_at_every_prediction(full: Assessment) -> None:
    assert page(full).count(CAUTION) == 4


def test_no_probability_stands_without_words(full: Assessment) -> None:
    text = page(full)

    numbers = re.findall(r"(?:about|more than|less than) \d+ in 100", text)
    worded = re.findall(r"(?:likely|uncertain) \((?:about|more than|less than) \d+ in 100\)", text)

    assert len(numbers) == len(worded) == 4
    assert "%" not in text


def test_tissue_decides_and_research_software_is_said_once(full: Assessment) -> None:
    text = page(full, show_survival=True)

    assert "Tissue decides." in text
    assert text.count("research software") == 1


@pytest.mark.parametrize(
    "jargon", ["AUC", "conformal", "Shapley", "calibrat", "log odds", "hazard"]
)
def test_no_jargon_is_used(full: Assessment, jargon: str) -> None:
    assert jargon not in page(full, show_survival=True)


def test_terms_are_explained(full: Assessment) -> None:
    text = page(full)

    for told in ("IDH is a gene", "MGMT is a gene", "Chromosomes carry the genes", "(a doctor who"):
        assert told in text


def test_other_answers_that_can_not_be_excluded_are_named(full: Assessment) -> None:
    text = page(full)

    assert "can&#39;t rule out: Astrocytoma, IDH-mutant, grade 4." in text
    assert "Not changed (“IDH-wildtype”): very likely" in text
    assert "can&#39;t rule out: changed (“IDH-mutant”)." in text


def test_an_abstention_is_told_plainly(kinds: dict[str, Assessment]) -> None:
    text = page(kinds["abstained"], show_survival=True)

    assert "makes no prediction for these pictures" in text
    assert "in 100)" not in text
    assert "<img" not in text


def test_a_page_without_any_answer_has_no_empty_head(kinds: dict[str, Assessment]) -> None:
    text = page(kinds["nothing"], show_survival=True)

    assert "What the pictures suggest" not in text
    assert "How long patients live" not in text


def test_what_the_pathologist_told_is_told(kinds: dict[str, Assessment]) -> None:
    text = page(kinds["known IDH"])

    assert "Changed (“IDH-mutant”): told by the pathologist." in text
    assert text.count(CAUTION) == 3


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.9999, "very likely (more than 99 in 100)"),
        (0.9, "very likely (about 90 in 100)"),
        (0.87, "likely (about 87 in 100)"),
        (0.55, "uncertain (about 55 in 100)"),
        (0.004, "uncertain (less than 1 in 100)"),
    ],
)
def test_a_probability_has_words(probability: float, words: str) -> None:
    assert likelihood(probability) == words
