"""Shapley values of groups: the axioms, brute force, and another program."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glioscope.explanation import group_shapley
from glioscope.explanation.shapley import Vector

GOLDEN = json.loads(
    (Path(__file__).parents[1] / "golden" / "shapley.json").read_text(encoding="utf-8")
)
FOUR = {"a": [0, 3], "b": [1], "c": [4, 2], "d": [5]}
FEW = st.floats(-3, 3)

Score = Callable[[Vector], float]


def vectors(size: int) -> st.SearchStrategy[Vector]:
    return st.lists(FEW, min_size=size, max_size=size).map(np.array)


def curved(weights: Vector) -> Score:
    """Return a score in which all six features work together."""
    return lambda x: float(
        np.tanh(weights @ x) + x[0] * x[1] * weights[0] + x[2] * x[4] * x[5] + abs(x[3])
    )


def over_all_orders(
    score: Score, features: Vector, reference: Vector, groups: Mapping[str, Sequence[int]]
) -> dict[str, float]:
    """Return what each group adds when it comes in, on average over every order."""
    shares = dict.fromkeys(groups, 0.0)
    for order in itertools.permutations(groups):
        mixed = reference.copy()
        for name in order:
            before = score(mixed)
            mixed[list(groups[name])] = features[list(groups[name])]
            shares[name] += (score(mixed) - before) / math.factorial(len(groups))
    return shares


@given(features=vectors(6), reference=vectors(6), weights=vectors(6))
def test_values_agree_with_every_order_of_four_groups(
    features: Vector, reference: Vector, weights: Vector
) -> None:
    found = group_shapley(curved(weights), features, reference, FOUR)

    assert found == pytest.approx(
        over_all_orders(curved(weights), features, reference, FOUR), abs=1e-9
    )


@given(features=vectors(6), reference=vectors(6), weights=vectors(6))
def test_values_sum_to_the_difference(features: Vector, reference: Vector, weights: Vector) -> None:
    score = curved(weights)

    found = group_shapley(score, features, reference, FOUR)

    assert list(found) == list(FOUR)
    assert sum(found.values()) == pytest.approx(score(features) - score(reference), abs=1e-9)


@given(features=vectors(6), reference=vectors(6), weights=vectors(6))
def test_a_linear_score_gives_each_group_its_own_part(
    features: Vector, reference: Vector, weights: Vector
) -> None:
    found = group_shapley(lambda x: float(weights @ x) + 5.0, features, reference, FOUR)

    parts = weights * (features - reference)
    assert found == pytest.approx(
        {name: parts[places].sum() for name, places in FOUR.items()}, abs=1e-9
    )


def test_a_group_that_the_score_does_not_read_gets_nothing() -> None:
    found = group_shapley(
        lambda x: float(x[0] * x[1] + x[3] ** 3), np.linspace(1, 6, 6), np.zeros(6), FOUR
    )

    assert found["c"] == pytest.approx(0, abs=1e-12)
    assert found["d"] == pytest.approx(0, abs=1e-12)
    assert found["a"] != 0


def test_groups_that_do_the_same_get_the_same() -> None:
    # A conjunction of two: each is worth half of it.
    found = group_shapley(
        lambda x: float(x[0] * x[1]), np.ones(2), np.zeros(2), {"left": [0], "right": [1]}
    )

    assert found == pytest.approx({"left": 0.5, "right": 0.5})


def test_a_patient_that_is_the_reference_has_no_shares() -> None:
    found = group_shapley(curved(np.ones(6)), np.ones(6), np.ones(6), FOUR)

    assert found == dict.fromkeys(FOUR, 0.0)


def test_the_inputs_are_untouched() -> None:
    features, reference = np.ones(6), np.zeros(6)

    group_shapley(curved(np.ones(6)), features, reference, FOUR)

    assert (features.tolist(), reference.tolist()) == ([1.0] * 6, [0.0] * 6)


@pytest.mark.parametrize("made", GOLDEN["cases"])
def test_values_agree_with_shap(made: dict[str, Any]) -> None:
    weights, intercepts = np.array(made["weights"]), np.array(made["intercepts"])
    features, reference = np.array(made["features"]), np.array(made["reference"])

    def score(row: Vector) -> float:
        scores = weights @ row + intercepts
        return -math.log(np.exp(scores[1:] - scores[0]).sum())

    each = {str(place): [place] for place in range(7)}
    alone = group_shapley(score, features, reference, each)
    grouped = group_shapley(score, features, reference, GOLDEN["groups"])

    assert list(alone.values()) == pytest.approx(made["by_feature"], abs=1e-9)
    assert grouped == pytest.approx(made["by_group"], abs=1e-9)
