"""Runs compared by hand, and against the bootstrap of their differences."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np
import pytest

from glioscope.core import InputError
from glioscope.evaluation import compare_runs, paired_bootstrap

quick = partial(compare_runs, resamples=200)

Runs = dict[str, dict[str, dict[str, float]]]


def made() -> Runs:
    """Return three runs on 30 cases that differ much: one much alike, one clearly worse."""
    rng = np.random.default_rng(0)
    level = rng.uniform(0.4, 0.9, size=30)
    runs: Runs = {}
    for run, gain in (("no shape", -0.05), ("full", 0.0), ("other seed", 0.0)):
        dice = level + gain + rng.normal(0, 0.02, size=30)
        runs[run] = {
            f"case-{place}": {"dice": float(one), "hd95_mm": 10 * float(1 - one)}
            for place, one in enumerate(dice)
        }
    return runs


def test_differences_are_those_of_the_paired_bootstrap() -> None:
    runs = made()

    found = quick(runs, reference="full", seed=5)

    reference, worse, _ = found.metrics["dice"]
    ours = [case["dice"] for case in runs["no shape"].values()]
    theirs = [case["dice"] for case in runs["full"].values()]
    expected = paired_bootstrap(ours, theirs, patients=list(runs["full"]), seed=5, resamples=200)
    assert (reference.run, reference.difference) == ("full", None)
    assert worse.difference == expected
    assert worse.score.mean == pytest.approx(np.mean(ours))
    assert found.cases == 30
    assert set(found.left_out.values()) == {0}


def test_a_clear_difference_is_marked_though_the_scores_overlap() -> None:
    found = quick(made(), reference="full")

    rows = {row[0]: row for row in found.table("dice").rows}
    reference, worse, _ = found.metrics["dice"]
    assert worse.score.high > reference.score.low
    assert rows["full"][2] == "reference"
    assert rows["no shape"][2].endswith("*")
    assert not rows["other seed"][2].endswith("*")
    # Greater where worse: the sign turns, the mark stays.
    worse_mm = next(row for row in found.table("hd95_mm").rows if row[0] == "no shape")[2]
    assert worse_mm.startswith("+")
    assert worse_mm.endswith("*")


def test_order_of_the_cases_is_without_effect() -> None:
    runs = made()
    turned = {**runs, "no shape": dict(reversed(runs["no shape"].items()))}

    assert quick(turned, reference="full") == quick(runs, reference="full")


def test_runs_scored_on_other_cases_are_refused_or_reduced_to_the_shared_ones() -> None:
    runs = made()
    del runs["full"]["case-3"]
    runs["other seed"]["extra"] = {"dice": 1.0, "hd95_mm": 0.0}

    with pytest.raises(
        InputError, match="of 31 cases no shape lacks 1, full lacks 2, such as case-3"
    ):
        quick(runs, reference="full")
    found = quick(runs, reference="full", shared_only=True)

    assert found.cases == 29
    assert found.left_out == {"full": 0, "no shape": 1, "other seed": 2}
    assert "29 case(s) of 29 patient(s)" in found.text()
    assert "cases left out: no shape 1, other seed 2" in found.text()
    ours = [case["dice"] for name, case in runs["full"].items() if name != "extra"]
    assert found.metrics["dice"][0].score.mean == pytest.approx(np.mean(ours))


def test_cases_of_one_patient_are_drawn_together() -> None:
    runs = made()

    found = quick(runs, reference="full", patients={case: case[-1] for case in runs["full"]})

    worse = found.metrics["dice"][1]
    assert worse.difference is not None
    assert worse.difference.difference.patients == 10


def test_text_markdown_and_json_hold_every_run_of_every_metric() -> None:
    found = quick(made(), reference="full")

    for text in (found.text(), found.markdown()):
        for name in ("no shape", "other seed", "dice", "hd95_mm", "less full"):
            assert name in text
        assert text.count("no shape") == 2
    assert found.markdown().count("| :-- | --: | --: |") == 2
    read = json.loads(json.dumps(found.as_json()))
    assert read["metrics"]["dice"][1]["difference"]["difference"]["patients"] == 30


@pytest.mark.parametrize(
    ("runs", "options", "message"),
    [
        ({"a": {"1": {"dice": 1.0}}}, {"reference": "b"}, "reference 'b': no such run"),
        ({"a": {"1": {"x": 1.0}}, "b": {"2": {"x": 1.0}}}, {}, "no case is shared"),
        ({"a": {"1": {"x": 1.0}}, "b": {"1": {"y": 1.0}}}, {}, "run b: metrics y, expected x"),
        ({"a": {"1": {}}}, {}, "metrics none"),
        ({"a": {"1": {"x": float("nan")}}}, {}, "case 1 of run a: x is nan"),
        ({"a": {"1": {"x": 1.0}}}, {"patients": {}}, "case 1: no patient"),
    ],
)
def test_runs_that_cannot_be_compared_are_refused(
    runs: Runs, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        quick(runs, **{"reference": "a", **options})


def test_a_metric_that_was_not_scored_has_no_table() -> None:
    with pytest.raises(InputError, match="metric 'iou': not scored; choose one of dice, hd95_mm"):
        quick(made(), reference="full").table("iou")
