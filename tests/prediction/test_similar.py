"""The nearest training patients: who they are, and how little is told of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from glioscope.core import Entity
from glioscope.prediction import (
    EVERY,
    IMAGE_GROUPS,
    PATTERNS,
    QUARTERS,
    Inputs,
    Neighbors,
    PredictionModel,
    feature_names,
    named_vector,
)

ALL = ("age", "sex", *IMAGE_GROUPS)


def lone(*names: str, away: int) -> Neighbors:
    """Return one patient that lies standard deviations away in some features, else at 0."""
    features = np.zeros((1, len(EVERY)), dtype=np.int16)
    features[0, [EVERY.index(name) for name in names]] = away * QUARTERS
    return Neighbors(
        mean=np.zeros(len(EVERY)),
        scale=np.ones(len(EVERY)),
        features=features,
        summaries=((Entity.OTHER.value, 60, "F", 15, True),),
    )


def at_zero(groups: tuple[str, ...]) -> Mapping[str, float]:
    return dict.fromkeys(feature_names(groups), 0.0)


def test_a_patient_is_nearest_to_itself(
    model: PredictionModel, population: tuple[Inputs, ...]
) -> None:
    for place, inputs in enumerate(population[:10]):
        entity, youngest, sex, months, died = model.neighbors.summaries[place]

        first, second, third = model.neighbors.nearest(named_vector(inputs, ALL))

        # Rounding to quarters moves a feature by an eighth of a standard deviation at most.
        assert first.distance <= 0.125
        assert first.distance < second.distance <= third.distance
        assert (first.entity, first.sex, first.months, first.died) == (entity, sex, months, died)
        assert first.age_band == f"{youngest} to {youngest + 4}"


@pytest.mark.parametrize("group", ALL)
def test_every_group_weighs_as_much_as_any_other(group: str) -> None:
    (found,) = lone(*feature_names((group,)), away=3).nearest(at_zero(ALL))

    # A group that is off by 3 in all its features, 5 others that agree.
    assert found.distance == pytest.approx(np.sqrt(9 / 6), abs=0.005)


def test_features_of_a_group_share_its_weight() -> None:
    (found,) = lone("Sphericity", away=3).nearest(at_zero(("shape",)))

    assert found.distance == pytest.approx(np.sqrt(9 / 14), abs=0.005)


@pytest.mark.parametrize("groups", [pattern for pattern in PATTERNS if "shape" in pattern])
def test_groups_that_are_missing_do_not_count(
    model: PredictionModel, usual: Inputs, groups: tuple[str, ...]
) -> None:
    (found,) = lone("Sphericity", "Flatness", away=2).nearest(at_zero(groups))

    assert found.distance == pytest.approx(np.sqrt(4 * 2 / 14 / len(groups)), abs=0.005)
    assert len(model.neighbors.nearest(named_vector(usual, groups))) == 3


def test_as_many_are_found_as_asked(
    model: PredictionModel, population: tuple[Inputs, ...], patient: Callable[..., Inputs]
) -> None:
    found = model.neighbors.nearest(named_vector(patient(), ALL), count=len(population))

    distances = [one.distance for one in found]
    assert len(found) == len(population)
    assert distances == sorted(distances)


def test_what_is_kept_of_a_patient_is_coarse_and_has_no_id(model: PredictionModel) -> None:
    kept = json.loads(json.dumps(model.neighbors.to_json()))

    assert set(kept) == {"mean", "scale", "features", "summaries"}
    assert all(isinstance(value, int) for row in kept["features"] for value in row)
    for entity, youngest, sex, months, died in kept["summaries"]:
        assert Entity(entity)
        assert (youngest % 5, months % 3) == (0, 0)
        assert sex in {"F", "M", "O"}
        assert died in {True, False, None}


def test_neighbors_come_back_from_json(model: PredictionModel, usual: Inputs) -> None:
    back = Neighbors.from_json(json.loads(json.dumps(model.neighbors.to_json())))

    asked = named_vector(usual, ALL)
    assert back.nearest(asked) == model.neighbors.nearest(asked)
    assert back.summaries == model.neighbors.summaries
