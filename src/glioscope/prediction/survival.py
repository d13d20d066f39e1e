"""How long patients like this one lived."""

from __future__ import annotations

from typing import Final

import numpy as np

from glioscope.core import SurvivalCurve, Target
from glioscope.prediction.hazard import Hazard, at_day, crossing
from glioscope.prediction.inputs import Inputs
from glioscope.prediction.joint import Distribution, marginal
from glioscope.prediction.known import Known
from glioscope.prediction.linear import Vector
from glioscope.prediction.model import CLINICAL, PredictionModel, SurvivalModel

BAND: Final = 0.9

YEAR_DAYS: Final = 365.25


def predict_survival(
    inputs: Inputs, known: Known, told: Distribution, model: PredictionModel
) -> SurvivalCurve:
    """Return the predicted curve.

    Args:
        inputs: Of the patient.
        known: Resection, MGMT and Karnofsky status enter if told.
        told: Distribution over the entities under the facts; enters if any of IDH, 1p/19q and
            grade was told.
        model: Holds the survival models.
    """
    own = model.survival[inputs.survival_pattern]
    hazard, features = hazard_of(own, inputs, known, told)
    hazard = hazard.shifted(kps_shift(known, model))
    curve, (low, high) = hazard.survival(features), hazard.band(features, confidence=BAND)
    facts = {
        "resection": known.resection is not None,
        "MGMT": known.mgmt is not None,
        "KPS": known.kps is not None,
        "entity": names_entity(known),
    }
    return SurvivalCurve(
        days=tuple(model.days.tolist()),
        survival=tuple(curve.tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
        baseline=_baseline(inputs, model),
        median_days=crossing(model.days, curve, 0.5),
        median_low_days=crossing(model.days, low, 0.5),
        median_high_days=crossing(model.days, high, 0.5),
        one_year=_on(YEAR_DAYS, model.days, curve, low, high),
        two_years=_on(2 * YEAR_DAYS, model.days, curve, low, high),
        risk=float(hazard.risk(features)),
        risk_percentile=hazard.percentile(features),
        evidence=own.evidence_for(known),
        used=tuple(name for name, fact in facts.items() if fact),
        missing=tuple(name for name, fact in facts.items() if not fact),
    )


def hazard_of(
    own: SurvivalModel, inputs: Inputs, known: Known, told: Distribution
) -> tuple[Hazard, Vector]:
    """Return the hazard that fits what is known, and its features, shape ``(F,)``."""
    clinical = _clinical(known)
    features = inputs.vector(own.groups)
    if not names_entity(known):
        return own.hazard, _filled(own.hazard, features, clinical)
    entity = [
        marginal(told, Target.IDH)["mutant"],
        marginal(told, Target.GRADE)["4"],
        marginal(told, Target.CODELETION)["codeleted"],
        marginal(told, Target.GRADE)["none"],
    ]
    return own.hazard_known, _filled(own.hazard_known, features, [*clinical, *entity])


def names_entity(known: Known) -> bool:
    """Tell whether the pathologist said anything of the entity."""
    return any(fact is not None for fact in (known.idh, known.codeletion, known.grade))


def kps_shift(known: Known, model: PredictionModel) -> float:
    """Return what the Karnofsky status adds to the log hazard; 0 where it was not told."""
    return 0.0 if known.kps is None else (known.kps - model.kps_mean) / 10 * model.kps_per_ten


def _clinical(known: Known) -> list[float | None]:
    values = {
        "gross-total resection": _indicator(known.resection, "gross-total"),
        "biopsy only": _indicator(known.resection, "biopsy"),
        "MGMT methylated": _indicator(known.mgmt, "methylated"),
    }
    return [values[name] for name in CLINICAL]


def _indicator(fact: str | None, value: str) -> float | None:
    return None if fact is None else float(fact == value)


def _filled(hazard: Hazard, features: Vector, facts: list[float | None]) -> Vector:
    """Append facts; one that was not told counts as that of the average patient."""
    average = hazard.risk.mean[len(features) :]
    told = [mean if fact is None else fact for fact, mean in zip(facts, average, strict=True)]
    return np.concatenate([features, np.array(told, dtype=np.float64)])


def _baseline(inputs: Inputs, model: PredictionModel) -> tuple[float, ...]:
    if not {"age", "sex"} & set(inputs.groups):
        return ()
    own = model.survival[("age", "sex") if "age" in inputs.groups else ("sex",)]
    features = _filled(own.hazard, inputs.vector(own.groups), [None] * len(CLINICAL))
    return tuple(own.hazard.survival(features).tolist())


def _on(
    day: float, days: Vector, curve: Vector, low: Vector, high: Vector
) -> tuple[float, float, float]:
    return at_day(days, curve, day), at_day(days, low, day), at_day(days, high, day)
