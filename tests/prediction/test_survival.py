"""The survival curve of a patient: which model, which facts, and how it is read."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from glioscope.core import SurvivalCurve, Target
from glioscope.prediction import (
    YEAR_DAYS,
    Inputs,
    Known,
    PredictionModel,
    assess,
    at_day,
    crossing,
    hazard_of,
    marginal,
    names_entity,
)
from glioscope.prediction.linear import Vector
from glioscope.prediction.survival import kps_shift

Make = Callable[..., Inputs]

GROUPS = ("age", "sex", "shape", "location")


def curve_of(inputs: Inputs, model: PredictionModel, **known: Any) -> SurvivalCurve:
    curve = assess(inputs, Known(**known), model=model).survival
    assert curve is not None
    return curve


def told(inputs: Inputs, model: PredictionModel, known: Known) -> Any:
    joint = model.patterns[inputs.pattern].joint
    return joint.conditioned(joint.distribution(inputs.vector(inputs.pattern)), known)


def features_of(inputs: Inputs, model: PredictionModel, **known: Any) -> Vector:
    facts = Known(**known)
    own = model.survival[inputs.survival_pattern]
    return hazard_of(own, inputs, facts, told(inputs, model, facts))[1]


def test_a_curve_starts_at_one_falls_and_lies_in_its_band(
    model: PredictionModel, population: tuple[Inputs, ...]
) -> None:
    for inputs in population[:20]:
        curve = curve_of(inputs, model)

        assert curve.days == tuple(model.days)
        for line in (curve.survival, curve.low, curve.high, curve.baseline):
            assert len(line) == len(curve.days)
            assert line[0] == 1
            assert (np.diff(line) <= 0).all()
        assert (np.array(curve.low) <= curve.survival).all()
        assert (np.array(curve.high) >= curve.survival).all()


def test_the_numbers_are_read_off_the_curve(usual: Inputs, model: PredictionModel) -> None:
    curve = curve_of(usual, model)

    days, lines = model.days, [np.array(v) for v in (curve.survival, curve.low, curve.high)]
    assert curve.median_days == crossing(days, lines[0], 0.5)
    assert curve.median_low_days == crossing(days, lines[1], 0.5)
    assert curve.median_high_days == crossing(days, lines[2], 0.5)
    assert curve.one_year == tuple(at_day(days, line, 365.25) for line in lines)
    assert curve.two_years == tuple(at_day(days, line, 730.5) for line in lines)
    assert YEAR_DAYS == 365.25
    own = model.survival[GROUPS]
    assert curve.survival == pytest.approx(np.exp(-model.days / 700 * math.exp(curve.risk)))
    assert curve.evidence == own.evidence[""]


def test_without_facts_the_clinic_counts_as_average(usual: Inputs, model: PredictionModel) -> None:
    own = model.survival[GROUPS].hazard

    features = features_of(usual, model)

    assert features[:-3] == pytest.approx(usual.vector(GROUPS))
    assert features[-3:] == pytest.approx([0.6, 0.1, 0.5])
    curve = curve_of(usual, model)
    assert curve.risk == pytest.approx(float(own.risk(features)))
    assert (curve.used, curve.missing) == ((), ("resection", "MGMT", "KPS", "entity"))


@pytest.mark.parametrize(
    ("known", "clinical"),
    [
        ({"resection": "gross-total"}, [1, 0, 0.5]),
        ({"resection": "subtotal"}, [0, 0, 0.5]),
        ({"resection": "biopsy"}, [0, 1, 0.5]),
        ({"mgmt": "methylated"}, [0.6, 0.1, 1]),
        ({"mgmt": "unmethylated", "resection": "biopsy"}, [0, 1, 0]),
    ],
)
def test_facts_of_the_clinic_enter_as_told(
    usual: Inputs, model: PredictionModel, known: dict[str, Any], clinical: list[float]
) -> None:
    assert features_of(usual, model, **known)[-3:] == pytest.approx(clinical)
    names = {"resection": "resection", "mgmt": "MGMT"}
    assert set(curve_of(usual, model, **known).used) == {names[name] for name in known}


def test_an_entity_that_was_told_enters_with_what_is_left_open(
    usual: Inputs, model: PredictionModel
) -> None:
    known = Known(idh="mutant")
    distribution = told(usual, model, known)

    features = features_of(usual, model, idh="mutant")
    curve = curve_of(usual, model, idh="mutant")

    codeleted = marginal(distribution, Target.CODELETION)["codeleted"]
    grade_4 = marginal(distribution, Target.GRADE)["4"]
    assert features[-4:] == pytest.approx([1.0, grade_4, codeleted, 0.0])
    assert 0 < codeleted < 1
    own = model.survival[GROUPS]
    assert curve.risk == pytest.approx(float(own.hazard_known.risk(features)))
    assert curve.evidence == own.evidence["entity"]
    assert curve.used == ("entity",)


@pytest.mark.parametrize(
    ("known", "named"),
    [
        ({}, False),
        ({"mgmt": "methylated", "resection": "biopsy", "kps": 80.0}, False),
        ({"idh": "mutant"}, True),
        ({"codeletion": "intact"}, True),
        ({"grade": "2"}, True),
    ],
)
def test_idh_codeletion_or_grade_name_the_entity(known: dict[str, Any], named: bool) -> None:
    assert names_entity(Known(**known)) is named


def test_ten_points_of_karnofsky_shift_the_log_hazard_as_learned(
    usual: Inputs, model: PredictionModel
) -> None:
    plain, average = curve_of(usual, model), curve_of(usual, model, kps=80.0)
    better, worse = curve_of(usual, model, kps=90.0), curve_of(usual, model, kps=60.0)

    assert average.survival == plain.survival
    assert better.risk - plain.risk == pytest.approx(-0.25)
    assert worse.risk - plain.risk == pytest.approx(0.5)
    assert kps_shift(Known(kps=100.0), model) == pytest.approx(-0.5)
    assert better.risk_percentile < plain.risk_percentile < worse.risk_percentile
    assert better.used == ("KPS",)


@pytest.mark.parametrize(
    ("changes", "groups"),
    [
        ({}, GROUPS),
        ({"lacking": ("MidlineDistance",)}, ("age", "sex", "shape")),
        ({"age": None}, ("sex", "shape", "location")),
        ({"age": None, "sex": None}, ("sex", "shape", "location")),
        ({"age": None, "lacking": ("MidlineDistance",)}, ("sex", "shape")),
    ],
)
def test_the_largest_pattern_that_is_there_is_used(
    patient: Make, model: PredictionModel, changes: dict[str, Any], groups: tuple[str, ...]
) -> None:
    inputs = patient(**changes)

    curve = curve_of(inputs, model)

    vector = np.concatenate([inputs.vector(groups), [0.6, 0.1, 0.5]])
    assert curve.risk == pytest.approx(float(model.survival[groups].hazard.risk(vector)))


@pytest.mark.parametrize(
    ("changes", "groups"),
    [({}, ("age", "sex")), ({"sex": None}, ("age", "sex")), ({"age": None}, ("sex",))],
)
def test_the_baseline_is_the_curve_by_age_and_sex_with_an_average_clinic(
    patient: Make, model: PredictionModel, changes: dict[str, Any], groups: tuple[str, ...]
) -> None:
    inputs = patient(**changes)

    curve = curve_of(inputs, model, resection="biopsy", idh="mutant")

    vector = np.concatenate([inputs.vector(groups), [0.6, 0.1, 0.5]])
    assert curve.baseline == pytest.approx(model.survival[groups].hazard.survival(vector))


def test_a_curve_that_stays_above_one_half_has_no_median(
    model: PredictionModel, population: tuple[Inputs, ...]
) -> None:
    curves = [curve_of(inputs, model) for inputs in population]

    medians = [curve.median_days for curve in curves]
    assert None in medians
    assert any(medians)
    for curve in curves:
        assert (curve.median_days is None) == (curve.survival[-1] > 0.5)
        assert (curve.median_high_days is None) == (curve.high[-1] > 0.5)


@pytest.mark.parametrize(
    ("facts", "measured"),
    [
        ({}, ""),
        ({"resection": "biopsy"}, ""),
        ({"resection": "biopsy", "mgmt": "methylated", "kps": 80.0}, "clinic"),
        ({"grade": "4"}, "entity"),
        ({"idh": "mutant", "resection": "subtotal", "mgmt": "unmethylated"}, "entity, clinic"),
    ],
)
def test_the_evidence_is_that_of_what_was_told(
    usual: Inputs, model: PredictionModel, facts: dict[str, Any], measured: str
) -> None:
    evidence = curve_of(usual, model, **facts).evidence

    assert evidence == model.survival[GROUPS].evidence[measured]
