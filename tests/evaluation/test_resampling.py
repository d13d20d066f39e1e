"""Intervals of any metric against those of means, against scipy and against what they promise."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from glioscope.core import InputError
from glioscope.evaluation import auc, bootstrap_metric, harrell_c, paired_metric


def separated(size: int, seed: int = 8) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Return labels and scores one standard deviation apart."""
    rng = np.random.default_rng(seed)
    labels = rng.random(size) < 0.3
    return labels, labels + rng.normal(size=size)


LABELS, SCORES = separated(120)


def mean(values: npt.NDArray[np.float64]) -> float:
    return float(values.mean())


def test_interval_of_auc_agrees_with_scipy() -> None:
    ours = bootstrap_metric(auc, LABELS, SCORES, resamples=5000)

    theirs = stats.bootstrap(
        (LABELS, SCORES),
        auc,
        paired=True,
        vectorized=False,
        method="percentile",
        n_resamples=5000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert ours.mean == auc(LABELS, SCORES)
    assert ours.low == pytest.approx(theirs.low, abs=0.006)
    assert ours.high == pytest.approx(theirs.high, abs=0.006)


def test_interval_of_auc_holds_the_true_one_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    # Two normal distributions one standard deviation apart.
    true = stats.norm.cdf(1 / np.sqrt(2))
    held = 0
    for _ in range(150):
        labels = rng.random(150) < 0.4
        found = bootstrap_metric(auc, labels, labels + rng.normal(size=150), resamples=200)
        held += found.low <= true <= found.high

    # 95% of 150 with three standard deviations of the binomial and the 200 draws' own spread.
    assert 132 <= held <= 150


def test_a_narrower_confidence_gives_a_narrower_interval() -> None:
    wide = bootstrap_metric(auc, LABELS, SCORES, confidence=0.95)
    narrow = bootstrap_metric(auc, LABELS, SCORES, confidence=0.5)

    assert wide.low < narrow.low < narrow.mean < narrow.high < wide.high


def test_the_same_seed_gives_the_same_interval() -> None:
    first = bootstrap_metric(auc, LABELS, SCORES, seed=3, resamples=50)

    assert bootstrap_metric(auc, LABELS, SCORES, seed=3, resamples=50) == first
    assert bootstrap_metric(auc, LABELS, SCORES, seed=4, resamples=50) != first


def test_rows_of_one_patient_are_drawn_together() -> None:
    # Apart and unsorted, in a number of their own each.
    rng = np.random.default_rng(0)
    times = rng.integers(1, 4, size=60)
    patients = rng.permutation(np.repeat(np.arange(60), times))
    values = rng.normal(size=60)[patients]
    seen: list[bool] = []

    def watch(drawn: npt.NDArray[np.intp], numbers: npt.NDArray[np.float64]) -> float:
        names, counts = np.unique(drawn, return_counts=True)
        seen.append(bool((counts % times[names] == 0).all()))
        return mean(numbers)

    found = bootstrap_metric(
        watch, patients, values, patients=[str(one) for one in patients], resamples=100
    )

    assert found.patients == 60
    assert len(seen) == 101
    assert all(seen)


def test_copies_of_a_patient_add_no_evidence() -> None:
    patients = [str(place) for place in range(120)] * 2
    labels, scores = np.tile(LABELS, 2), np.tile(SCORES, 2)

    together = bootstrap_metric(auc, labels, scores, patients=patients)

    alone = bootstrap_metric(auc, LABELS, SCORES)
    apart = bootstrap_metric(auc, labels, scores)
    assert together.high - together.low == pytest.approx(alone.high - alone.low, rel=0.08)
    assert apart.high - apart.low < 0.85 * (alone.high - alone.low)


def test_a_draw_with_one_class_is_drawn_again() -> None:
    labels = [True] + [False] * 9

    found = bootstrap_metric(auc, labels, np.arange(10), resamples=300)

    assert (found.low, found.high) == (0.0, 0.0)


def test_a_cohort_too_small_for_an_interval_is_refused() -> None:
    def rarely(values: npt.NDArray[np.intp]) -> float:
        if len(np.unique(values)) < len(values):
            msg = "a patient is there twice"
            raise InputError(msg)
        return 1.0

    with pytest.raises(InputError, match="defined on 0 of 200 draws of 20 patients"):
        bootstrap_metric(rarely, np.arange(20), resamples=20)


def test_a_metric_undefined_on_all_rows_is_refused_in_its_own_words() -> None:
    with pytest.raises(InputError, match="at least one of each"):
        bootstrap_metric(auc, [True, True], [0.1, 0.2])
    with pytest.raises(InputError, match="the metric is nan"):
        bootstrap_metric(lambda _: float("nan"), [0.1, 0.2])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patients": ["a"]}, "120 rows but 1 patients"),
        ({"confidence": 1.0}, "confidence 1.0"),
        ({"resamples": 0}, "0 resamples"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        partial(bootstrap_metric, auc, LABELS, SCORES, **options)()
    with pytest.raises(InputError, match=message):
        partial(paired_metric, auc, LABELS, ours=SCORES, theirs=SCORES, **options)()


@pytest.mark.parametrize("columns", [(), ([],), ([1.0], [1.0, 2.0]), (1.0,)])
def test_columns_without_a_row_a_case_are_refused(columns: tuple[npt.ArrayLike, ...]) -> None:
    with pytest.raises(InputError, match="columns of"):
        bootstrap_metric(mean, *columns)


def test_the_difference_of_two_methods_is_that_of_their_metrics() -> None:
    worse = SCORES + np.random.default_rng(0).normal(size=120)

    found = paired_metric(auc, LABELS, ours=SCORES, theirs=worse)

    assert found.difference.mean == auc(LABELS, SCORES) - auc(LABELS, worse)
    assert found.difference.low < found.difference.mean < found.difference.high
    assert found.better == (found.difference.low > 0)


def test_paired_means_agree_with_the_bootstrap_of_differences() -> None:
    ours, theirs = np.random.default_rng(0).normal(size=(2, 50))

    found = paired_metric(mean, ours=ours, theirs=theirs, resamples=4000)

    alone = bootstrap_metric(mean, ours - theirs, resamples=4000).low
    assert found.difference.low == pytest.approx(alone, abs=1e-12)


def test_a_method_is_not_better_than_itself() -> None:
    same = paired_metric(auc, LABELS, ours=SCORES, theirs=SCORES * 2, resamples=50)

    assert not same.better
    assert same.ours_greater == 0.5
    assert (same.difference.low, same.difference.high) == (0.0, 0.0)


def test_the_truth_is_better_than_noise() -> None:
    days, noise = np.random.default_rng(0).exponential(300, size=(2, 80))

    found = paired_metric(harrell_c, days, np.ones(80), ours=-days, theirs=noise, resamples=200)

    assert found.better
    assert found.ours_greater == 1.0


def test_an_interval_of_auc_is_quick() -> None:
    labels, scores = separated(400)
    start = time.process_time()

    bootstrap_metric(auc, labels, scores)

    # 0.12 s; a machine at work on something else is given room.
    assert time.process_time() - start < 1.0
