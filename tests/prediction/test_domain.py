"""Patients unlike those that were learned from are told apart, and told why."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import distance

from glioscope.prediction import (
    IMAGE_GROUPS,
    Domain,
    Inputs,
    PredictionModel,
    feature_names,
    used_images,
)

Make = Callable[..., Inputs]

BRIGHTNESS = "log Mean / ImageMean"


def without(inputs: Inputs, name: str) -> Inputs:
    measured = {other: value for other, value in inputs.measured.items() if other != name}
    return replace(inputs, measured=measured)


@pytest.fixture
def domain(model: PredictionModel) -> Domain:
    return model.domain


@pytest.mark.parametrize("images", [("shape",), ("shape", "location"), IMAGE_GROUPS])
def test_distance_agrees_with_scipy(
    domain: Domain, population: tuple[Inputs, ...], images: tuple[str, ...]
) -> None:
    every, names = feature_names(IMAGE_GROUPS), feature_names(images)
    place = [every.index(name) for name in names]
    inverse = np.linalg.inv(domain.covariance[np.ix_(place, place)])

    for inputs in population[:5]:
        theirs = distance.mahalanobis(inputs.vector(images), domain.mean[place], inverse)
        assert domain.distance(inputs, images) == pytest.approx(theirs**2 / len(names))


def test_the_average_patient_is_inside_at_no_distance(domain: Domain, patient: Make) -> None:
    ratio = math.exp(domain.mean[feature_names(IMAGE_GROUPS).index(BRIGHTNESS)])

    average = patient(Mean=2500.0, ImageMean=2500.0 / ratio)

    assert domain.distance(average, ("brightness",)) == pytest.approx(0.0, abs=1e-20)
    assert domain.why_outside(average) is None


def test_the_patients_themselves_are_inside(domain: Domain, population: tuple[Inputs, ...]) -> None:
    distances = [domain.distance(inputs, IMAGE_GROUPS) for inputs in population]

    assert all(domain.why_outside(inputs) is None for inputs in population)
    assert 0.3 < np.mean(distances) < 1.5


def test_a_patient_far_away_is_outside_with_the_worst_feature_and_the_limit(
    domain: Domain, patient: Make
) -> None:
    far = patient(Mean=2500.0, ImageMean=25.0)
    place = feature_names(IMAGE_GROUPS).index(BRIGHTNESS)
    sigmas = (math.log(100) - domain.mean[place]) / np.sqrt(domain.covariance[place, place])

    why = domain.why_outside(far) or ""

    found = re.search(r"distance (\S+), limit 4\.0; (.+) is (\S+) standard deviations above", why)
    assert found is not None
    assert float(found[1]) == pytest.approx(domain.distance(far, IMAGE_GROUPS), abs=0.05)
    assert found[2] == BRIGHTNESS
    assert float(found[3]) == pytest.approx(sigmas, abs=0.05)
    assert why.endswith("check the outline of the tumor and the sequences")


def test_a_tumor_that_is_too_small_is_below_the_mean(domain: Domain, patient: Make) -> None:
    why = domain.why_outside(patient(MeshVolume=3.0))

    assert why is not None
    assert re.search(r"log MeshVolume is \d+\.\d standard deviations below their mean", why)


def test_only_the_groups_that_are_used_count(domain: Domain, patient: Make) -> None:
    far = patient(ImageMean=25.0)
    without_pattern = without(far, "Median")

    assert domain.why_outside(far) is not None
    assert used_images(without_pattern) == ("shape", "location")
    assert domain.why_outside(without_pattern) is None


def test_a_place_that_no_patient_had_is_outside(domain: Domain, patient: Make) -> None:
    far = patient(MidlineDistance=100.0)

    assert domain.distance(far, ("location",)) > 4
    assert domain.distance(far, ("shape", "location")) > domain.distance(far, ("shape",))


@pytest.mark.parametrize("age", [17.0, 95.0])
def test_an_age_that_was_not_learned_from_is_outside(
    domain: Domain, patient: Make, age: float
) -> None:
    assert domain.why_outside(patient(age=age)) == (
        f"age {age:g} is outside the 18 to 94 years of the patients that the models learned from"
    )


@pytest.mark.parametrize("age", [18.0, 94.0, None])
def test_an_age_at_the_edge_or_none_is_inside(
    domain: Domain, patient: Make, age: float | None
) -> None:
    assert domain.why_outside(patient(age=age)) is None


def test_a_domain_comes_back_from_json(domain: Domain, usual: Inputs) -> None:
    back = Domain.from_json(json.loads(json.dumps(domain.to_json())))

    assert back.distance(usual, IMAGE_GROUPS) == pytest.approx(
        domain.distance(usual, IMAGE_GROUPS), rel=1e-3
    )
    assert back.limits == domain.limits
    assert (back.youngest_years, back.oldest_years) == (18.0, 94.0)
