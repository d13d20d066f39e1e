"""Inputs from a result.json, and from what is none."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from glioscope.core import InputError, Patient
from glioscope.prediction import Inputs, inputs_from_result, patient_of
from glioscope.prediction.groups import NEEDED

Result = dict[str, Any]


@pytest.fixture
def result(usual: Inputs) -> Result:
    """The few parts of a result that predictions read."""

    def quantity(value: float) -> Result:
        return {"value": value, "unit": "1", "region": "whole_tumor", "method": "by hand"}

    shape = {name: quantity(usual.measured[name]) for name in NEEDED["shape"]}
    names = (*NEEDED["enhancement pattern"], "ImageMean", "Mean")
    made = {
        "schema_version": "1.1",
        "patient": {"age": {"value": 61.0, "unit": "a"}, "sex": "M"},
        "measurements": {
            "shape": {"whole_tumor": shape, "enhancing_tumor": {}},
            "intensity": {name: quantity(usual.measured[name]) for name in names},
        },
        "location": {"midline_distance": quantity(28.5)},
    }
    back: Result = json.loads(json.dumps(made))
    return back


def change(result: Result, path: str, value: Any) -> Result:
    """Return a result with one value replaced, or left out where it is ``...``."""
    made = copy.deepcopy(result)
    *above, last = path.split("/")
    place = made
    for name in above:
        place = place[name]
    place[last] = value
    if value is ...:
        del place[last]
    return made


def test_a_result_becomes_the_inputs(result: Result, usual: Inputs) -> None:
    assert inputs_from_result(result, Patient()) == usual


@pytest.mark.parametrize(
    ("patient", "age", "sex"),
    [
        (Patient(), 61.0, "M"),
        (Patient(age_years=40.0), 40.0, "M"),
        (Patient(age_years=0.0, sex="F"), 0.0, "F"),
        (Patient(sex="O"), 61.0, "O"),
    ],
)
def test_what_the_user_tells_overrules_the_result(
    result: Result, patient: Patient, age: float, sex: str
) -> None:
    found = inputs_from_result(result, patient)

    assert (found.age_years, found.sex) == (age, sex)


def test_age_and_sex_may_be_missing_in_both(result: Result) -> None:
    anonymous = change(result, "patient", {"age": None, "sex": None})

    found = inputs_from_result(anonymous, Patient())

    assert patient_of(anonymous) == Patient()
    assert found.groups == ("shape", "enhancement pattern", "brightness", "location")


@pytest.mark.parametrize(
    ("path", "value", "groups"),
    [
        ("measurements/intensity", ..., ("shape", "location")),
        ("measurements/intensity", {}, ("shape", "location")),
        ("measurements/shape", {}, ("enhancement pattern", "brightness", "location")),
        ("location", None, ("shape", "enhancement pattern", "brightness")),
        ("location/midline_distance", None, ("shape", "enhancement pattern", "brightness")),
        ("location/midline_distance", ..., ("shape", "enhancement pattern", "brightness")),
        ("location/midline_distance/value", None, ("shape", "enhancement pattern", "brightness")),
        ("measurements/intensity/Kurtosis/value", None, ("shape", "brightness", "location")),
    ],
)
def test_what_was_not_measured_is_missing(
    result: Result, path: str, value: Any, groups: tuple[str, ...]
) -> None:
    found = inputs_from_result(change(result, path, value), Patient())

    assert found.groups == ("age", "sex", *groups)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("measurements", ...),
        ("measurements/shape", ...),
        ("location", ...),
        ("patient", ...),
        ("patient", "a name"),
        ("measurements", []),
        ("location", "left"),
        ("measurements/shape/whole_tumor", 3),
        ("measurements/shape/whole_tumor/Sphericity", {}),
        ("measurements/shape/whole_tumor/Sphericity/value", "round"),
        ("measurements/shape/whole_tumor/Sphericity/value", []),
        ("location/midline_distance", {}),
        ("location/midline_distance/value", "near"),
        ("patient/age", {"value": "old"}),
    ],
)
def test_what_is_no_result_is_refused_with_what_to_give(
    result: Result, path: str, value: Any
) -> None:
    with pytest.raises(
        InputError, match=r"no result of glioscope analyze .* give the result\.json"
    ):
        inputs_from_result(change(result, path, value), Patient())


@pytest.mark.parametrize("none", [{}, {"cases": []}])
def test_another_json_is_refused(none: Result) -> None:
    with pytest.raises(InputError, match="no result of glioscope analyze"):
        inputs_from_result(none, Patient())


def test_a_value_that_can_not_be_true_is_refused_with_the_value(result: Result) -> None:
    with pytest.raises(InputError, match="age 300"):
        inputs_from_result(result, Patient(age_years=300.0))
    with pytest.raises(InputError, match="MidlineDistance is 900"):
        inputs_from_result(change(result, "location/midline_distance/value", 900), Patient())
    with pytest.raises(InputError, match="sex 'x'"):
        inputs_from_result(change(result, "patient/sex", "x"), Patient())


def test_the_result_is_untouched(result: Result) -> None:
    before = copy.deepcopy(result)

    inputs_from_result(result, Patient(age_years=3.0))

    assert result == before
