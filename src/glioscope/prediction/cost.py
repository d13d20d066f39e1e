"""What a missing input costs, as it was measured."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from glioscope.core import Target
from glioscope.prediction.groups import IMAGE_GROUPS, PATTERNS
from glioscope.prediction.inputs import Inputs
from glioscope.prediction.model import PredictionModel

_ASKED: Final[Mapping[Target, str]] = MappingProxyType(
    {Target.IDH: "IDH", Target.GRADE: "grade 4", Target.CODELETION: "1p/19q"}
)

_WHAT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "age": "Age was not given",
        "sex": "Sex was not given",
        "shape": "The shape of the tumor was not measured",
        "enhancement pattern": "The intensities of T1c in the tumor could not be used",
        "brightness": "The brightness of the tumor beside the brain's is not known",
        "location": "The distance of the tumor from the midline is not known",
    }
)


def missing_costs(inputs: Inputs, model: PredictionModel) -> tuple[str, ...]:
    """Return a sentence for each group of inputs that is missing.

    Args:
        inputs: Of the patient.
        model: Holds what was measured with and without.
    """
    there = set(inputs.groups)
    groups = ("age", "sex", *IMAGE_GROUPS)
    return tuple(_sentence(group, inputs, model) for group in groups if group not in there)


def _sentence(group: str, inputs: Inputs, model: PredictionModel) -> str:
    if group == "sex":
        costs = ", ".join(
            f"{name} {model.sex_gain[target]:+.3f}" for target, name in _ASKED.items()
        )
        return f"{_WHAT[group]}; with all else there it adds to the AUC: {costs}."
    if group == "location":
        return f"{_WHAT[group]}; {_survival_cost(inputs, model)}."
    own = inputs.pattern
    fuller = [p for p in PATTERNS if group in p and set(p) > set(own)]
    if not fuller:
        return f"{_WHAT[group]}."
    best = min(fuller, key=len)
    return f"{_WHAT[group]}; out of fold, the AUC {_change(own, best, model)}."


def _change(own: tuple[str, ...], best: tuple[str, ...], model: PredictionModel) -> str:
    without, with_it = model.patterns[own].evidence, model.patterns[best].evidence
    return ", ".join(
        f"of {name} is {without[target].value:.3f} without and {with_it[target].value:.3f} with it"
        for target, name in _ASKED.items()
        if target in without and target in with_it
    )


def _survival_cost(inputs: Inputs, model: PredictionModel) -> str:
    own = inputs.survival_pattern
    fuller = model.survival.get((*own, "location"))
    without = model.survival[own].evidence.get("")
    with_it = fuller.evidence.get("") if fuller else None
    if without is None or with_it is None:
        return "only survival is told from it"
    return (
        f"only survival is told from it: {without.metric} {without.value:.3f} without and"
        f" {with_it.value:.3f} with it"
    )
