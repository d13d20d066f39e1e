"""What a metric refuses to read, and how it says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from glioscope.core import InputError
from glioscope.evaluation import (
    auc,
    brier_at,
    calibration,
    calibration_at,
    harrell_c,
    kaplan_meier,
    log_rank,
    selective_accuracy,
    uno_c,
)

DAYS, DIED, RISK = [10.0, 20.0, 30.0], [True, False, True], [0.3, 0.2, 0.1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: auc([True, False], [0.5]), "2 labels, 1 scores"),
        (lambda: auc([True, False], [0.5, float("nan")]), "scores: nan in row 1, 1 .* of 2"),
        (lambda: auc([True, False], ["high", "low"]), "scores: not all of them are numbers"),
        (lambda: auc([], []), r"labels: shape \(0,\)"),
        (lambda: auc([0, 2], RISK[:2]), "labels: 2 in row 1.*true or false"),
        (lambda: auc(np.array([0, None]), RISK[:2]), "labels: None in row 1"),
        (lambda: auc(["yes", "no"], RISK[:2]), "labels: yes in row 0"),
        (lambda: calibration([True, False], [0.5, 1.5]), "probabilities: 1.5 in row 1.*logits"),
        (lambda: calibration([True, False], [0.5, 0.5], bins=0), "0 groups"),
        (lambda: selective_accuracy([True], [0.5], coverages=[0.0]), "coverage 0.0"),
        (lambda: harrell_c([10.0, -1.0, 3.0], DIED, RISK), "days: -1.0 in row 1.*0 or more"),
        (lambda: harrell_c(DAYS, DIED, RISK[:2]), "3 days, 2 risk"),
        (lambda: uno_c([-1.0], [True], DAYS, DIED, RISK, tau_days=30), "train_days: -1.0 in row 0"),
        (lambda: kaplan_meier(DAYS, DIED[:2]), "3 days, 2 died"),
        (lambda: log_rank((DAYS, DIED), (DAYS, RISK)), "group 1 died: 0.3 in row 0"),
        (lambda: log_rank((DAYS, DIED)), "1 group"),
        (lambda: brier_at(DAYS, DIED, DAYS, DIED, RISK, [15]), r"survival: shape \(3,\)"),
        (
            lambda: brier_at(DAYS, DIED, DAYS, DIED, np.full((3, 2), 0.5), [15]),
            r"survival: shape \(3, 2\) for 3 patients and 1 days",
        ),
        (
            lambda: brier_at(DAYS, DIED, DAYS, DIED, [[0.5], [2.0], [0.5]], [15]),
            r"survival: 2.0 in row \(1, 0\)",
        ),
        (lambda: calibration_at(DAYS, DIED, RISK, float("inf")), "day: inf"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    call: Callable[[], Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        call()


def test_zeros_and_ones_are_flags() -> None:
    assert auc([0, 1, 1.0], [1, 2, 3]) == auc([False, True, True], [1, 2, 3]) == 1.0
