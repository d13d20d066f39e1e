"""The reasons of a prediction: they add up, they follow the model, and they say it in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from glioscope.core import Assessment, Prediction, Reason, Target
from glioscope.explanation import EXPLAINED, target_shapley, with_reasons
from glioscope.prediction import (
    Inputs,
    Known,
    PredictionModel,
    assess,
    logit,
    marginal,
)
from glioscope.prediction.linear import Vector

Make = Callable[..., Inputs]

FULL = ("age", "sex", "shape", "enhancement pattern", "brightness")


def explained(inputs: Inputs, model: PredictionModel, **facts: Any) -> Assessment:
    known = Known(**facts)
    return with_reasons(assess(inputs, known, model=model), inputs, known, model=model)


def log_odds(
    features: Vector, groups: tuple[str, ...], target: Target, model: PredictionModel, known: Known
) -> float:
    joint = model.patterns[groups].joint
    told = joint.conditioned(joint.distribution(features), known)
    return logit(marginal(told, target)[EXPLAINED[target]])


def total(reasons: tuple[Reason, ...]) -> float:
    return sum(reason.contribution for reason in reasons)


def shares_of(people: Iterable[Inputs], model: PredictionModel, target: Target) -> Vector:
    """Return each group's share for each patient, one after the other."""
    found = [list(target_shapley(target, one, Known(), model).values()) for one in people]
    return np.array(found, dtype=np.float64).ravel()


def reweighted(model: PredictionModel, change: Callable[[Vector], Vector]) -> PredictionModel:
    """Return a model whose weights were changed, the last axis of which are features."""
    pattern = model.patterns[FULL]
    families, codeleted = pattern.joint.families, pattern.joint.codeleted
    joint = replace(
        pattern.joint,
        families=replace(families, weights=change(families.weights)),
        codeleted=replace(codeleted, weights=change(codeleted.weights)),
    )
    return replace(model, patterns={**model.patterns, FULL: replace(pattern, joint=joint)})


@pytest.mark.parametrize("target", EXPLAINED)
@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({}, {}),
        ({"age": 33.0, "sex": "F", "MeshVolume": 140_000.0}, {}),
        ({"age": None}, {}),
        ({"lacking": ("ImageMean",)}, {}),
        ({"lacking": ("Kurtosis", "MidlineDistance")}, {}),
        ({}, {"mgmt": "methylated", "kps": 90.0}),
    ],
)
def test_reasons_add_up_to_the_difference_from_the_average_patient(
    patient: Make,
    model: PredictionModel,
    target: Target,
    changes: dict[str, Any],
    facts: dict[str, Any],
) -> None:
    inputs = patient(**changes)

    prediction = explained(inputs, model, **facts).predictions[target]

    assert {reason.group for reason in prediction.reasons} == set(inputs.pattern)
    check_total(prediction, inputs, Known(**facts), model)


@pytest.mark.parametrize(
    ("facts", "target"),
    [
        ({"grade": "3"}, Target.IDH),
        ({"grade": "3"}, Target.CODELETION),
        ({"idh": "mutant"}, Target.GRADE),
        ({"idh": "mutant"}, Target.CODELETION),
        ({"codeletion": "intact"}, Target.IDH),
    ],
)
def test_under_facts_reasons_start_from_the_average_patient_of_the_same_facts(
    usual: Inputs, model: PredictionModel, facts: dict[str, Any], target: Target
) -> None:
    prediction = explained(usual, model, **facts).predictions[target]

    assert prediction.known is None
    check_total(prediction, usual, Known(**facts), model)


def check_total(
    prediction: Prediction, inputs: Inputs, known: Known, model: PredictionModel
) -> None:
    target, groups = prediction.target, inputs.pattern
    mean = model.patterns[groups].joint.families.mean
    own = log_odds(inputs.vector(groups), groups, target, model, known)
    average = log_odds(mean, groups, target, model, known)
    assert prediction.explained == EXPLAINED[target]
    assert total(prediction.reasons) == pytest.approx(own - average)
    told = {outcome.name: outcome.probability for outcome in prediction.outcomes}
    assert logit(told[EXPLAINED[target]]) == pytest.approx(own)


@pytest.mark.parametrize(
    ("facts", "settled"),
    [
        ({"idh": "mutant"}, {Target.IDH}),
        ({"idh": "wildtype"}, {Target.IDH, Target.CODELETION}),
        ({"idh": "mutant", "grade": "4"}, {Target.IDH, Target.GRADE, Target.CODELETION}),
        # The grade may still be none, but no more 4.
        ({"grade": "2"}, {Target.GRADE}),
    ],
)
def test_what_the_facts_settle_has_no_reasons(
    usual: Inputs, model: PredictionModel, facts: dict[str, Any], settled: set[Target]
) -> None:
    found = explained(usual, model, **facts).predictions

    without = {target for target in EXPLAINED if not found[target].reasons}
    assert without == settled
    assert {found[target].explained for target in settled} == {None}


def test_entity_and_mgmt_have_no_reasons_of_their_own(
    usual: Inputs, model: PredictionModel
) -> None:
    plain, found = assess(usual, model=model), explained(usual, model)

    for target in (Target.ENTITY, Target.MGMT):
        assert found.predictions[target] == plain.predictions[target]


def test_the_largest_effect_comes_first(
    model: PredictionModel, population: tuple[Inputs, ...]
) -> None:
    for inputs in population[:10]:
        found = explained(inputs, model)

        assert found.survival is not None
        every = [prediction.reasons for prediction in found.predictions.values()]
        for reasons in (*every, found.survival.reasons):
            sizes = [abs(reason.contribution) for reason in reasons]
            assert sizes == sorted(sizes, reverse=True)


def test_reasons_change_nothing_else(usual: Inputs, model: PredictionModel) -> None:
    plain, found = assess(usual, model=model), explained(usual, model)

    assert found.survival is not None
    bare = {t: replace(p, reasons=(), explained=None) for t, p in found.predictions.items()}
    assert replace(found, predictions=bare, survival=replace(found.survival, reasons=())) == plain


def test_an_abstention_is_returned_as_it_is(model: PredictionModel) -> None:
    inputs = Inputs(age_years=50.0)
    abstained = assess(inputs, model=model)

    assert with_reasons(abstained, inputs, model=model) is abstained


def test_survival_that_was_not_asked_for_stays_away(usual: Inputs, model: PredictionModel) -> None:
    plain = assess(usual, model=model, survival=False)

    assert with_reasons(plain, usual, model=model).survival is None


@pytest.mark.parametrize("sex", ["O", None])
def test_a_sex_that_is_not_known_is_told_as_that(
    patient: Make, model: PredictionModel, sex: Any
) -> None:
    found = explained(patient(sex=sex), model)

    assert found.survival is not None
    for reasons in (found.predictions[Target.IDH].reasons, found.survival.reasons):
        (sex_reason,) = (reason for reason in reasons if reason.group == "sex")
        assert sex_reason.text == "not known"


@pytest.mark.parametrize(
    ("facts", "groups"),
    [
        ({}, set()),
        ({"resection": "biopsy"}, {"resection and MGMT"}),
        ({"mgmt": "methylated", "kps": 60.0}, {"resection and MGMT", "Karnofsky status"}),
        ({"idh": "mutant", "grade": "2"}, {"entity"}),
        (
            {"idh": "wildtype", "resection": "gross-total", "kps": 100.0},
            {"entity", "resection and MGMT", "Karnofsky status"},
        ),
    ],
)
def test_reasons_of_survival_add_up_to_the_risk(
    usual: Inputs, model: PredictionModel, facts: dict[str, Any], groups: set[str]
) -> None:
    curve = explained(usual, model, **facts).survival

    assert curve is not None
    named = {reason.group for reason in curve.reasons}
    assert named == {"age", "sex", "shape", "location"} | groups
    # The average patient has a log hazard of 0.
    assert total(curve.reasons) == pytest.approx(curve.risk)


def test_a_line_gives_each_group_its_own_part_of_the_risk(
    usual: Inputs, model: PredictionModel
) -> None:
    line = model.survival[usual.survival_pattern].hazard.risk

    curve = explained(usual, model).survival

    assert curve is not None
    shares = {reason.group: reason.contribution for reason in curve.reasons}
    assert shares["age"] == pytest.approx((61 - line.mean[0]) / line.scale[0] * line.weights[0])


def test_reasons_are_told_beside_the_average_patient(usual: Inputs, model: PredictionModel) -> None:
    found = explained(
        usual, model, resection="biopsy", mgmt="methylated", idh="mutant", grade="3", kps=70.0
    )

    assert found.survival is not None
    every = (*found.predictions[Target.CODELETION].reasons, *found.survival.reasons)
    text = {reason.group: reason.text for reason in every}
    age = model.neighbors.mean[0]
    assert text["age"] == f"61 years ({age:.0f})"
    assert text["sex"] == "male"
    assert text["shape"].startswith("volume 62 mL (")
    assert "sphericity 0.55 (0.5" in text["shape"]
    assert text["enhancement pattern"].startswith("brightest tenth of T1c from 1.39 times")
    assert text["brightness"].startswith("tumor 5.9 times as bright on T1c as the image's mean (")
    assert text["location"].startswith("center 28 mm from the midline (")
    assert text["resection and MGMT"] == "biopsy, MGMT methylated"
    assert text["entity"] == "IDH-mutant, grade 3"
    assert text["Karnofsky status"] == "70"


@pytest.mark.parametrize("target", EXPLAINED)
def test_reasons_follow_the_weights_and_not_the_patients_alone(
    model: PredictionModel, population: tuple[Inputs, ...], target: Target
) -> None:
    # The randomization test of Adebayo et al., NeurIPS 2018 (arXiv:1810.03292).
    def likeness(change: Callable[[Vector], Vector]) -> float:
        other = shares_of(population, reweighted(model, change), target)
        return float(stats.spearmanr(own, other).statistic)

    own = shares_of(population, model, target)
    rng = np.random.default_rng(0)

    nearly = likeness(lambda weights: weights * 1.01)
    shuffled = [likeness(lambda weights: rng.permuted(weights, axis=-1)) for _ in range(8)]

    assert nearly > 0.99
    assert np.mean(np.abs(shuffled)) < 0.3
    assert np.max(np.abs(shuffled)) < 0.6
