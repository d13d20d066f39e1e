"""How sure any metric of a cohort is: one that is no mean of a value a case."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glioscope.core import InputError
from glioscope.evaluation.bootstrap import Interval, PairedDifference
from glioscope.evaluation.columns import Numbers

# Of 50 cases with a single positive one, 36% of the draws lack it; a cohort that needs more
# draws than this a resample is too small for an interval.
DRAWS_PER_RESAMPLE = 10

Rows = npt.NDArray[np.intp]


def bootstrap_metric(
    metric: Callable[..., float],
    *columns: npt.ArrayLike,
    patients: Sequence[str] | None = None,
    seed: int = 0,
    resamples: int = 2000,
    confidence: float = 0.95,
) -> Interval:
    """Return a metric of all rows and its percentile interval over patients.

    ``bootstrap_metric(auc, labels, scores)``.  A draw on which the metric is undefined, such as
    one with a single class, is drawn again: the interval is that of the cohorts that have one.

    Args:
        metric: Takes the columns, returns a finite number, raises ``InputError`` if undefined.
        columns: One row a case each, along the first axis; further axes are kept.
        patients: Whose case each row is; every row its own patient unless given.  Rows of one
            patient are drawn together, for they are no independent evidence.
        seed: Of the draws; the same seed gives the same interval.
        resamples: Number of draws.
        confidence: 0 to 1, exclusive.

    Returns:
        The interval; its ``mean`` is the metric of all rows, not the mean of the draws.

    Raises:
        InputError: If the lengths differ, or the metric is undefined on all rows or on most
            draws.
    """
    arrays = _read_columns(columns)

    def of_rows(rows: Rows) -> float:
        return metric(*(array[rows] for array in arrays))

    cohort = _Cohort.of(len(arrays[0]), patients)
    return _interval(cohort, *_bootstrap(of_rows, cohort, seed, resamples), confidence)


def paired_metric(
    metric: Callable[..., float],
    *shared: npt.ArrayLike,
    ours: npt.ArrayLike,
    theirs: npt.ArrayLike,
    patients: Sequence[str] | None = None,
    seed: int = 0,
    resamples: int = 2000,
    confidence: float = 0.95,
) -> PairedDifference:
    """Compare two methods on the same cases: the interval of a metric's difference.

    ``paired_metric(auc, labels, ours=..., theirs=...)`` or ``paired_metric(harrell_c, days,
    died, ours=..., theirs=...)``: the metric is called with the shared columns and then with
    the column of a method, for both methods on the same draws.

    Args:
        metric: As in ``bootstrap_metric``, and greater where better; negate an error.
        shared: Columns that both methods have in common, one row a case.
        ours: Column of one method, one row a case.
        theirs: Column of the other method, of the same cases in the same order.
        patients: Whose case each row is; every row its own patient unless given.
        seed: Of the draws.
        resamples: Number of draws.
        confidence: 0 to 1, exclusive.

    Returns:
        Ours less theirs; ``difference.mean`` is that of all rows.

    Raises:
        InputError: As ``bootstrap_metric``.
    """
    *common, mine, other = _read_columns((*shared, ours, theirs))

    def of_rows(rows: Rows) -> float:
        drawn = [array[rows] for array in common]
        return metric(*drawn, mine[rows]) - metric(*drawn, other[rows])

    cohort = _Cohort.of(len(mine), patients)
    point, found = _bootstrap(of_rows, cohort, seed, resamples)
    interval = _interval(cohort, point, found, confidence)
    above = float((found > 0).mean() + (found == 0).mean() / 2)
    return PairedDifference(difference=interval, ours_greater=above, better=interval.low > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cohort:
    """Rows sorted by patient, and where each patient's begin."""

    order: Rows
    starts: Rows
    counts: Rows

    @classmethod
    def of(cls, rows: int, patients: Sequence[str] | None) -> _Cohort:
        names = np.arange(rows) if patients is None else np.asarray(patients, dtype=np.str_)
        if names.shape != (rows,):
            msg = f"{rows} rows but {names.size} patients; give one patient a row"
            raise InputError(msg)
        _, member = np.unique(names, return_inverse=True)
        counts = np.bincount(member)
        order = np.argsort(member, kind="stable")
        return cls(order=order, starts=np.cumsum(counts) - counts, counts=counts)

    def draws(self, seed: int, number: int) -> Iterator[Rows]:
        """Yield the rows of as many patients as there are, drawn with replacement."""
        rng = np.random.default_rng(seed)
        for _ in range(number):
            drawn = rng.integers(len(self.counts), size=len(self.counts))
            counts = self.counts[drawn]
            before = np.cumsum(counts) - counts
            shift = np.repeat(self.starts[drawn] - before, counts)
            yield self.order[shift + np.arange(counts.sum())]


def _read_columns(columns: Sequence[npt.ArrayLike]) -> list[npt.NDArray[np.generic]]:
    arrays = [np.asarray(column) for column in columns]
    lengths = [len(array) if array.ndim else 0 for array in arrays]
    if not lengths or min(lengths) != max(lengths) or min(lengths) == 0:
        msg = f"columns of {lengths} rows; give at least one column, and each case a row in all"
        raise InputError(msg)
    return arrays


def _bootstrap(
    of_rows: Callable[[Rows], float], cohort: _Cohort, seed: int, resamples: int
) -> tuple[float, Numbers]:
    """Return the metric of all rows and that of every draw."""
    if resamples < 1:
        msg = f"{resamples} resamples; draw at least one, better 1000 or more"
        raise InputError(msg)
    point = _finite(of_rows(np.arange(len(cohort.order))))
    found: list[float] = []
    for rows in cohort.draws(seed, DRAWS_PER_RESAMPLE * resamples):
        try:
            found.append(_finite(of_rows(rows)))
        except InputError:
            continue
        if len(found) == resamples:
            return point, np.array(found)
    msg = f"the metric is defined on {len(found)} of {DRAWS_PER_RESAMPLE * resamples} draws of"
    msg += f" {len(cohort.counts)} patients; the cohort is too small for an interval, so report"
    msg += " the metric alone or add patients of the rare class"
    raise InputError(msg)


def _finite(value: float) -> float:
    if not np.isfinite(value):
        msg = f"the metric is {value}; return a finite number or raise InputError"
        raise InputError(msg)
    return float(value)


def _interval(cohort: _Cohort, point: float, found: Numbers, confidence: float) -> Interval:
    if not 0 < confidence < 1:
        msg = f"confidence {confidence}; give a share between 0 and 1, such as 0.95"
        raise InputError(msg)
    low, high = np.quantile(found, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
    patients = len(cohort.counts)
    return Interval(mean=point, low=low, high=high, patients=patients, confidence=confidence)
