"""Summaries of folds that can be added up by hand."""

from __future__ import annotations

import json
from functools import partial

import pytest

from glioscope.core import InputError
from glioscope.evaluation import bootstrap_interval, summarize_folds

FOLDS = {"0": {"a": 0.9, "b": 0.7}, "1": {"c": 0.6}, "2": {"d": 0.2, "e": 0.4, "f": 0.6}}

quick = partial(summarize_folds, resamples=200)


def test_folds_count_alike_in_the_mean_and_cases_in_the_pooled_score() -> None:
    found = quick(FOLDS, seed=2)

    # Means 0.8, 0.6 and 0.4.
    assert found.mean == pytest.approx(0.6)
    assert found.sd == pytest.approx(0.2)
    pooled = [0.9, 0.7, 0.6, 0.2, 0.4, 0.6]
    expected = bootstrap_interval(pooled, patients=list("abcdef"), seed=2, resamples=200)
    assert found.pooled == expected
    assert [(part.fold, part.cases) for part in found.folds] == [("0", 2), ("1", 1), ("2", 3)]
    assert [part.mean for part in found.folds] == pytest.approx([0.8, 0.6, 0.4])
    assert found.folds[1].sd is None
    assert found.folds[2].sd == pytest.approx(0.2)


def test_one_fold_has_no_deviation() -> None:
    found = quick({"only": {"a": 0.5, "b": 0.7}})

    assert found.sd is None
    assert found.table().rows[1] == ("mean of folds", "-", "0.600")


def test_cases_of_one_patient_are_drawn_together() -> None:
    found = quick(FOLDS, patients=dict(zip("abcdef", ["p", "p", "q", "r", "r", "r"], strict=True)))

    assert found.pooled.patients == 3


def test_a_patient_in_two_folds_is_refused() -> None:
    with pytest.raises(InputError, match="patient a is in folds 0 and 1"):
        quick({"0": {"a": 0.5}, "1": {"a": 0.6}})
    patients = dict(zip("abcdef", "vwxyzw", strict=True))
    with pytest.raises(InputError, match="patient w is in folds 0 and 2"):
        quick(FOLDS, patients=patients)


def test_folds_that_say_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="no fold"):
        quick({})
    with pytest.raises(InputError, match="scores of fold 1"):
        quick({"0": {"a": 0.5}, "1": {}})
    with pytest.raises(InputError, match="scores of fold 0: inf"):
        quick({"0": {"a": float("inf")}})
    with pytest.raises(InputError, match="case a: no patient"):
        quick(FOLDS, patients={})


def test_table_and_json_hold_every_fold() -> None:
    found = quick(FOLDS)

    rows = found.table().rows
    assert rows[0] == ("0", "2", "0.800 (SD 0.141)")
    assert rows[3] == ("mean of folds", "-", "0.600 (SD 0.200)")
    assert rows[4][:2] == ("all cases", "6")
    assert json.loads(json.dumps(found.as_json()))["folds"][2]["cases"] == 3
