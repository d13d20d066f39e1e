"""Curves of a Cox model, on paper and against lifelines."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import lifelines
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glioscope.prediction import Hazard, Linear, at_day, crossing

DAYS = np.array([0.0, 100.0, 200.0, 400.0])

RNG = np.random.default_rng(7)
HAZARD = Hazard(
    risk=Linear(
        mean=np.array([60.0, 0.0]),
        scale=np.array([10.0, 0.5]),
        weights=np.array([math.log(2), 0.1]),
        intercept=0.0,
    ),
    cumulative=np.array([0.0, 0.25, 0.5, 1.0]),
    draws=np.array([math.log(2), 0.1, 0.0]) + RNG.normal(0, 0.1, (50, 3)),
    draws_cumulative=np.array([0.0, 0.25, 0.5, 1.0]) * np.exp(RNG.normal(0, 0.1, (50, 1))),
    risks=np.linspace(-1.0, 1.0, 101),
)
AVERAGE, OLDER = np.array([60.0, 0.0]), np.array([70.0, 0.0])


def test_survival_is_the_formula() -> None:
    assert HAZARD.survival(AVERAGE) == pytest.approx(np.exp([0, -0.25, -0.5, -1]))
    # A standard deviation older doubles the hazard.
    assert HAZARD.survival(OLDER) == pytest.approx(np.exp([0, -0.5, -1, -2]))


@given(age=st.floats(0, 120), sex=st.sampled_from([-0.5, 0.0, 0.5]))
def test_survival_starts_at_one_and_falls_inside_its_band(age: float, sex: float) -> None:
    features = np.array([age, sex])

    curve, (low, high) = HAZARD.survival(features), HAZARD.band(features, confidence=0.9)

    assert curve[0] == low[0] == high[0] == 1
    for line in (curve, low, high):
        assert (np.diff(line) <= 0).all()
        assert (line >= 0).all()
    assert (low <= curve).all()
    assert (curve <= high).all()


def test_the_band_holds_its_share_of_the_refits() -> None:
    low, high = HAZARD.band(OLDER, confidence=0.8)
    wide_low, wide_high = HAZARD.band(OLDER, confidence=0.98)

    standard = np.array([1.0, 0.0, 1.0])
    curves = np.exp(-HAZARD.draws_cumulative * np.exp(HAZARD.draws @ standard)[:, None])
    inside = (low <= curves) & (curves <= high)
    assert inside[:, 1:].mean() == pytest.approx(0.8, abs=0.03)
    assert (wide_low[1:] < low[1:]).all()
    assert (wide_high[1:] > high[1:]).all()


def test_twice_the_hazard_squares_the_survival() -> None:
    shifted = HAZARD.shifted(math.log(2))

    assert shifted.survival(OLDER) == pytest.approx(HAZARD.survival(OLDER) ** 2)
    for theirs, ours in zip(
        shifted.band(OLDER, confidence=0.9), HAZARD.band(OLDER, confidence=0.9), strict=True
    ):
        # A quantile between two refits is read off a line, which squaring bends a little.
        assert theirs == pytest.approx(ours**2, abs=1e-4)
    assert float(shifted.risk(OLDER)) == pytest.approx(float(HAZARD.risk(OLDER)) + math.log(2))


def test_no_shift_changes_nothing() -> None:
    assert HAZARD.shifted(0.0) is HAZARD


@pytest.mark.parametrize(
    ("risk", "percent"), [(-5.0, 0), (-0.995, 1), (0.001, 51), (0.995, 100), (5.0, 100)]
)
def test_the_percentile_counts_those_of_lower_risk(risk: float, percent: int) -> None:
    line = replace(HAZARD.risk, weights=np.zeros(2), intercept=risk)

    assert replace(HAZARD, risk=line).percentile(AVERAGE) == percent


def test_a_hazard_comes_back_from_json() -> None:
    back = Hazard.from_json(json.loads(json.dumps(HAZARD.to_json())))

    assert back.survival(OLDER) == pytest.approx(HAZARD.survival(OLDER), abs=1e-5)
    # Refits are kept to three digits.
    for theirs, ours in zip(
        back.band(OLDER, confidence=0.9), HAZARD.band(OLDER, confidence=0.9), strict=True
    ):
        assert theirs == pytest.approx(ours, abs=2e-3)
    assert back.percentile(OLDER) == HAZARD.percentile(OLDER)


@pytest.mark.parametrize(
    ("level", "day"), [(1.0, 0.0), (0.9, 50.0), (0.8, 100.0), (0.5, 250.0), (0.4, 300.0)]
)
def test_a_level_is_crossed_in_proportion_between_two_days(level: float, day: float) -> None:
    curve = np.array([1.0, 0.8, 0.6, 0.2])

    assert crossing(DAYS, curve, level) == pytest.approx(day)


def test_a_level_that_is_never_reached_has_no_day() -> None:
    assert crossing(DAYS, np.array([1.0, 0.9, 0.8, 0.51]), 0.5) is None


def test_a_level_is_crossed_where_a_flat_curve_first_reaches_it() -> None:
    assert crossing(DAYS, np.array([1.0, 0.5, 0.5, 0.2]), 0.5) == 100.0


@pytest.mark.parametrize(
    ("day", "value"), [(0, 1.0), (50, 0.9), (300, 0.4), (400, 0.2), (999, 0.2)]
)
def test_a_day_is_read_in_proportion(day: float, value: float) -> None:
    assert at_day(DAYS, np.array([1.0, 0.8, 0.6, 0.2]), day) == pytest.approx(value)


def test_survival_agrees_with_lifelines() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal([60, 0, 11], [12, 0.5, 1], size=(150, 3))
    death = rng.exponential(500 * np.exp(-0.04 * (features[:, 0] - 60)))
    lost = rng.exponential(1500, size=150)
    names = ["age", "male", "size"]
    table = pd.DataFrame(features, columns=names)
    table["days"], table["died"] = np.minimum(death, lost), death <= lost
    fitted = lifelines.CoxPHFitter(penalizer=0.05).fit(table, "days", "died")
    weights = np.asarray(fitted.params_[names], dtype=np.float64)
    own = fitted.baseline_cumulative_hazard_["baseline cumulative hazard"]

    hazard = Hazard(
        risk=Linear(mean=features.mean(axis=0), scale=np.ones(3), weights=weights, intercept=0.0),
        cumulative=own.to_numpy(),
        draws=np.zeros((1, 4)),
        draws_cumulative=own.to_numpy()[None],
        risks=np.zeros(101),
    )

    theirs = fitted.predict_survival_function(table[names].iloc[:10]).to_numpy().T
    assert theirs.min() < 0.2
    for row, curve in zip(features, theirs, strict=False):
        assert hazard.survival(row) == pytest.approx(curve, abs=1e-10)
