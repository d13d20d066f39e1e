"""Calibration on paper, and its bins against scikit-learn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glioscope.evaluation import ReliabilityBin, calibration

GOLDEN = json.loads(
    (Path(__file__).parents[1] / "golden" / "survival_metrics.json").read_text(encoding="utf-8")
)["classes"]


def test_error_is_the_gap_weighed_by_cases() -> None:
    found = calibration([False, True, True, True], [0.1, 0.3, 0.8, 0.8], bins=2)

    assert found.bins == (
        ReliabilityBin(low=0.0, high=0.5, mean_probability=0.2, observed=0.5, count=2),
        ReliabilityBin(low=0.5, high=1.0, mean_probability=0.8, observed=1.0, count=2),
    )
    assert found.expected_calibration_error == pytest.approx(0.5 * 0.3 + 0.5 * 0.2)
    assert found.brier == pytest.approx((0.01 + 0.49 + 0.04 + 0.04) / 4)


def test_an_edge_belongs_to_the_bin_below_and_empty_bins_are_left_out() -> None:
    found = calibration([False, True, True], [0.0, 0.2, 1.0], bins=5)

    assert [(part.low, part.high, part.count) for part in found.bins] == [(0, 0.2, 2), (0.8, 1, 1)]


@pytest.mark.parametrize("made", GOLDEN)
@pytest.mark.parametrize(("equal_mass", "strategy"), [(False, "uniform"), (True, "quantile")])
def test_bins_agree_with_scikit_learn(
    made: dict[str, Any], equal_mass: bool, strategy: str
) -> None:
    found = calibration(made["labels"], made["probabilities"], equal_mass=equal_mass)

    observed, predicted = made[strategy]
    assert [part.observed for part in found.bins] == pytest.approx(observed, abs=1e-14)
    assert [part.mean_probability for part in found.bins] == pytest.approx(predicted, abs=1e-14)
    assert found.brier == pytest.approx(made["brier"], abs=1e-14)


def test_equal_mass_bins_hold_as_many_cases_each() -> None:
    rng = np.random.default_rng(0)

    found = calibration(rng.random(100) < 0.2, rng.beta(1, 9, size=100), bins=5, equal_mass=True)

    assert [part.count for part in found.bins] == [20] * 5
    assert all(
        lower.high == upper.low for lower, upper in zip(found.bins, found.bins[1:], strict=False)
    )


def test_equal_probabilities_stay_in_one_bin() -> None:
    found = calibration([True, False, True, False], [0.5] * 4, equal_mass=True)

    (only,) = found.bins
    assert (only.count, only.mean_probability, only.observed) == (4, 0.5, 0.5)
    assert found.expected_calibration_error == 0.0


def test_true_probabilities_are_calibrated_and_sharpened_ones_are_not() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.random(20_000)
    labels = rng.random(20_000) < probabilities

    true = calibration(labels, probabilities)
    odds = (probabilities / (1 - probabilities)) ** 3
    sharpened = calibration(labels, odds / (1 + odds))

    assert true.expected_calibration_error < 0.015
    assert sharpened.expected_calibration_error > 0.1
    assert true.brier < sharpened.brier


@given(
    cases=st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=30),
    bins=st.integers(1, 12),
    equal_mass=st.booleans(),
)
def test_bins_hold_every_case_once_inside_their_edges(
    cases: list[tuple[bool, float]], bins: int, equal_mass: bool
) -> None:
    labels, probabilities = zip(*cases, strict=True)

    found = calibration(labels, probabilities, bins=bins, equal_mass=equal_mass)

    assert sum(part.count for part in found.bins) == len(cases)
    assert len(found.bins) <= bins
    assert 0 <= found.expected_calibration_error <= 1
    for part in found.bins:
        assert part.low - 1e-12 <= part.mean_probability <= part.high + 1e-12
