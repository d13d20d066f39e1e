"""The predictions as neutral content, for the report and for pages of their own."""

from __future__ import annotations

from glioscope.core import Assessment, Prediction, Severity, SurvivalCurve
from glioscope.report.assessment_tables import outcomes_table, similar_table, survival_table
from glioscope.report.assessment_words import (
    SCOPE,
    SURVIVAL_NAME,
    TARGET_NAMES,
    evidence_text,
    inputs_text,
    shown_outcomes,
    shown_predictions,
    standing_sentence,
    tried_text,
)
from glioscope.report.document import Block, Callout, Heading, Paragraph
from glioscope.report.reason_charts import reasons_picture, survival_reasons_picture
from glioscope.report.survival_chart import survival_picture
from glioscope.report.survival_words import facts_text
from glioscope.report.words import capitalized


def assessment_blocks(assessment: Assessment) -> tuple[Block, ...]:
    """Return all predictions; where the model abstained its reason stands instead of them."""
    if assessment.abstained is not None:
        return (
            abstention(assessment.abstained),
            Paragraph(text=inputs_text(assessment), small=True),
        )
    blocks: list[Block] = [Paragraph(text=f"{inputs_text(assessment)} {SCOPE}", small=True)]
    blocks += _missing(assessment)
    for prediction in shown_predictions(assessment):
        blocks += prediction_blocks(prediction)
    if assessment.survival is not None:
        blocks += survival_blocks(assessment.survival)
    if assessment.similar:
        table = similar_table(assessment.similar, courses=assessment.survival is not None)
        blocks += [Heading(text="Similar patients"), table]
    return tuple(blocks)


def abstention(reason: str) -> Callout:
    """Return the box that stands in place of every number."""
    return Callout(
        severity=Severity.WARNING,
        title="No prediction is made",
        items=(capitalized(reason), "Type, grade and markers must come from the tissue."),
    )


def prediction_blocks(prediction: Prediction) -> tuple[Block, ...]:
    """Return one prediction, or why there is none, with how good it is and its reasons."""
    heading = Heading(text=TARGET_NAMES[prediction.target])
    if not shown_outcomes(prediction):
        told = Paragraph(text=standing_sentence(prediction))
        tried = Paragraph(text=tried_text(prediction.evidence), small=True)
        return (heading, told) if prediction.known is not None else (heading, told, tried)
    good = Paragraph(text=evidence_text(prediction.evidence), small=True)
    picture = reasons_picture(prediction)
    return (heading, outcomes_table(prediction), good, *((picture,) if picture else ()))


def survival_blocks(curve: SurvivalCurve) -> tuple[Block, ...]:
    """Return the curve, its numbers, how good they are and the reasons."""
    picture = survival_reasons_picture(curve)
    return (
        Heading(text=SURVIVAL_NAME),
        survival_table(curve),
        Paragraph(text=facts_text(curve), small=True),
        Paragraph(text=evidence_text(curve.evidence), small=True),
        survival_picture(curve),
        *((picture,) if picture else ()),
    )


def _missing(assessment: Assessment) -> tuple[Callout, ...]:
    if not assessment.missing:
        return ()
    title = "What is missing, and what that costs"
    return (Callout(severity=Severity.INFO, title=title, items=assessment.missing),)
