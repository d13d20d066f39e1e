"""The predictions as a few lines for a terminal."""

from __future__ import annotations

from glioscope.core import (
    Assessment,
    Evidence,
    Outcome,
    Prediction,
    Severity,
    SurvivalCurve,
    Target,
)
from glioscope.report.assessment_words import (
    CAUTION,
    SURVIVAL_NAME,
    TARGET_NAMES,
    inputs_text,
    measured_text,
    outcome_name,
    set_text,
    shown_outcomes,
    shown_predictions,
    standing_sentence,
)
from glioscope.report.notice_boxes import notice_text
from glioscope.report.numbers import fixed, percent
from glioscope.report.survival_words import (
    BAND,
    ONE_YEAR_DAYS,
    TWO_YEARS_DAYS,
    baseline_at,
    chance_text,
    facts_text,
    median_text,
    risk_text,
)
from glioscope.report.words import STATEMENT, capitalized

_SHOWN_ENTITIES = 3
_SEVERITIES = {Severity.ALARM: "Alarm", Severity.WARNING: "Warning"}


def assessment_text(assessment: Assessment) -> str:
    """Return about twenty lines: each prediction with its set, its baselines and its caution."""
    lines = [inputs_text(assessment)]
    lines += [
        f"{_SEVERITIES[notice.severity]}: {notice_text(notice)}"
        for notice in assessment.notices
        if notice.severity in _SEVERITIES
    ]
    if assessment.abstained is not None:
        lines += [f"No prediction is made: {assessment.abstained}", STATEMENT]
        return "\n".join(lines)
    for prediction in shown_predictions(assessment):
        lines += _prediction_lines(prediction)
    if assessment.survival is not None:
        lines += _survival_lines(assessment.survival)
    lines += [f"Missing: {text}" for text in assessment.missing]
    return "\n".join([*lines, STATEMENT])


def _prediction_lines(prediction: Prediction) -> list[str]:
    outcomes = shown_outcomes(prediction)
    title = TARGET_NAMES[prediction.target]
    if prediction.known is not None:
        return [f"{title}: {standing_sentence(prediction)}"]
    if not outcomes:
        return [f"{standing_sentence(prediction)}{_measured(prediction.evidence)}"]
    most = outcomes[: _SHOWN_ENTITIES if prediction.target is Target.ENTITY else 1]
    return [
        f"{title}. {CAUTION}",
        *(f"  {_outcome_text(prediction, outcome)}" for outcome in most),
        f"  {set_text(prediction)}{_measured(prediction.evidence)}",
    ]


def _outcome_text(prediction: Prediction, outcome: Outcome) -> str:
    name = capitalized(outcome_name(prediction.target, outcome.name))
    alone = "not known" if outcome.baseline is None else percent(outcome.baseline)
    return (
        f"{name}: {percent(outcome.probability)} (age and sex alone: {alone}; of the training"
        f" patients: {percent(outcome.share)})"
    )


def _measured(evidence: Evidence | None) -> str:
    if evidence is None:
        return ""
    alone = evidence.baseline
    beside = "" if alone is None else f", age and sex alone {fixed(alone, 2)}"
    return f" Measured: {measured_text(evidence)}{beside}."


def _survival_lines(curve: SurvivalCurve) -> list[str]:
    chances = [f"median {median_text(curve)}"]
    for name, value, day in (
        ("one year", curve.one_year, ONE_YEAR_DAYS),
        ("two years", curve.two_years, TWO_YEARS_DAYS),
    ):
        alone = baseline_at(curve, day)
        beside = "" if alone is None else f", age and sex alone {percent(alone)}"
        chances.append(f"{name} {chance_text(value)}{beside}")
    return [
        f"{SURVIVAL_NAME}. {CAUTION}",
        f"  {capitalized('; '.join(chances))}. In brackets: {BAND}.",
        f"  Risk {risk_text(curve)}.{_measured(curve.evidence)} {facts_text(curve)}",
    ]
