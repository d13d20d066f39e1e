"""An assessment: when it abstains, what facts do to it, and what stands beside each number."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from glioscope.core import Assessment, Entity, InputError, Prediction, Severity, Target
from glioscope.prediction import (
    FAMILIES,
    MGMT_STATEMENT,
    OUTCOMES,
    Inputs,
    Known,
    PredictionModel,
    assess,
    marginal,
)

Make = Callable[..., Inputs]

IMAGES = ("shape", "enhancement pattern", "brightness")
FULL = ("age", "sex", *IMAGES)


def probabilities(prediction: Prediction) -> dict[str, float]:
    return {outcome.name: outcome.probability for outcome in prediction.outcomes}


def leaning(model: PredictionModel, family: str, log_odds: float) -> PredictionModel:
    """Return a model that believes more in one family, whatever the patient."""
    offsets = np.array([log_odds * (name == family) for name in FAMILIES])
    patterns = {}
    for groups, pattern in model.patterns.items():
        families = pattern.joint.families.rescaled(slope=1.0, offsets=offsets)
        patterns[groups] = replace(pattern, joint=replace(pattern.joint, families=families))
    return replace(model, patterns=patterns)


def facts() -> list[Known]:
    """Return every set of facts that some entity fits."""
    found = []
    for idh, codeletion, grade in itertools.product(
        (None, "mutant", "wildtype"), (None, "codeleted", "intact"), (None, "2", "3", "4")
    ):
        told: Any = {"idh": idh, "codeletion": codeletion, "grade": grade}
        try:
            found.append(Known(**told))
        except InputError:
            continue
    return found


def test_a_whole_patient_gets_all_predictions_in_order(
    usual: Inputs, model: PredictionModel
) -> None:
    found = assess(usual, model=model)

    assert found.abstained is None
    assert list(found.predictions) == list(Target)
    assert found.survival is not None
    assert len(found.similar) == 3
    assert found.inputs == (*FULL, "location")
    assert found.missing == ()
    assert found.notices == ()
    assert found.model == "prediction 0.0-seeded"


def test_predictions_are_the_marginals_of_the_pattern(
    usual: Inputs, model: PredictionModel
) -> None:
    pattern = model.patterns[FULL]
    free = pattern.joint.distribution(usual.vector(FULL))

    found = assess(usual, model=model)

    for target in OUTCOMES:
        prediction = found.predictions[target]
        assert probabilities(prediction) == pytest.approx(marginal(free, target))
        assert prediction.known is None
        assert prediction.evidence == pattern.evidence[target]
        assert {o.name: o.share for o in prediction.outcomes} == model.shares[target]
        limits = pattern.thresholds[target]
        assert {o.name for o in prediction.outcomes if o.in_set} == set(prediction.prediction_set)
        assert all(
            outcome.in_set == (outcome.probability >= limits[outcome.name])
            for outcome in prediction.outcomes
        )


@pytest.mark.parametrize("sex", ["F", "O", None])
@pytest.mark.parametrize("age", [40.0, None])
def test_without_a_tumor_nothing_is_predicted(
    model: PredictionModel, age: float | None, sex: Any
) -> None:
    inputs = Inputs(age_years=age, sex=sex)

    found = assess(inputs, model=model)

    assert found.abstained is not None
    assert found.abstained.startswith("no tumor was measured")
    assert found == Assessment(
        abstained=found.abstained, inputs=inputs.groups, model="prediction 0.0-seeded"
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"age": 10.0}, "age 10 is outside"), ({"MeshVolume": 2.0}, "log MeshVolume is")],
)
def test_a_patient_unlike_the_others_gets_the_reason_and_no_number(
    patient: Make, model: PredictionModel, changes: dict[str, float], why: str
) -> None:
    found = assess(patient(**changes), model=model)

    assert why in (found.abstained or "")
    assert (dict(found.predictions), found.survival, found.similar) == ({}, None, ())


@pytest.mark.parametrize("known", facts(), ids=str)
def test_facts_condition_everything(usual: Inputs, model: PredictionModel, known: Known) -> None:
    found = assess(usual, known, model=model)

    possible = {entity.value for entity in known.possible}
    entities = probabilities(found.predictions[Target.ENTITY])
    assert {name for name, p in entities.items() if p > 0} == possible
    for target in OUTCOMES:
        prediction = found.predictions[target]
        told = probabilities(prediction)
        ordered = [outcome.probability for outcome in prediction.outcomes]
        assert sum(ordered) == pytest.approx(1.0)
        assert ordered == sorted(ordered, reverse=True)
        assert set(told) == set(OUTCOMES[target])
        left = {name for name, p in told.items() if p > 0}
        assert prediction.prediction_set
        assert set(prediction.prediction_set) <= left
        if known == Known():
            assert prediction.known is None
        elif len(left) == 1:
            assert {prediction.known} == left
        else:
            assert prediction.known is None
        for outcome in prediction.outcomes:
            assert outcome.baseline is not None
            assert (outcome.baseline > 0) == (outcome.name in left)


def test_a_known_wildtype_tumor_of_grade_4_is_known_throughout(
    usual: Inputs, model: PredictionModel
) -> None:
    found = assess(usual, Known(idh="wildtype", grade="4"), model=model).predictions

    assert found[Target.ENTITY].known == Entity.GLIOBLASTOMA_4.value
    assert found[Target.GRADE].known == "4"
    assert found[Target.IDH].known == "wildtype"
    assert found[Target.CODELETION].known == "intact"


def test_what_the_images_are_certain_of_is_still_no_known_fact(
    usual: Inputs, model: PredictionModel
) -> None:
    found = assess(usual, model=leaning(model, "glioblastoma", 2000.0))

    idh = found.predictions[Target.IDH]
    assert probabilities(idh) == {"wildtype": 1.0, "mutant": 0.0}
    assert idh.known is None


def test_a_known_mutation_is_bayes_on_the_entities(usual: Inputs, model: PredictionModel) -> None:
    free = probabilities(assess(usual, model=model).predictions[Target.ENTITY])

    told = assess(usual, Known(idh="mutant"), model=model).predictions

    mutant = {e.value: free[e.value] for e in Entity if e.idh_mutant}
    assert {n: p for n, p in probabilities(told[Target.ENTITY]).items() if p} == pytest.approx(
        {name: p / sum(mutant.values()) for name, p in mutant.items()}
    )
    assert probabilities(told[Target.IDH]) == pytest.approx({"mutant": 1.0, "wildtype": 0.0})
    assert told[Target.IDH].prediction_set == ("mutant",)


def test_facts_take_outcomes_out_of_a_set_and_bring_none_in(
    usual: Inputs, model: PredictionModel
) -> None:
    free = set(assess(usual, model=model).predictions[Target.GRADE].prediction_set)

    told = assess(usual, Known(idh="mutant"), model=model).predictions[Target.GRADE]

    assert "none" not in told.prediction_set
    assert set(told.prediction_set) == free - {"none"}


@pytest.mark.parametrize(
    ("changes", "groups"),
    [
        ({}, ("age", "sex")),
        ({"sex": None}, ("age", "sex")),
        ({"age": None}, ("sex",)),
    ],
)
def test_the_baseline_is_what_age_and_sex_alone_say(
    patient: Make, model: PredictionModel, changes: dict[str, Any], groups: tuple[str, ...]
) -> None:
    inputs = patient(**changes)
    alone = model.patterns[groups].joint.distribution(inputs.vector(groups))

    found = assess(inputs, model=model)

    for target in OUTCOMES:
        baseline = {o.name: o.baseline for o in found.predictions[target].outcomes}
        assert baseline == pytest.approx(marginal(alone, target))


@pytest.mark.parametrize("sex", ["O", None])
def test_there_is_no_baseline_without_age_and_sex(
    patient: Make, model: PredictionModel, sex: Any
) -> None:
    found = assess(patient(age=None, sex=sex), model=model)

    outcomes = [o for target in OUTCOMES for o in found.predictions[target].outcomes]
    assert {outcome.baseline for outcome in outcomes} == {None}
    assert found.survival is not None
    assert found.survival.baseline == ()


@pytest.mark.parametrize(
    ("lacking", "groups"),
    [
        (("ImageMean",), ("age", "sex", "shape", "enhancement pattern")),
        (("Kurtosis", "MidlineDistance"), ("age", "sex", "shape")),
    ],
)
def test_what_is_missing_is_told_by_a_model_without_it(
    patient: Make, model: PredictionModel, lacking: tuple[str, ...], groups: tuple[str, ...]
) -> None:
    inputs = patient(lacking=lacking)
    alone = model.patterns[groups].joint.distribution(inputs.vector(groups))

    found = assess(inputs, model=model)

    told = probabilities(found.predictions[Target.ENTITY])
    assert told == pytest.approx({entity.value: p for entity, p in alone.items()})
    assert len(found.missing) == len(lacking)
    assert len(found.similar) == 3


def test_images_do_not_tell_mgmt(usual: Inputs, model: PredictionModel) -> None:
    mgmt = assess(usual, model=model).predictions[Target.MGMT]

    assert MGMT_STATEMENT == "no evidence that imaging tells MGMT; test the tissue"
    assert mgmt == Prediction(
        target=Target.MGMT, evidence=model.mgmt, statement=MGMT_STATEMENT, outcomes=()
    )


def test_a_told_mgmt_is_repeated_as_told(usual: Inputs, model: PredictionModel) -> None:
    mgmt = assess(usual, Known(mgmt="unmethylated"), model=model).predictions[Target.MGMT]

    assert (mgmt.known, mgmt.statement, mgmt.outcomes) == ("unmethylated", None, ())


@pytest.mark.parametrize(
    ("family", "known", "told"),
    [
        ("glioblastoma", Known(idh="mutant"), ["IDH mutant"]),
        ("glioblastoma", Known(codeletion="codeleted"), ["1p/19q codeleted"]),
        ("mutant 2", Known(idh="wildtype", grade="4"), ["IDH wildtype", "grade 4"]),
        # Grade 2 under the microscope is what three in five of the others have.
        ("other", Known(grade="2"), []),
        ("glioblastoma", Known(idh="wildtype", grade="4"), []),
    ],
)
def test_a_fact_that_the_images_speak_against_is_pointed_out(
    usual: Inputs, model: PredictionModel, family: str, known: Known, told: list[str]
) -> None:
    found = assess(usual, known, model=leaning(model, family, 9.0))

    assert [notice.code for notice in found.notices] == ["fact-against-images"] * len(told)
    for notice, fact in zip(found.notices, told, strict=True):
        assert notice.severity is Severity.WARNING
        assert notice.message.startswith(f"The pathologist's {fact} had a probability of 0.")
        assert "same patient and lesion" in notice.message


def test_survival_is_left_out_where_it_is_not_asked_for(
    usual: Inputs, model: PredictionModel
) -> None:
    whole, without = assess(usual, model=model), assess(usual, model=model, survival=False)

    assert without.survival is None
    assert without == replace(whole, survival=None)


def test_facts_for_survival_change_no_marker(usual: Inputs, model: PredictionModel) -> None:
    plain = assess(usual, model=model)

    told = assess(usual, Known(resection="biopsy", kps=50.0), model=model)

    assert told.predictions == plain.predictions
    assert told.survival != plain.survival
