"""Concordance on paper, and against scikit-survival and lifelines."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from glioscope.core import InputError
from glioscope.evaluation import harrell_c, uno_c

GOLDEN = json.loads(
    (Path(__file__).parents[1] / "golden" / "survival_metrics.json").read_text(encoding="utf-8")
)
PATIENTS = st.lists(
    st.tuples(st.integers(0, 8), st.booleans(), st.integers(-4, 4)), min_size=2, max_size=25
)


def test_only_pairs_with_a_known_order_count() -> None:
    # The first to die pairs with all three, the second lost with none, the third with the
    # last: in order are 1-2, 1-4 and 3-4, level 1-3.
    days, died, risk = [1, 2, 3, 4], [True, False, True, True], [5, 1, 5, 2]

    assert harrell_c(days, died, risk) == 3.5 / 4


def test_who_was_lost_on_the_day_of_a_death_lived_longer() -> None:
    assert harrell_c([5, 5], [True, False], [2, 1]) == 1.0
    with pytest.raises(InputError, match="no pair"):
        harrell_c([5, 5], [True, True], [2, 1])


def test_deaths_after_losses_weigh_more() -> None:
    # Of the training patients half are lost on day 2: deaths after it weigh 1 / 0.5 ** 2.
    train = ([2, 2, 9, 9], [False, False, True, True])
    days, died, risk = [1, 3, 4], [True, True, True], [1, 3, 2]

    found = uno_c(*train, days, died, risk, tau_days=9)

    # Pairs 1-2 and 1-3 are out of order with weight 1, 2-3 in order with weight 4.
    assert found == pytest.approx(4 / 6)
    assert uno_c(*train, days, died, risk, tau_days=3) == 0.0
    assert harrell_c(days, died, risk) == pytest.approx(1 / 3)


@pytest.mark.parametrize("made", GOLDEN["survival"])
def test_concordance_agrees_with_other_programs(made: dict[str, Any]) -> None:
    days, died, risk = made["days"], made["died"], made["risk"]

    harrell = harrell_c(days, died, risk)
    uno = uno_c(
        made["train_days"], made["train_died"], days, died, risk, tau_days=GOLDEN["tau_days"]
    )

    assert harrell == pytest.approx(made["harrell_c"], abs=1e-14)
    assert harrell == pytest.approx(made["harrell_c_lifelines"], abs=1e-14)
    assert uno == pytest.approx(made["uno_c"], abs=1e-14)


def test_without_losses_uno_is_harrell() -> None:
    days = np.random.default_rng(0).exponential(size=30)
    risk, died = np.random.default_rng(1).normal(size=30), np.ones(30)

    found = uno_c(days, died, days, died, risk, tau_days=float(days.max()))

    assert found == pytest.approx(harrell_c(days, died, risk))


def test_deaths_that_no_training_patient_was_followed_to_are_refused() -> None:
    scored = ([1, 5, 7], [True, True, True], [3, 2, 1])

    with pytest.raises(InputError, match=r"day 5: no training patient .*last day 4.*earlier days"):
        uno_c([1, 4], [True, True], *scored, tau_days=6)
    with pytest.raises(InputError, match="day 5: no training patient"):
        uno_c([1, 5], [True, False], *scored, tau_days=6)


def test_without_a_pair_there_is_no_concordance() -> None:
    with pytest.raises(InputError, match="0 of 2 patients died"):
        harrell_c([1, 2], [False, False], [1, 2])
    with pytest.raises(InputError, match="no pair"):
        uno_c([1, 9], [True, True], [3, 4], [True, True], [1, 2], tau_days=3)


def test_random_risks_have_a_concordance_near_a_half() -> None:
    rng = np.random.default_rng(0)
    days, died, risk = rng.exponential(size=1000), rng.random(1000) < 0.7, rng.random(1000)

    assert harrell_c(days, died, risk) == pytest.approx(0.5, abs=0.03)
    assert uno_c(days, died, days, died, risk, tau_days=1) == pytest.approx(0.5, abs=0.04)


@given(patients=PATIENTS)
def test_concordance_sees_only_the_order_of_risks(patients: list[tuple[int, bool, int]]) -> None:
    days, died, risk = (np.array(column) for column in zip(*patients, strict=True))
    # Followed longer than all, and a third of them lost from the first day on.
    train_days, train_died = np.arange(12) + 0.5, np.arange(12) % 3 > 0
    weighted = partial(uno_c, train_days, train_died, tau_days=10.0)

    for metric in (harrell_c, weighted):
        try:
            found = metric(days, died, risk)
        except InputError:
            assume(False)
        assert metric(days, died, np.exp(risk)) == found
        assert metric(days, died, -risk) == pytest.approx(1 - found)


@given(patients=PATIENTS)
def test_the_true_order_has_concordance_1(patients: list[tuple[int, bool, int]]) -> None:
    days, died, _ = (np.array(column) for column in zip(*patients, strict=True))
    # Who is lost on the day of a death lives longer.
    lived = days + 0.5 * ~died
    assume(died[lived < lived.max()].any())

    assert harrell_c(days, died, -lived) == 1.0
