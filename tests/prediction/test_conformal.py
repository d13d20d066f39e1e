"""Sets hold the truth as often as they promise, whatever the probabilities are worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glioscope.prediction import prediction_set, threshold
from glioscope.prediction.linear import Vector


@pytest.mark.parametrize(
    ("count", "confidence", "place"),
    [
        (9, 0.9, 1),  # 10 * 0.1
        (18, 0.9, 1),
        (19, 0.9, 2),
        (99, 0.9, 10),
        (9, 0.8, 2),
        (19, 0.95, 1),
    ],
)
def test_the_threshold_is_the_order_statistic(count: int, confidence: float, place: int) -> None:
    rng = np.random.default_rng(count)
    values = (rng.permutation(count) + 1) / 100

    assert threshold(values.tolist(), confidence=confidence) == place / 100


@pytest.mark.parametrize("count", range(9))
def test_too_few_patients_exclude_nothing(count: int) -> None:
    limit = threshold([0.99] * count, confidence=0.9)

    assert limit == 0.0
    assert prediction_set({"a": 1e-9, "b": 1 - 1e-9}, {"a": limit, "b": 1.0}) == ("a",)


def test_a_probability_at_its_threshold_stays() -> None:
    limits = {"a": 0.25, "b": 0.76}

    assert prediction_set({"a": 0.25, "b": 0.75}, limits) == ("a",)


def draw(rng: np.random.Generator, count: int) -> Vector:
    """Return probabilities that a poor model gives to patients of each of three outcomes.

    Returns:
        Shape ``(3, count, 3)``: true outcome, patient, outcome.
    """
    centers = np.array([[0.0, 0.0], [1.5, 0.0], [0.5, 1.0]])
    places = centers[:, None, :] + rng.normal(size=(3, count, 2))
    # Its centers are wrong and it is far too sure: coverage must not depend on that.
    away = ((places[:, :, None, :] - 1.5 * centers) ** 2).sum(axis=-1)
    odds = np.exp(-2 * away - np.array([0.0, 1.0, 2.0]))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


@pytest.mark.parametrize("count", [15, 29, 60])
def test_the_truth_of_each_outcome_is_held_as_often_as_promised(count: int) -> None:
    rng = np.random.default_rng(count)
    names = ("a", "b", "c")
    held: dict[str, list[bool]] = {name: [] for name in names}
    for _ in range(250):
        seen, new = draw(rng, count), draw(rng, 40)
        limits = {
            name: threshold(seen[i, :, i].tolist(), confidence=0.9) for i, name in enumerate(names)
        }
        for i, name in enumerate(names):
            for row in new[i].tolist():
                held[name].append(
                    name in prediction_set(dict(zip(names, row, strict=True)), limits)
                )

    # Over calibrations the standard error of a coverage is at most 0.075 / sqrt(250).
    for found in held.values():
        assert 0.9 - 0.012 <= np.mean(found) <= 0.9 + 1 / (count + 1) + 0.012


@given(
    odds=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=5).filter(lambda odds: sum(odds) > 0),
    limits=st.lists(st.floats(0.0, 1.0), min_size=5, max_size=5),
)
def test_a_set_is_never_empty_and_holds_what_reaches_its_threshold(
    odds: list[float], limits: list[float]
) -> None:
    probabilities = {str(i): value / sum(odds) for i, value in enumerate(odds)}
    thresholds = {str(i): limit for i, limit in enumerate(limits)}

    found = prediction_set(probabilities, thresholds)

    reached = {n for n, p in probabilities.items() if p > 0 and p >= thresholds[n]}
    best = max(probabilities.values())
    assert found
    assert set(found) == reached or (
        not reached and [probabilities[name] for name in found] == [best]
    )
