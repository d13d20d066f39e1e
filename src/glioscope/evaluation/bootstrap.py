"""How sure a mean over patients is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glioscope.core import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean and the interval that its bootstrap leaves it.

    Args:
        mean: Over all values.
        low: Lower end.
        high: Upper end.
        patients: Number of patients drawn from.
        confidence: Share of the bootstrap means inside, such as 0.95.
    """

    mean: float
    low: float
    high: float
    patients: int
    confidence: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedDifference:
    """How much better one method is than another on the same patients.

    Args:
        difference: Mean of ours minus theirs, with its interval.
        ours_greater: Share of the bootstrap means above 0 (ties count half).
        better: Whether the whole interval lies above 0.
    """

    difference: Interval
    ours_greater: float
    better: bool


def bootstrap_interval(
    values: Sequence[float],
    *,
    patients: Sequence[str] | None = None,
    seed: int = 0,
    resamples: int = 10_000,
    confidence: float = 0.95,
) -> Interval:
    """Return the mean and its percentile interval, drawing patients with replacement.

    Args:
        values: One a case, all finite.
        patients: Whose case each value is; every value its own patient unless given.  Cases
            of one patient are drawn together, for they are no independent evidence.
        seed: Of the draws; the same seed gives the same interval.
        resamples: Number of draws.
        confidence: 0 to 1, exclusive.

    Raises:
        InputError: If there is no value, one is not finite, or the lengths differ.
    """
    sums, counts = _by_patient(values, patients)
    means = _bootstrap_means(sums, counts, seed=seed, resamples=resamples)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
    mean = float(sums.sum() / counts.sum())
    return Interval(mean=mean, low=low, high=high, patients=len(sums), confidence=confidence)


def paired_bootstrap(
    ours: Sequence[float],
    theirs: Sequence[float],
    *,
    patients: Sequence[str] | None = None,
    seed: int = 0,
    resamples: int = 10_000,
) -> PairedDifference:
    """Compare two methods on the same cases: the interval of the mean difference.

    Args:
        ours: One value a case.
        theirs: Of the same cases, in the same order.
        patients: Whose case each is; every case its own patient unless given.
        seed: Of the draws.
        resamples: Number of draws.

    Raises:
        InputError: As ``bootstrap_interval``.
    """
    if len(ours) != len(theirs):
        msg = f"{len(ours)} values against {len(theirs)}; give both methods the same cases"
        raise InputError(msg)
    differences = [one - other for one, other in zip(ours, theirs, strict=True)]
    interval = bootstrap_interval(differences, patients=patients, seed=seed, resamples=resamples)
    sums, counts = _by_patient(differences, patients)
    means = _bootstrap_means(sums, counts, seed=seed, resamples=resamples)
    above = float((means > 0).mean() + (means == 0).mean() / 2)
    return PairedDifference(difference=interval, ours_greater=above, better=interval.low > 0)


def _by_patient(
    values: Sequence[float], patients: Sequence[str] | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0 or not np.isfinite(array).all():
        msg = f"{array.size} values, {int((~np.isfinite(array)).sum())} of them not finite; a mean"
        msg += " needs at least one value and finite ones only"
        raise InputError(msg)
    names = [str(place) for place in range(array.size)] if patients is None else list(patients)
    if len(names) != array.size:
        msg = f"{array.size} values but {len(names)} patients; give one patient a value"
        raise InputError(msg)
    _, member = np.unique(names, return_inverse=True)
    sums = np.bincount(member, weights=array).astype(np.float64)
    return sums, np.bincount(member).astype(np.float64)


def _bootstrap_means(
    sums: npt.NDArray[np.float64],
    counts: npt.NDArray[np.float64],
    *,
    seed: int,
    resamples: int,
) -> npt.NDArray[np.float64]:
    drawn = np.random.default_rng(seed).integers(len(sums), size=(resamples, len(sums)))
    return np.asarray(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
