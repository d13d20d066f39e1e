"""A page for the patient: plain words, and no survival unless it is asked for."""

from __future__ import annotations

from dataclasses import replace

from glioscope.core import Assessment, Patient, SurvivalCurve
from glioscope.report.assessment_words import CAUTION, shown_predictions
from glioscope.report.document import Block, Document, Heading, Paragraph, Section
from glioscope.report.patient_words import (
    ABSTAINED,
    ASKED_FOR,
    CLOSING,
    INTRODUCTION,
    PATIENT_STATEMENT,
    QUESTIONS,
    TISSUE,
    in_hundred,
    likelihood,
    prediction_paragraphs,
)
from glioscope.report.survival_chart import survival_picture
from glioscope.report.survival_words import months_text
from glioscope.report.words import patient_facts


def make_patient_document(
    assessment: Assessment, *, case_id: str, patient: Patient, show_survival: bool
) -> Document:
    """Return the page for the patient.

    Args:
        assessment: What is predicted.
        case_id: Pseudonym.
        patient: Age and sex as told.
        show_survival: Whether the patient asked for it; without it nothing of it is told.
    """
    sections = [
        Section(
            ident="about", title="What this page is", blocks=_paragraphs((INTRODUCTION, TISSUE))
        ),
        Section(ident="answers", title="What the pictures suggest", blocks=_answers(assessment)),
    ]
    curve = assessment.survival
    if show_survival and curve is not None and assessment.abstained is None:
        title = "How long patients live"
        sections.append(Section(ident="survival", title=title, blocks=_survival(curve)))
    closing = Paragraph(text=CLOSING)
    sections.append(Section(ident="next", title="What comes next", blocks=(closing,)))
    return Document(
        title="What pictures of the brain suggest about the tumor",
        facts=(("Case", case_id), *patient_facts(patient)),
        statement=PATIENT_STATEMENT,
        callouts=(),
        sections=tuple(section for section in sections if section.blocks),
    )


def _answers(assessment: Assessment) -> tuple[Block, ...]:
    if assessment.abstained is not None:
        reason = f"The reason, in the words for your doctor: {assessment.abstained.rstrip('.')}."
        return _paragraphs((ABSTAINED, reason))
    blocks: list[Block] = []
    for prediction in shown_predictions(assessment):
        blocks.append(Heading(text=QUESTIONS[prediction.target]))
        blocks += _paragraphs(prediction_paragraphs(prediction))
    return tuple(blocks)


def _survival(curve: SurvivalCurve) -> tuple[Block, ...]:
    picture = replace(
        survival_picture(curve),
        alt="A falling line: how many of 100 patients are alive as the months pass.",
        caption="The line shows how many of 100 patients are alive as the months pass. The shaded"
        " band shows how unsure the program is. The dashed line, where there is one, knows only age"
        " and sex; the dotted line, where there is one, marks the median, which half of the"
        f" patients outlive. {CAUTION}.",
    )
    return (
        *_paragraphs((ASKED_FOR, f"{_median(curve)} {_years(curve)} {CAUTION}.")),
        picture,
    )


def _median(curve: SurvivalCurve) -> str:
    if curve.median_days is None:
        return "More than half of the patients live longer than the program can look ahead."
    low, high = months_text(curve.median_low_days), months_text(curve.median_high_days)
    return (
        f"Half of the patients whose pictures look like these live longer than about"
        f" {months_text(curve.median_days)} months, the other half shorter. The program is not"
        f" sure of this number: it may be anything from {low} to {high}."
    )


def _years(curve: SurvivalCurve) -> str:
    said = (("one year", curve.one_year), ("two years", curve.two_years))
    return " ".join(
        f"To live longer than {name} is {likelihood(value)}; it may be anything from"
        f" {in_hundred(low)} to {in_hundred(high)}."
        for name, (value, low, high) in said
    )


def _paragraphs(texts: tuple[str, ...]) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(text=text) for text in texts)
