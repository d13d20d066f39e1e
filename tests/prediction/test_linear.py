"""Lines, softmax and log odds, on paper and against scipy."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from glioscope.core import ModelError
from glioscope.prediction import Linear, Softmax, expit, logit, softmax

LINE = Linear(
    mean=np.array([50.0, 0.0]),
    scale=np.array([10.0, 0.5]),
    weights=np.array([2.0, -1.0]),
    intercept=0.25,
)
LINES = Softmax(
    mean=np.array([50.0, 0.0]),
    scale=np.array([10.0, 0.5]),
    weights=np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]),
    intercepts=np.array([0.0, math.log(2), math.log(5)]),
)
TWO = np.array([[65.0, 0.5], [50.0, 0.0]])


def test_a_line_is_its_formula() -> None:
    # The age adds twice its 1.5 standard deviations, sex takes one, over an intercept of 0.25.
    assert float(LINE(TWO[0])) == pytest.approx(2.25)
    assert LINE(TWO) == pytest.approx([2.25, 0.25])


def test_the_average_patient_has_the_odds_of_the_intercepts() -> None:
    assert LINES(LINES.mean) == pytest.approx([1 / 8, 2 / 8, 5 / 8])
    assert LINES(TWO).sum(axis=1) == pytest.approx([1, 1])


def test_a_line_is_rescaled_by_its_score() -> None:
    rescaled = LINE.rescaled(slope=0.5, offset=-3.0)

    assert rescaled(TWO) == pytest.approx(0.5 * LINE(TWO) - 3.0)


def test_lines_are_rescaled_by_their_scores() -> None:
    offsets = np.array([1.0, 0.0, -2.0])

    rescaled = LINES.rescaled(slope=0.5, offsets=offsets)

    assert rescaled.scores(TWO) == pytest.approx(0.5 * LINES.scores(TWO) + offsets)


@pytest.mark.parametrize("lines", [LINE, LINES])
def test_lines_come_back_from_json_to_six_digits(lines: Any) -> None:
    rng = np.random.default_rng(0)
    uneven = lines.rescaled(
        **{"slope": 1 / 7, "offset": 1 / 3}
        if isinstance(lines, Linear)
        else {"slope": 1 / 7, "offsets": rng.normal(size=3)}
    )

    back = type(lines).from_json(json.loads(json.dumps(uneven.to_json())))

    assert back(TWO) == pytest.approx(uneven(TWO), abs=1e-5)


@pytest.mark.parametrize("lines", [LINE, LINES])
@pytest.mark.parametrize(
    "damage",
    [
        {"mean": [50.0]},
        {"scale": [10.0]},
        {"scale": [10.0, 0.0]},
        {"scale": [10.0, -0.5]},
        {"scale": [10.0, math.nan]},
        {"weights": [[1.0]]},
    ],
)
def test_damaged_weights_are_refused(lines: Any, damage: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="damaged; install glioscope anew"):
        type(lines).from_json(lines.to_json() | damage)


def test_lines_without_their_intercept_are_refused() -> None:
    with pytest.raises(ModelError, match="damaged"):
        Softmax.from_json(LINES.to_json() | {"intercepts": [0.0, 1.0]})


@given(score=st.floats(-700, 700))
def test_expit_agrees_with_scipy_in_both_tails(score: float) -> None:
    assert expit(score) == pytest.approx(float(special.expit(score)), rel=1e-12, abs=0)


@pytest.mark.parametrize(("score", "probability"), [(-1000.0, 0.0), (0.0, 0.5), (1000.0, 1.0)])
def test_no_score_overflows(score: float, probability: float) -> None:
    assert expit(score) == probability
    assert softmax(np.array([score, 0.0]))[0] == probability


@given(score=st.floats(-13, 13))
def test_logit_undoes_expit(score: float) -> None:
    assert logit(expit(score)) == pytest.approx(score, abs=1e-8)


def test_the_log_odds_of_a_certainty_are_bounded() -> None:
    assert logit(1.0) == pytest.approx(math.log(999_999))
    assert logit(0.0) == pytest.approx(-math.log(999_999))


@given(scores=st.lists(st.floats(-1000, 1000), min_size=1, max_size=6), moved=st.floats(-50, 50))
def test_softmax_agrees_with_scipy_and_knows_differences_only(
    scores: list[float], moved: float
) -> None:
    found = softmax(np.array(scores))

    assert found == pytest.approx(special.softmax(scores), abs=1e-12)
    assert softmax(np.array(scores) + moved) == pytest.approx(found, abs=1e-9)
