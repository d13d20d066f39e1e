"""Accuracy on the most confident share, counted by hand."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glioscope.evaluation import selective_accuracy


def test_the_least_confident_are_left_out() -> None:
    correct = [True, True, False, True, False]
    confidence = [0.9, 0.8, 0.7, 0.6, 0.5]

    found = selective_accuracy(correct, confidence, coverages=(1.0, 0.8, 0.4, 0.1))

    assert found == {1.0: 3 / 5, 0.8: 3 / 4, 0.4: 1.0, 0.1: 1.0}


def test_the_share_is_rounded_up_but_not_by_the_error_of_a_product() -> None:
    # 0.07 * 100 is 7.000000000000001.
    correct = [True] * 7 + [False] * 93

    assert selective_accuracy(correct, np.arange(100, 0, -1), [0.07]) == {0.07: 1.0}
    assert selective_accuracy(correct, np.arange(100, 0, -1), [0.071]) == {0.071: 7 / 8}


def test_ties_at_the_threshold_count_with_their_mean() -> None:
    # One of the three at 0.5 is kept, and one of the three is right.
    found = selective_accuracy([True, False, True, False], [0.9, 0.5, 0.5, 0.5], [0.5])

    assert found[0.5] == pytest.approx((1 + 1 / 3) / 2)


@given(
    cases=st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=1, max_size=20),
    shuffle=st.randoms(use_true_random=False),
)
def test_the_order_of_the_rows_has_no_effect(
    cases: list[tuple[bool, int]], shuffle: random.Random
) -> None:
    def found(rows: list[tuple[bool, int]]) -> dict[float, float]:
        return selective_accuracy([flag for flag, _ in rows], [sure for _, sure in rows])

    mixed = list(cases)
    shuffle.shuffle(mixed)

    assert found(mixed) == pytest.approx(found(cases))
    assert found(cases)[1.0] == pytest.approx(np.mean([flag for flag, _ in cases]))
