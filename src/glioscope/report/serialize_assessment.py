"""Predictions as plain JSON values."""

from __future__ import annotations

from glioscope.core import (
    Assessment,
    Evidence,
    Outcome,
    Prediction,
    Quantity,
    Reason,
    SimilarPatient,
    SurvivalCurve,
)
from glioscope.report.assessment_words import (
    CAUTION,
    outcome_name,
    shown_outcomes,
    shown_predictions,
    standing,
)
from glioscope.report.numbers import rounded
from glioscope.report.plain import PREDICTED, Json, notice_json, quantity_json
from glioscope.report.survival_words import (
    BAND,
    ONE_YEAR_DAYS,
    TWO_YEARS_DAYS,
    baseline_at,
    baseline_median_days,
)


def assessment_json(assessment: Assessment) -> Json:
    """Return all predictions by target, the survival, and what they rest on.

    Raises:
        OutputError: If a number is not finite.
    """
    abstained = assessment.abstained is not None
    survival = None if abstained else assessment.survival
    return {
        "statement": CAUTION,
        "model": assessment.model,
        "inputs": list(assessment.inputs),
        "missing": list(assessment.missing),
        "abstained": assessment.abstained,
        "predictions": {
            str(prediction.target): _prediction_json(prediction)
            for prediction in shown_predictions(assessment)
        },
        "survival": None if survival is None else _survival_json(survival),
        "similar": [] if abstained else [_similar_json(found) for found in assessment.similar],
        "notices": [notice_json(notice) for notice in assessment.notices],
    }


def _prediction_json(prediction: Prediction) -> Json:
    outcomes = shown_outcomes(prediction)
    reasons = prediction.reasons if outcomes else ()
    return {
        "statement": standing(prediction),
        "known": prediction.known,
        "outcomes": [_outcome_json(prediction, outcome) for outcome in outcomes],
        "confidence": rounded(prediction.confidence),
        "prediction_set": [outcome.name for outcome in outcomes if outcome.in_set],
        "evidence": _evidence_json(prediction.evidence),
        "explained": prediction.explained if outcomes else None,
        "reasons": [_reason_json(reason) for reason in reasons],
    }


def _outcome_json(prediction: Prediction, outcome: Outcome) -> Json:
    return {
        "name": outcome.name,
        "label": outcome_name(prediction.target, outcome.name),
        "probability": rounded(outcome.probability),
        "baseline": _optional(outcome.baseline),
        "share": rounded(outcome.share),
        "in_set": outcome.in_set,
    }


def _evidence_json(evidence: Evidence | None) -> Json | None:
    if evidence is None:
        return None
    return {
        "metric": evidence.metric,
        "value": rounded(evidence.value),
        "low": rounded(evidence.low),
        "high": rounded(evidence.high),
        "interval": "95% bootstrap interval over patients",
        "baseline": _optional(evidence.baseline),
        "majority": _optional(evidence.majority),
        "calibration_error": _optional(evidence.calibration_error),
        "patients": evidence.patients,
        "data": evidence.data,
    }


def _reason_json(reason: Reason) -> Json:
    return {
        "group": reason.group,
        "text": reason.text,
        "contribution": rounded(reason.contribution),
    }


def _survival_json(curve: SurvivalCurve) -> Json:
    return {
        "statement": CAUTION,
        "curve": {
            "days": [rounded(day) for day in curve.days],
            "survival": [rounded(value) for value in curve.survival],
            "low": [rounded(value) for value in curve.low],
            "high": [rounded(value) for value in curve.high],
            "baseline": [rounded(value) for value in curve.baseline],
        },
        **_survival_quantities(curve),
        "used": list(curve.used),
        "missing": list(curve.missing),
        "evidence": _evidence_json(curve.evidence),
        "reasons": [_reason_json(reason) for reason in curve.reasons],
    }


def _survival_quantities(curve: SurvivalCurve) -> Json:
    median = (curve.median_days, curve.median_low_days, curve.median_high_days)
    alone = "age and sex alone"
    entries = {
        "median": ("d", median, "where the predicted curve crosses one half"),
        "one_year": ("1", curve.one_year, "predicted probability to live 365.25 days"),
        "two_years": ("1", curve.two_years, "predicted probability to live 730.5 days"),
        "baseline_median": ("d", (baseline_median_days(curve),), f"median by {alone}"),
        "baseline_one_year": ("1", (baseline_at(curve, ONE_YEAR_DAYS),), f"one year by {alone}"),
        "baseline_two_years": ("1", (baseline_at(curve, TWO_YEARS_DAYS),), f"two years by {alone}"),
        "risk": ("1", (curve.risk,), "log hazard against the average training patient"),
        "risk_percentile": ("%", (curve.risk_percentile,), "training patients of lower risk"),
    }
    return {
        name: quantity_json(_quantity(name, unit, values, method), PREDICTED)
        for name, (unit, values, method) in entries.items()
    }


def _quantity(name: str, unit: str, values: tuple[float | None, ...], method: str) -> Quantity:
    value, low, high = (*values, None, None)[:3]
    interval = BAND if len(values) == 3 else None
    return Quantity(
        name=name,
        value=value,
        unit=unit,
        region=None,
        method=method,
        low=low,
        high=high,
        interval=interval,
    )


def _similar_json(patient: SimilarPatient) -> Json:
    return {
        "entity": patient.entity,
        "age_band": patient.age_band,
        "sex": patient.sex,
        "months": patient.months,
        "died": patient.died,
        "distance": rounded(patient.distance),
    }


def _optional(value: float | None) -> float | None:
    return None if value is None else rounded(value)
