"""What is known of a patient: refusals, and what counts as there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from glioscope.core import (
    Findings,
    InputError,
    Measurements,
    Patient,
    Quantity,
    Region,
)
from glioscope.prediction import (
    IMAGE_GROUPS,
    Inputs,
    feature_names,
    inputs_from_findings,
    named_vector,
)

Make = Callable[..., Inputs]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"age": 300.0}, "age 300: give years from 0 to 120"),
        ({"age": -1.0}, "age -1: give"),
        ({"age": float("nan")}, "age nan: give"),
        ({"sex": "x"}, "sex 'x': give F, M or O"),
        ({"MeshVolume": 0.0}, "MeshVolume is 0, but must be greater than 0"),
        ({"MeshVolume": -5.0}, "MeshVolume is -5"),
        ({"Sphericity": 1.2}, "Sphericity is 1.2, but must lie between 0 and 1"),
        ({"Flatness": 0.0}, "Flatness is 0, but must lie between 0 and 1"),
        ({"Mean": float("nan")}, "Mean is nan, but is not a finite number"),
        ({"Skewness": float("-inf")}, "Skewness is -inf, but is not a finite number"),
        ({"Variance": 0.0}, "Variance is 0"),
        ({"10Percentile": -3.0}, "10Percentile is -3"),
        ({"MidlineDistance": 140.0}, "MidlineDistance is 140, but must lie between 0 and 100 mm"),
        ({"MidlineDistance": -1.0}, "MidlineDistance is -1"),
    ],
)
def test_what_can_not_be_true_is_refused_with_the_value(
    patient: Make, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        patient(**changes)


@pytest.mark.parametrize(
    "changes", [{"age": 0.0}, {"age": 120.0}, {"Sphericity": 1.0}, {"MidlineDistance": 0.0}]
)
def test_the_edges_of_what_can_be_true_are_taken(patient: Make, changes: dict[str, Any]) -> None:
    assert patient(**changes).groups == ("age", "sex", *IMAGE_GROUPS)


@pytest.mark.parametrize(
    ("lacking", "images"),
    [
        ((), IMAGE_GROUPS),
        (("Sphericity",), ("enhancement pattern", "brightness", "location")),
        (("Kurtosis",), ("shape", "brightness", "location")),
        (("ImageMean",), ("shape", "enhancement pattern", "location")),
        (("MidlineDistance",), ("shape", "enhancement pattern", "brightness")),
        (("Mean",), ("shape", "location")),
    ],
)
def test_a_group_is_there_as_a_whole_or_not_at_all(
    patient: Make, lacking: tuple[str, ...], images: tuple[str, ...]
) -> None:
    assert patient(lacking=lacking).groups == ("age", "sex", *images)


@pytest.mark.parametrize(
    ("lacking", "images", "of_survival"),
    [
        ((), ("shape", "enhancement pattern", "brightness"), ("shape", "location")),
        (("ImageMean",), ("shape", "enhancement pattern"), ("shape", "location")),
        (("MidlineDistance",), ("shape", "enhancement pattern", "brightness"), ("shape",)),
        (("ImageMean", "MidlineDistance"), ("shape", "enhancement pattern"), ("shape",)),
        (("Kurtosis",), ("shape",), ("shape", "location")),
        (("Sphericity",), (), ()),
    ],
)
def test_the_pattern_is_the_largest_that_is_there(
    patient: Make,
    lacking: tuple[str, ...],
    images: tuple[str, ...],
    of_survival: tuple[str, ...],
) -> None:
    whole, ageless = patient(lacking=lacking), patient(lacking=lacking, age=None)

    assert whole.pattern == ("age", "sex", *images)
    assert ageless.pattern == ("sex", *images)
    assert whole.survival_pattern == ("age", "sex", *of_survival)
    assert ageless.survival_pattern == ("sex", *of_survival)


@pytest.mark.parametrize("sex", ["O", None])
def test_another_sex_counts_as_not_known(patient: Make, sex: str | None) -> None:
    found = patient(sex=sex)

    assert "sex" not in found.groups
    assert found.pattern == patient().pattern
    # Half way between a man and a woman.
    halves = [patient(sex=known).vector(("sex",)) for known in ("F", "M")]
    assert found.vector(("sex",)) == pytest.approx(np.mean(halves, axis=0))


def test_a_vector_follows_the_names(usual: Inputs) -> None:
    found = named_vector(usual, ("age", "sex", "location", "shape"))

    assert list(found) == list(feature_names(("age", "sex", "location", "shape")))
    assert (found["age"], found["male"], found["distance from the midline"]) == (61.0, 0.5, 28.5)
    assert found["log MeshVolume"] == pytest.approx(np.log(62_000))


def quantity(name: str, value: float | None) -> Quantity:
    return Quantity(name=name, value=value, unit="1", region=Region.WT, method="by hand")


def findings(usual: Inputs, **undefined: None) -> Findings:
    shape_names = feature_names(("shape",))[:3]
    sizes = {name.removeprefix("log ") for name in feature_names(("shape",))}
    values = {**usual.measured, **undefined}
    shape = {n: quantity(n, values[n]) for n in values if n in sizes or n in shape_names}
    rest = {n: quantity(n, values[n]) for n in values if n not in shape and n[:3] != "Mid"}
    return Findings(
        case_id="a",
        measurements=Measurements(
            volumes={},
            proportions={},
            shape={Region.WT: shape},
            maximum_3d_diameter={},
            lesions=(),
            multifocal=None,
            satellites=0,
            intensity=rest,
        ),
        location=None,
    )


def test_findings_become_inputs_with_what_was_defined(usual: Inputs) -> None:
    told = Patient(age_years=61.0, sex="M")

    whole = inputs_from_findings(findings(usual), told)
    partly = inputs_from_findings(findings(usual, Kurtosis=None), told)

    assert whole.groups == ("age", "sex", "shape", "enhancement pattern", "brightness")
    assert whole.vector(whole.pattern) == pytest.approx(usual.vector(whole.pattern))
    assert partly.groups == ("age", "sex", "shape", "brightness")


def test_findings_without_a_tumor_leave_age_and_sex(usual: Inputs) -> None:
    full = findings(usual)
    empty = dataclasses.replace(
        full, measurements=dataclasses.replace(full.measurements, shape={}, intensity={})
    )

    assert inputs_from_findings(empty, Patient(age_years=50.0)).groups == ("age",)
