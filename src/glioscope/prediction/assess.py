"""Inputs and facts to an assessment."""

from __future__ import annotations

from typing import Final

from glioscope.core import (
    Assessment,
    Evidence,
    Notice,
    Outcome,
    Prediction,
    Severity,
    Target,
)
from glioscope.prediction.conformal import prediction_set
from glioscope.prediction.cost import missing_costs
from glioscope.prediction.groups import IMAGE_GROUPS, NEEDED
from glioscope.prediction.inputs import Inputs, named_vector
from glioscope.prediction.joint import OUTCOMES, Distribution, Joint, marginal
from glioscope.prediction.known import Known
from glioscope.prediction.model import PatternModel, PredictionModel, load_model
from glioscope.prediction.survival import names_entity, predict_survival

CONFIDENCE: Final = 0.9

MGMT_STATEMENT: Final = "no evidence that imaging tells MGMT; test the tissue"

MGMT_LEAST_AUC: Final = 0.60
"""What the lower end of the interval must pass before a number is printed."""

_SURPRISING: Final = 0.02
"""A fact of the pathologist that the images gave less than this is pointed out."""


def assess(
    inputs: Inputs,
    known: Known | None = None,
    *,
    model: PredictionModel | None = None,
    survival: bool = True,
) -> Assessment:
    """Predict entity, grade, markers and survival of one patient.

    Args:
        inputs: What was measured.
        known: What the pathologist and the surgeon told.
        model: The shipped one where ``None``.
        survival: Predict it as well.

    Returns:
        The assessment, its reasons still empty; abstained, with why, where the images hold no
        tumor or the patient is unlike those that the models learned from.

    Raises:
        InputError: If the facts leave no entity.
        ModelError: If the shipped model is damaged.
    """
    known, model = known or Known(), model or load_model()
    groups = inputs.pattern
    if why := _why_not(inputs, groups, model):
        return Assessment(abstained=why, inputs=inputs.groups, model=model.name)
    pattern = model.patterns[groups]
    free = pattern.joint.distribution(inputs.vector(groups))
    told = pattern.joint.conditioned(free, known)
    baseline = _baseline(inputs, known, model)
    predictions = {
        target: _prediction(target, (free, told), baseline, known, model.patterns[groups], model)
        for target in OUTCOMES
    }
    predictions[Target.MGMT] = _mgmt(known, model.mgmt)
    curve = predict_survival(inputs, known, told, model) if survival else None
    return Assessment(
        predictions=predictions,
        survival=curve,
        similar=model.neighbors.nearest(named_vector(inputs, groups)),
        inputs=inputs.groups,
        missing=missing_costs(inputs, model),
        model=model.name,
        notices=_surprises(free, known, pattern.joint),
    )


def _why_not(inputs: Inputs, groups: tuple[str, ...], model: PredictionModel) -> str | None:
    if not set(groups) & set(IMAGE_GROUPS):
        lacking = [name for name in NEEDED["shape"] if name not in inputs.measured]
        if len(lacking) == len(NEEDED["shape"]):
            return "no tumor was measured, and without one there is nothing to predict"
        return f"the shape of the tumor is not whole: {', '.join(lacking[:3])} missing"
    return model.domain.why_outside(inputs)


def _baseline(inputs: Inputs, known: Known, model: PredictionModel) -> Distribution | None:
    """Return what age and sex alone say, under the same facts; ``None`` where both are missing."""
    if not {"age", "sex"} & set(inputs.groups):
        return None
    groups = ("age", "sex") if "age" in inputs.groups else ("sex",)
    joint = model.patterns[groups].joint
    return joint.conditioned(joint.distribution(inputs.vector(groups)), known)


def _prediction(
    target: Target,
    distributions: tuple[Distribution, Distribution],
    baseline: Distribution | None,
    known: Known,
    pattern: PatternModel,
    model: PredictionModel,
) -> Prediction:
    free, told = (marginal(distribution, target) for distribution in distributions)
    base = None if baseline is None else marginal(baseline, target)
    fact = _fact(target, known)
    if fact is not None:
        # "other" has no grade of WHO 2021, but the one under the microscope was told
        told = {name: float(name == fact) for name in told}
        base = None if base is None else told
    # each threshold holds for the patients of its outcome alone, so facts only take outcomes out
    possible = {name: p for name, p in free.items() if told[name] > 0}
    kept = prediction_set(possible, pattern.thresholds[target])
    outcomes = [
        Outcome(
            name=name,
            probability=probability,
            baseline=None if base is None else base[name],
            share=model.shares[target][name],
            in_set=name in kept,
        )
        for name, probability in told.items()
    ]
    ordered = tuple(sorted(outcomes, key=lambda outcome: -outcome.probability))
    return Prediction(
        target=target,
        outcomes=ordered,
        confidence=CONFIDENCE,
        evidence=pattern.evidence_for(target, known),
        known=ordered[0].name if len(possible) == 1 and names_entity(known) else None,
    )


def _fact(target: Target, known: Known) -> str | None:
    """Return what was told of a target."""
    told = {
        Target.IDH: known.idh,
        Target.CODELETION: known.codeletion,
        Target.GRADE: known.grade,
    }
    return told.get(target)


def _mgmt(known: Known, evidence: Evidence) -> Prediction:
    statement = None if known.mgmt else MGMT_STATEMENT
    return Prediction(target=Target.MGMT, evidence=evidence, known=known.mgmt, statement=statement)


def _surprises(free: Distribution, known: Known, joint: Joint) -> tuple[Notice, ...]:
    facts = {
        f"IDH {known.idh}": Known(idh=known.idh),
        f"1p/19q {known.codeletion}": Known(codeletion=known.codeletion),
        f"grade {known.grade}": Known(grade=known.grade),
    }
    return tuple(
        Notice(
            code="fact-against-images",
            severity=Severity.WARNING,
            message=(
                f"The pathologist's {told} had a probability of {probability:.1%} from the images:"
                " check that both are of the same patient and lesion."
            ),
        )
        for told, fact in facts.items()
        # a fact that was not told has a probability of 1
        if (probability := joint.probability(free, fact)) < _SURPRISING
    )
