"""Errors of predicted survival on paper, and against scikit-survival."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glioscope.core import InputError
from glioscope.evaluation import brier_at, calibration_at, integrated_brier, kaplan_meier

GOLDEN = json.loads(
    (Path(__file__).parents[1] / "golden" / "survival_metrics.json").read_text(encoding="utf-8")
)
# Half of the training patients are lost on day 2.
TRAIN = ([2, 2, 9, 9], [False, False, True, True])


def test_errors_of_those_seen_stand_for_those_lost() -> None:
    days, died = [1, 2, 3, 5], [True, False, True, True]
    predicted = [[0.2], [0.9], [0.4], [0.7]]

    found = brier_at(*TRAIN, days, died, predicted, [4])

    # Died on day 1 (weight 1), lost on day 2 (0), died on day 3 (2), lived past day 4 (2).
    expected = (0.2**2 + 0 + 2 * 0.4**2 + 2 * (1 - 0.7) ** 2) / 4
    assert found == pytest.approx([expected])


@pytest.mark.parametrize("made", GOLDEN["survival"])
def test_errors_agree_with_scikit_survival(made: dict[str, Any]) -> None:
    score, mean = (
        partial(metric, made["train_days"], made["train_died"], made["days"], made["died"])
        for metric in (brier_at, integrated_brier)
    )

    found = score(made["survival"], GOLDEN["times_days"])

    assert found == pytest.approx(made["brier"], abs=1e-14)
    average = mean(made["survival"], GOLDEN["times_days"])
    assert average == pytest.approx(made["integrated_brier"], abs=1e-14)


def test_without_losses_it_is_the_squared_error() -> None:
    rng = np.random.default_rng(0)
    days, predicted = rng.exponential(size=40), rng.random((40, 3))
    times_days = [0.1, 0.5, 1.0]

    found = brier_at(days, np.ones(40), days, np.ones(40), predicted, times_days)

    lived = days[:, None] > times_days
    assert found == pytest.approx(((predicted - lived) ** 2).mean(axis=0))


def test_weights_undo_the_losses() -> None:
    rng = np.random.default_rng(0)
    death, lost = rng.exponential(size=20_000), rng.exponential(2.0, size=20_000)
    days, died = np.minimum(death, lost), death <= lost
    predicted = np.tile(np.exp(-0.8), (20_000, 1))

    found = brier_at(days, died, days, died, predicted, [0.8])

    complete = brier_at(death, np.ones(20_000), death, np.ones(20_000), predicted, [0.8])
    assert found == pytest.approx(complete, abs=0.005)


def test_a_constant_error_is_its_own_mean_over_time() -> None:
    days = [1.0, 2.0, 30.0]

    found = integrated_brier(days, [True] * 3, days, [True] * 3, np.full((3, 3), 0.5), [3, 4, 29])

    assert found == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("times_days", "message"),
    [([3, 6], "day 6 lies outside the follow-up of 0 to 5"), ([-1, 3], "day -1 lies outside")],
)
def test_days_outside_the_follow_up_are_refused(times_days: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        brier_at(*TRAIN, [1, 5], [True, True], np.full((2, 2), 0.5), times_days)


def test_days_past_the_training_follow_up_are_refused() -> None:
    scored = ([1, 50], [True, True], [[0.5], [0.5]])

    with pytest.raises(InputError, match="day 40: no training patient"):
        brier_at(*TRAIN, *scored, [40])
    with pytest.raises(InputError, match="day 9: no training patient"):
        brier_at([2, 9], [True, False], *scored, [9])


@pytest.mark.parametrize("times_days", [[3.0], [3.0, 3.0], [4.0, 3.0]])
def test_the_mean_needs_rising_days(times_days: list[float]) -> None:
    predicted = np.full((2, len(times_days)), 0.5)

    with pytest.raises(InputError, match="rising"):
        integrated_brier(*TRAIN, [1, 5], [True, True], predicted, times_days)


def test_groups_of_like_prediction_show_their_own_survival() -> None:
    days, died = np.array([1, 2, 3, 9, 9, 9, 4, 9]), np.array([1, 1, 0, 0, 0, 0, 1, 0])
    predicted = [0.1, 0.2, 0.15, 0.15, 0.8, 0.9, 0.7, 0.8]

    worst, best = calibration_at(days, died, predicted, 5, groups=2)

    curve = kaplan_meier(days[:4], died[:4])
    assert [worst.predicted, best.predicted] == pytest.approx([0.15, 0.8])
    assert (worst.patients, worst.observed) == (4, 0.5)
    assert (worst.low, worst.high) == (curve.low[2], curve.high[2])
    assert (best.patients, best.observed) == (4, 0.75)


def test_what_the_follow_up_does_not_show_is_none() -> None:
    (lost,) = calibration_at([1, 2, 3], [True, False, False], [0.5] * 3, 5, groups=4)
    (alive,) = calibration_at([7, 8, 9], [True, False, False], [0.5] * 3, 5)

    assert (lost.patients, lost.observed, lost.low, lost.high) == (3, None, None, None)
    assert (alive.observed, alive.low, alive.high) == (1.0, None, None)


def test_true_survival_lies_within_the_limits_of_most_groups() -> None:
    rng = np.random.default_rng(2)
    rate = rng.uniform(0.2, 2.0, size=2000)
    death, lost = rng.exponential(1 / rate), rng.exponential(3.0, size=2000)

    groups = calibration_at(
        np.minimum(death, lost), death <= lost, np.exp(-rate), day=1.0, groups=10
    )

    inside = [one.low <= one.predicted <= one.high for one in groups if one.low and one.high]
    assert len(inside) == 10
    assert sum(inside) >= 8
