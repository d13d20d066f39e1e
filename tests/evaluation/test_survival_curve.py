"""Survival of groups on paper, and against scipy, scikit-survival and lifelines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from glioscope.core import InputError
from glioscope.evaluation import kaplan_meier, log_rank
from glioscope.evaluation.columns import read_follow_up
from glioscope.evaluation.survival_curve import censoring_curve, survival_at

GOLDEN = json.loads(
    (Path(__file__).parents[1] / "golden" / "survival_metrics.json").read_text(encoding="utf-8")
)["survival"]
PATIENTS = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=30)


def groups_of(made: dict[str, Any], group: npt.NDArray[np.intp]) -> list[tuple[Any, Any]]:
    days, died = np.array(made["days"]), np.array(made["died"])
    return [(days[group == one], died[group == one]) for one in np.unique(group)]


def test_survival_falls_by_the_share_of_those_at_risk() -> None:
    # Of 21 at risk 3 die on day 6 and one is lost, one of 17 dies on day 7, one is lost on day 9,
    # one of 15 dies on day 10: the arm on 6-MP of Freireich et al., Blood 1963;21:699, in weeks.
    days = [6, 6, 6, 6, 7, 9, 10, 10, *[35] * 13]
    died = [True, True, True, False, True, False, True, False, *[False] * 13]

    curve = kaplan_meier(days, died)

    assert curve.times_days.tolist() == [6, 7, 9, 10, 35]
    expected = [18 / 21, 18 / 21 * 16 / 17, 18 / 21 * 16 / 17, 18 / 21 * 16 / 17 * 14 / 15]
    assert curve.survival[:4] == pytest.approx(expected)
    # 1.96 sqrt(3 / (21 * 18)) / -log(18 / 21) is 1.133, and its exponential 3.104.
    limits = (18 / 21) ** 3.104, (18 / 21) ** (1 / 3.104)
    assert (curve.low[0], curve.high[0]) == pytest.approx(limits, abs=5e-4)


@pytest.mark.parametrize("made", GOLDEN)
def test_curve_agrees_with_other_programs(made: dict[str, Any]) -> None:
    curve = kaplan_meier(made["days"], made["died"])

    # The other programs write limits where survival is 1, and lifelines a day 0.
    inside = (curve.survival > 0) & (curve.survival < 1)
    assert inside.sum() > 15
    for ours, theirs in zip(curve, made["kaplan_meier"], strict=True):
        assert ours[inside] == pytest.approx(np.array(theirs)[inside], abs=1e-14)
    for ours, theirs in zip(curve[1:], made["kaplan_meier_lifelines"], strict=True):
        assert ours[inside] == pytest.approx(np.array(theirs)[1:][inside], abs=1e-14)


@pytest.mark.parametrize("made", GOLDEN)
def test_curve_agrees_with_scipy(made: dict[str, Any]) -> None:
    days, died = np.array(made["days"]), np.array(made["died"])

    curve = kaplan_meier(days, died)

    theirs = stats.ecdf(stats.CensoredData.right_censored(days, ~died)).sf
    limits: Any = theirs.confidence_interval(method="log-log")
    assert curve.times_days == pytest.approx(theirs.quantiles)
    assert curve.survival == pytest.approx(theirs.probabilities, abs=1e-14)
    assert curve.low == pytest.approx(limits.low.probabilities, abs=1e-14, nan_ok=True)
    assert curve.high == pytest.approx(limits.high.probabilities, abs=1e-14, nan_ok=True)


def test_limits_are_undefined_where_all_or_nobody_lives() -> None:
    curve = kaplan_meier([1, 2, 3], [False, True, True])

    assert curve.survival.tolist() == [1.0, 0.5, 0.0]
    assert np.isnan(curve.low).tolist() == [True, False, True]
    assert np.isnan(curve.high).tolist() == [True, False, True]


@given(patients=PATIENTS)
def test_a_curve_only_falls_between_its_limits(patients: list[tuple[int, bool]]) -> None:
    days, died = zip(*patients, strict=True)

    curve = kaplan_meier(days, died)

    assert (np.diff([1.0, *curve.survival]) <= 0).all()
    inside = ~np.isnan(curve.low)
    assert (curve.low[inside] <= curve.survival[inside]).all()
    assert (curve.survival[inside] <= curve.high[inside]).all()


def test_survival_after_the_last_loss_is_unknown() -> None:
    open_end, closed = kaplan_meier([1, 3], [True, False]), kaplan_meier([1, 3], [False, True])

    assert [survival_at(open_end, day) for day in (0.5, 1, 3, 4)] == [1.0, 0.5, 0.5, None]
    assert [survival_at(closed, day) for day in (0.5, 1, 3, 4)] == [1.0, 1.0, 0.0, 0.0]


def test_deaths_of_a_day_come_before_its_losses() -> None:
    # On day 2 one of four dies, then one of the three left is lost.
    train = read_follow_up([2, 2, 3, 4], [True, False, True, True])

    share = censoring_curve(train)

    assert share.at([1, 2, 3, 9]).tolist() == pytest.approx([1, 2 / 3, 2 / 3, 2 / 3])


@pytest.mark.parametrize("made", GOLDEN)
def test_log_rank_agrees_with_other_programs(made: dict[str, Any]) -> None:
    group = np.array(made["group"])
    three, two = groups_of(made, group), groups_of(made, (group > 0).astype(np.intp))

    assert log_rank(*three) == pytest.approx(made["log_rank_3"], rel=1e-12)
    assert log_rank(*three) == pytest.approx(made["log_rank_3_lifelines"], rel=1e-12)
    assert log_rank(*two) == pytest.approx(made["log_rank_2"], rel=1e-12)
    one, other = (stats.CensoredData.right_censored(days, ~died) for days, died in two)
    assert log_rank(*two) == pytest.approx(stats.logrank(one, other).pvalue, rel=1e-12)


def test_groups_alike_do_not_differ() -> None:
    group = ([1, 2, 3, 4], [True, False, True, True])

    assert log_rank(group, group, group) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "groups",
    [
        [([1, 2], [False, False]), ([3, 4], [True, True])],
        [([1, 2], [False, False]), ([3, 4], [False, False])],
        [([5, 5], [True, True]), ([5, 5], [True, True])],
    ],
)
def test_groups_that_no_death_compares_are_refused(groups: list[tuple[Any, Any]]) -> None:
    with pytest.raises(InputError, match="can't be compared"):
        log_rank(*groups)
