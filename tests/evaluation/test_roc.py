"""The ROC curve on paper and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from glioscope.core import InputError
from glioscope.evaluation import auc, roc_curve


def test_curve_of_four_cases_is_the_one_drawn_on_paper() -> None:
    curve = roc_curve([False, True, False, True], [0.1, 0.4, 0.4, 0.8])

    assert curve.false_positive_rate.tolist() == [0.0, 0.0, 0.5, 1.0]
    assert curve.true_positive_rate.tolist() == [0.0, 0.5, 1.0, 1.0]
    assert curve.thresholds.tolist() == [np.inf, 0.8, 0.4, 0.1]
    assert curve.area == pytest.approx(0.875)


def test_curve_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    truth = rng.random(200) < 0.3
    scores = np.round(truth + rng.normal(size=200), 1)

    curve = roc_curve(truth, scores)

    raised, found, thresholds = metrics.roc_curve(truth, scores, drop_intermediate=False)
    assert curve.false_positive_rate == pytest.approx(raised)
    assert curve.true_positive_rate == pytest.approx(found)
    assert curve.thresholds[1:] == pytest.approx(thresholds[1:])


@given(cases=st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40))
def test_area_is_auc(cases: list[tuple[bool, int]]) -> None:
    truth, scores = zip(*cases, strict=True)
    if all(truth) or not any(truth):
        with pytest.raises(InputError, match="at least one case of each"):
            roc_curve(truth, scores)
        return

    assert roc_curve(truth, scores).area == pytest.approx(auc(truth, scores))
