"""Intervals against scipy's bootstrap and against the normal distribution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from glioscope.core import InputError
from glioscope.evaluation import bootstrap_interval, paired_bootstrap

VALUES = np.random.default_rng(5).beta(8, 2, size=40).tolist()


def test_interval_agrees_with_scipy() -> None:
    ours = bootstrap_interval(VALUES, resamples=20_000)

    theirs = stats.bootstrap(
        (np.array(VALUES),),
        np.mean,
        method="percentile",
        n_resamples=20_000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert ours.mean == pytest.approx(np.mean(VALUES))
    assert ours.low == pytest.approx(theirs.low, abs=0.003)
    assert ours.high == pytest.approx(theirs.high, abs=0.003)


def test_interval_holds_the_true_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(300):
        interval = bootstrap_interval(rng.normal(2.0, 1.0, size=50).tolist(), resamples=500)
        held += interval.low <= 2.0 <= interval.high

    # 95% of 300 with three standard deviations of the binomial to both sides, less the little
    # that percentile intervals of 50 values fall short.
    assert 265 <= held <= 297


def test_the_same_seed_gives_the_same_interval() -> None:
    assert bootstrap_interval(VALUES, seed=3) == bootstrap_interval(VALUES, seed=3)
    assert bootstrap_interval(VALUES, seed=3) != bootstrap_interval(VALUES, seed=4)


def test_cases_of_one_patient_are_drawn_together() -> None:
    twice = [value for value in VALUES for _ in range(2)]
    patients = [str(number) for number in range(len(VALUES)) for _ in range(2)]

    together = bootstrap_interval(twice, patients=patients)

    # The copies add no evidence: the interval is that of the patients, not narrower.
    alone = bootstrap_interval(VALUES)
    assert together.patients == len(VALUES)
    assert together.high - together.low == pytest.approx(alone.high - alone.low, rel=0.05)
    assert bootstrap_interval(twice).high - bootstrap_interval(twice).low < alone.high - alone.low


def test_paired_differences_are_tighter_than_unpaired_ones() -> None:
    ours = [value + 0.01 for value in VALUES]

    paired = paired_bootstrap(ours, VALUES)

    assert paired.difference.mean == pytest.approx(0.01)
    assert paired.difference.high - paired.difference.low < 1e-9
    assert paired.better
    assert paired.ours_greater == 1.0


def test_a_method_is_not_better_than_itself() -> None:
    same = paired_bootstrap(VALUES, VALUES)

    assert not same.better
    assert same.ours_greater == 0.5


@pytest.mark.parametrize("values", [[], [0.5, float("nan")], [float("inf")]])
def test_no_or_undefined_values_are_refused(values: list[float]) -> None:
    with pytest.raises(InputError, match="finite"):
        bootstrap_interval(values)


def test_values_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(InputError, match="same cases"):
        paired_bootstrap([0.5], [0.5, 0.6])
    with pytest.raises(InputError, match="patients"):
        bootstrap_interval([0.5, 0.6], patients=["a"])
