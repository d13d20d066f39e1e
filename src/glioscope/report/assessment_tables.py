"""The tables of the predictions."""

from __future__ import annotations

from glioscope.core import Entity, Outcome, Prediction, SimilarPatient, SurvivalCurve
from glioscope.report.assessment_words import (
    CAUTION,
    ENTITY_NAMES,
    confidence_text,
    outcome_name,
    set_text,
    shown_outcomes,
)
from glioscope.report.document import Column, Table
from glioscope.report.numbers import fixed, percent
from glioscope.report.survival_words import (
    BAND,
    ONE_YEAR_DAYS,
    TWO_YEARS_DAYS,
    band_text,
    baseline_at,
    baseline_median_days,
    months_text,
    risk_text,
)
from glioscope.report.words import SEX_NAMES, capitalized

_NO_BASELINE = "A dash: neither age nor sex is known, so they say nothing."


def outcomes_table(prediction: Prediction) -> Table:
    """Return every answer with what the model, age and sex, and frequency alone say."""
    outcomes = shown_outcomes(prediction)
    most = max((outcome.share for outcome in outcomes), default=0.0)
    without = any(outcome.baseline is None for outcome in outcomes)
    return Table(
        caption=CAUTION,
        columns=(
            Column(title="Answer", weight=3.4),
            Column(title="Probability", weight=1.1, numeric=True),
            Column(title=f"In the {confidence_text(prediction)} set", weight=1.1, numeric=True),
            Column(title="Age and sex alone", weight=1.2, numeric=True),
            Column(title="Of the training patients", weight=1.7, numeric=True),
        ),
        rows=tuple(_outcome_row(prediction, outcome, most) for outcome in outcomes),
        note=f"{set_text(prediction)} {_NO_BASELINE}" if without else set_text(prediction),
    )


def survival_table(curve: SurvivalCurve) -> Table:
    """Return median, one- and two-year survival and the risk, beside age and sex alone."""
    rows = [
        (
            "Median survival (months)",
            months_text(curve.median_days),
            f"{months_text(curve.median_low_days)} to {months_text(curve.median_high_days)}",
            months_text(baseline_median_days(curve)) if curve.baseline else "–",
        ),
        _chance_row("Alive after one year", curve.one_year, baseline_at(curve, ONE_YEAR_DAYS)),
        _chance_row("Alive after two years", curve.two_years, baseline_at(curve, TWO_YEARS_DAYS)),
        ("Risk of death", risk_text(curve), "–", "–"),
    ]
    return Table(
        caption=CAUTION,
        columns=(
            Column(title="From the scan before treatment", weight=1.9),
            Column(title="Predicted", weight=2.4, numeric=True),
            Column(title="90% band", weight=1.1, numeric=True),
            Column(title="Age and sex alone", weight=1.2, numeric=True),
        ),
        rows=tuple(rows),
        note=f"{BAND}. Single patients live much shorter or longer than the median.",
    )


def similar_table(patients: tuple[SimilarPatient, ...], *, courses: bool) -> Table:
    """Return the nearest training patients, coarse on purpose, without identifiers.

    Args:
        patients: Nearest first.
        courses: Whether to tell how long they lived, which is survival by another name.
    """
    columns: tuple[Column, ...] = (
        Column(title="Diagnosis of the tissue", weight=3.2),
        Column(title="Age (years)", weight=1.0),
        Column(title="Sex", weight=0.8),
        Column(title="Distance (SD)", weight=1.1, numeric=True),
    )
    note = "They show what the model has seen; they are no prediction."
    if courses:
        columns = (*columns, Column(title="Course", weight=2.4))
        note = f"Months are rounded to 3. {note}"
    return Table(
        caption="Training patients whose inputs lie nearest",
        columns=columns,
        rows=tuple(_similar_row(patient)[: len(columns)] for patient in patients),
        note=note,
    )


def _outcome_row(prediction: Prediction, outcome: Outcome, most: float) -> tuple[str, ...]:
    share = percent(outcome.share)
    return (
        capitalized(outcome_name(prediction.target, outcome.name)),
        percent(outcome.probability),
        "yes" if outcome.in_set else "no",
        "–" if outcome.baseline is None else percent(outcome.baseline),
        f"{share}, most frequent" if outcome.share == most else share,
    )


def _chance_row(
    name: str, value: tuple[float, float, float], baseline: float | None
) -> tuple[str, str, str, str]:
    alone = "–" if baseline is None else percent(baseline)
    return (name, percent(value[0]), band_text(*value[1:]), alone)


def _similar_row(patient: SimilarPatient) -> tuple[str, ...]:
    entities = {str(entity): name for entity, name in ENTITY_NAMES.items()}
    return (
        entities.get(patient.entity, entities[Entity.OTHER]),
        patient.age_band,
        SEX_NAMES.get(patient.sex, "not known"),
        fixed(patient.distance, 1),
        _course(patient),
    )


def _course(patient: SimilarPatient) -> str:
    if patient.months is None or patient.died is None:
        return "not known"
    if patient.died:
        return f"died after {patient.months} months"
    return f"alive after {patient.months} months, when follow-up ended"
