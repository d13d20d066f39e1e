"""The area under the ROC curve on paper, and against scikit-learn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from glioscope.core import InputError
from glioscope.evaluation import auc

GOLDEN = json.loads(
    (Path(__file__).parents[1] / "golden" / "survival_metrics.json").read_text(encoding="utf-8")
)["classes"]
# Few distinct scores, so that many tie.
CASES = st.lists(st.tuples(st.booleans(), st.integers(-5, 5)), min_size=2, max_size=40)


def test_auc_is_the_share_of_pairs_in_order() -> None:
    # Pairs: 3 above 2 and 1, 2 above 1 and level with 2: (2 + 1 + 1/2) / 4.
    assert auc([True, True, False, False], [3, 2, 2, 1]) == 3.5 / 4


@pytest.mark.parametrize("made", GOLDEN)
def test_auc_agrees_with_scikit_learn(made: dict[str, Any]) -> None:
    assert auc(made["labels"], made["probabilities"]) == pytest.approx(made["auc"], abs=1e-14)


@pytest.mark.parametrize("labels", [[True, True], [False, False]])
def test_a_single_class_has_no_auc(labels: list[bool]) -> None:
    with pytest.raises(InputError, match="at least one of each"):
        auc(labels, [0.1, 0.2])


def test_random_scores_have_an_auc_near_a_half() -> None:
    rng = np.random.default_rng(0)

    assert auc(rng.random(4000) < 0.3, rng.random(4000)) == pytest.approx(0.5, abs=0.03)


@given(cases=CASES)
def test_negated_scores_have_the_opposite_auc(cases: list[tuple[bool, int]]) -> None:
    labels, scores = np.array([flag for flag, _ in cases]), np.array([one for _, one in cases])
    assume(labels.any() and not labels.all())

    assert auc(labels, -scores) == pytest.approx(1 - auc(labels, scores))
    assert auc(~labels, scores) == pytest.approx(1 - auc(labels, scores))
    assert auc(labels, np.exp(scores)) == auc(labels, scores)
