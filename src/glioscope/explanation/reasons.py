"""What each group of inputs did to a patient's predictions, and how to say it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from glioscope.core import Assessment, Prediction, Reason, SurvivalCurve, Target
from glioscope.explanation.shapley import Vector, group_shapley
from glioscope.prediction import (
    CLINICAL,
    KNOWN_ENTITY,
    Inputs,
    Known,
    PredictionModel,
    feature_names,
    hazard_of,
    load_model,
    logit,
    marginal,
    names_entity,
)

EXPLAINED: Final[Mapping[Target, str]] = MappingProxyType(
    {Target.GRADE: "4", Target.IDH: "mutant", Target.CODELETION: "codeleted"}
)
"""The outcome whose log odds are shared out."""


def with_reasons(
    assessment: Assessment,
    inputs: Inputs,
    known: Known | None = None,
    *,
    model: PredictionModel | None = None,
) -> Assessment:
    """Return an assessment with the reasons of its predictions and of the survival.

    The reference is the average training patient.

    Args:
        assessment: Of these inputs and facts.
        inputs: Of the patient.
        known: Facts told.
        model: That made the assessment; the shipped one where ``None``.
    """
    if assessment.abstained is not None:
        return assessment
    known, model = known or Known(), model or load_model()
    predictions = {
        target: _explained(prediction, inputs, known, model)
        for target, prediction in assessment.predictions.items()
    }
    survival = assessment.survival
    if survival is not None:
        survival = _survival_explained(survival, inputs, known, model)
    return replace(assessment, predictions=predictions, survival=survival)


def target_shapley(
    target: Target, inputs: Inputs, known: Known, model: PredictionModel
) -> dict[str, float]:
    """Return each group's share of the log odds of `EXPLAINED`, under the facts told."""
    groups = inputs.pattern
    joint = model.patterns[groups].joint

    def score(features: Vector) -> float:
        told = joint.conditioned(joint.distribution(features), known)
        return logit(marginal(told, target)[EXPLAINED[target]])

    return group_shapley(score, inputs.vector(groups), joint.families.mean, _places(groups))


def _explained(
    prediction: Prediction, inputs: Inputs, known: Known, model: PredictionModel
) -> Prediction:
    wanted = EXPLAINED.get(prediction.target)
    probabilities = {outcome.name: outcome.probability for outcome in prediction.outcomes}
    if wanted is None or prediction.known or not 0 < probabilities[wanted] < 1:
        return prediction
    shares = target_shapley(prediction.target, inputs, known, model)
    mean = model.patterns[inputs.pattern].joint.families.mean
    typical = dict(zip(feature_names(inputs.pattern), mean.tolist(), strict=True))
    return replace(prediction, explained=wanted, reasons=_reasons(shares, inputs, typical))


def _survival_explained(
    curve: SurvivalCurve, inputs: Inputs, known: Known, model: PredictionModel
) -> SurvivalCurve:
    own = model.survival[inputs.survival_pattern]
    pattern = model.patterns[inputs.pattern].joint
    told = pattern.conditioned(pattern.distribution(inputs.vector(inputs.pattern)), known)
    hazard, features = hazard_of(own, inputs, known, told)
    places = _places(own.groups)
    first = len(feature_names(own.groups))
    places["resection and MGMT"] = range(first, first + len(CLINICAL))
    if names_entity(known):
        start = first + len(CLINICAL)
        places["entity"] = range(start, start + len(KNOWN_ENTITY))
    shares = group_shapley(
        lambda vector: float(hazard.risk(vector)), features, hazard.risk.mean, places
    )
    shares = {group: share for group, share in shares.items() if share != 0}
    if known.kps is not None:
        shares["Karnofsky status"] = (known.kps - model.kps_mean) / 10 * model.kps_per_ten
    mean = hazard.risk.mean[:first]
    typical = dict(zip(feature_names(own.groups), mean.tolist(), strict=True))
    return replace(curve, reasons=_reasons(shares, inputs, typical, known))


def _places(groups: tuple[str, ...]) -> dict[str, range]:
    places, start = {}, 0
    for group in groups:
        count = len(feature_names((group,)))
        places[group] = range(start, start + count)
        start += count
    return places


def _reasons(
    shares: Mapping[str, float],
    inputs: Inputs,
    typical: Mapping[str, float],
    known: Known | None = None,
) -> tuple[Reason, ...]:
    reasons = [
        Reason(group=group, text=_text(group, inputs, typical, known), contribution=share)
        for group, share in shares.items()
    ]
    return tuple(sorted(reasons, key=lambda reason: -abs(reason.contribution)))


def _text(group: str, inputs: Inputs, typical: Mapping[str, float], known: Known | None) -> str:
    """Say the patient's value and, in parentheses, the training patients' average."""
    measured = inputs.measured
    if group == "age":
        return f"{inputs.age_years:g} years ({typical['age']:.0f})"
    if group == "sex":
        return {"F": "female", "M": "male"}.get(inputs.sex or "", "not known")
    if group == "shape":
        return (
            f"volume {_ml(measured['MeshVolume'])} ({_ml(math.exp(typical['log MeshVolume']))}),"
            f" sphericity {measured['Sphericity']:.2f} ({typical['Sphericity']:.2f})"
        )
    if group == "enhancement pattern":
        high = measured["90Percentile"] / measured["Mean"]
        return (
            f"brightest tenth of T1c from {high:.2f} times the tumor's mean"
            f" ({typical['90Percentile / Mean']:.2f})"
        )
    if group == "brightness":
        bright = measured["Mean"] / measured["ImageMean"]
        return (
            f"tumor {bright:.1f} times as bright on T1c as the image's mean"
            f" ({math.exp(typical['log Mean / ImageMean']):.1f})"
        )
    if group == "location":
        return (
            f"center {measured['MidlineDistance']:.0f} mm from the midline"
            f" ({typical['distance from the midline']:.0f} mm)"
        )
    return _facts(known or Known())[group]


def _facts(known: Known) -> dict[str, str]:
    clinic = [fact for fact in (known.resection, known.mgmt and f"MGMT {known.mgmt}") if fact]
    entity = (
        known.idh and f"IDH-{known.idh}",
        known.codeletion and f"1p/19q {known.codeletion}",
        known.grade and f"grade {known.grade}",
    )
    return {
        "resection and MGMT": ", ".join(clinic),
        "entity": ", ".join(fact for fact in entity if fact),
        "Karnofsky status": "" if known.kps is None else f"{known.kps:g}",
    }


def _ml(volume_mm3: float) -> str:
    return f"{volume_mm3 / 1000:.0f} mL"
