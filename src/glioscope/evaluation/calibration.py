"""Whether predicted probabilities are the shares that come true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glioscope.core import InputError
from glioscope.evaluation.columns import (
    Flags,
    Numbers,
    check_lengths,
    read_flags,
    read_probabilities,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Cases of about the same predicted probability.

    Args:
        low: Lower edge, exclusive but for the first bin.
        high: Upper edge, inclusive.
        mean_probability: Predicted, over the cases inside.
        observed: Share of the cases inside that are positive.
        count: Number of cases inside, at least one.
    """

    low: float
    high: float
    mean_probability: float
    observed: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How far predicted probabilities are from what was observed; 0 is perfect for both.

    Args:
        expected_calibration_error: 0 to 1, depends on the bins.
        brier: Mean squared error of the probabilities, 0 to 1 (Brier 1950).
        bins: From low to high probability; bins without a case are left out.
    """

    expected_calibration_error: float
    brier: float
    bins: tuple[ReliabilityBin, ...]


def calibration(
    labels: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    *,
    bins: int = 10,
    equal_mass: bool = False,
) -> Calibration:
    r"""Compare the probability of the positive class with how often it came true.

    $$ECE = \sum_b (n_b / n) |observed_b - predicted_b|$$ over bins of the predicted probability
    of the positive class (Naeini et al., AAAI 2015), 0 to 1.  This is not the error of Guo et
    al. (ICML 2017) over the confidence in the predicted class, which folds 0.1 onto 0.9; the
    bins are theirs, open below and closed above.

    Args:
        labels: True for positive, shape ``(n,)``.
        probabilities: Of positive, 0 to 1, shape ``(n,)``.
        bins: How many.
        equal_mass: Bins that hold as many cases each, by quantiles of the probabilities, equal
            ones together; otherwise bins of equal width.

    Raises:
        InputError: If a value is no probability, the lengths differ, or there is no bin.
    """
    truth = read_flags("labels", labels)
    predicted = read_probabilities("probabilities", probabilities)
    check_lengths(labels=truth, probabilities=predicted)
    edges = quantile_edges(predicted, bins) if equal_mass else _equal_width(bins)
    found = tuple(_reliability_bins(truth, predicted, edges))
    gaps = sum(part.count * abs(part.observed - part.mean_probability) for part in found)
    return Calibration(
        expected_calibration_error=gaps / len(truth),
        brier=float(np.mean((predicted - truth) ** 2)),
        bins=found,
    )


def quantile_edges(values: Numbers, groups: int) -> Numbers:
    """Return the edges of groups that hold as many values each, shape ``(groups + 1,)``.

    Raises:
        InputError: If there is less than one group.
    """
    _check_number(groups)
    return np.asarray(np.quantile(values, np.linspace(0, 1, groups + 1)))


def group_of(values: Numbers, edges: Numbers) -> npt.NDArray[np.intp]:
    """Return the group of each value, 0 first; an edge belongs to the group below it."""
    return np.searchsorted(edges[1:-1], values, side="left")


def _equal_width(bins: int) -> Numbers:
    _check_number(bins)
    return np.linspace(0, 1, bins + 1)


def _check_number(groups: int) -> None:
    if groups < 1:
        msg = f"{groups} groups; give at least one"
        raise InputError(msg)


def _reliability_bins(truth: Flags, predicted: Numbers, edges: Numbers) -> list[ReliabilityBin]:
    member = group_of(predicted, edges)
    return [
        ReliabilityBin(
            low=float(edges[place]),
            high=float(edges[place + 1]),
            mean_probability=float(predicted[member == place].mean()),
            observed=float(truth[member == place].mean()),
            count=int((member == place).sum()),
        )
        for place in np.unique(member).tolist()
    ]
