"""How far predicted survival is from what happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glioscope.core import InputError
from glioscope.evaluation.calibration import group_of, quantile_edges
from glioscope.evaluation.columns import (
    FollowUp,
    Numbers,
    check_lengths,
    read_follow_up,
    read_numbers,
    read_probabilities,
)
from glioscope.evaluation.survival_curve import (
    CensoringCurve,
    censoring_curve,
    kaplan_meier,
    survival_at,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalGroup:
    """Patients of about the same predicted survival to a day, and how many lived.

    Args:
        patients: Number of them.
        predicted: Their mean predicted survival, 0 to 1.
        observed: Kaplan-Meier survival to the day; ``None`` if nobody was followed to it.
        low: Lower 95% limit; ``None`` if there is none, as where all or nobody lived.
        high: Upper 95% limit, likewise.
    """

    patients: int
    predicted: float
    observed: float | None
    low: float | None
    high: float | None


def brier_at(
    train_days: npt.ArrayLike,
    train_died: npt.ArrayLike,
    days: npt.ArrayLike,
    died: npt.ArrayLike,
    survival: npt.ArrayLike,
    times_days: npt.ArrayLike,
) -> Numbers:
    r"""Return the squared error of predicted survival at each day, 0 to 1, shape ``(t,)``.

    Mean of $$S^2 / G(t_i)$$ over who died by the day and $$(1 - S)^2 / G(t)$$ over who lived
    past it, 0 for who was lost before; $$G$$, the share not lost, is a Kaplan-Meier estimate
    of the training patients (Graf et al., Stat Med 1999;18:2529).  A constant 0.5 scores about
    0.25.

    Args:
        train_days: Of the training patients, shape ``(m,)``.
        train_died: Of the training patients, shape ``(m,)``.
        days: Of the patients scored, 0 or more, shape ``(n,)``.
        died: False where lost to follow-up, shape ``(n,)``.
        survival: Predicted probability to live past each day, shape ``(n, t)``; not of death.
        times_days: The days, shape ``(t,)``.

    Raises:
        InputError: If a value is missing, the shapes differ, or a day lies after the follow-up
            of the patients scored or of the training patients.
    """
    train = read_follow_up(train_days, train_died, prefix="train_")
    seen = read_follow_up(days, died)
    predicted = read_probabilities("survival", survival, ndim=2)
    asked = read_numbers("times_days", times_days)
    if predicted.shape != (len(seen.days), len(asked)):
        msg = f"survival: shape {predicted.shape} for {len(seen.days)} patients and"
        msg += f" {len(asked)} days; give one row a patient and one column a day"
        raise InputError(msg)
    _check_days(asked, seen)
    return _brier(censoring_curve(train), seen, predicted, asked)


def integrated_brier(
    train_days: npt.ArrayLike,
    train_died: npt.ArrayLike,
    days: npt.ArrayLike,
    died: npt.ArrayLike,
    survival: npt.ArrayLike,
    times_days: npt.ArrayLike,
) -> float:
    """Return the mean over time of ``brier_at``, by the trapezoidal rule, 0 to 1.

    Args:
        train_days: As in ``brier_at``.
        train_died: As in ``brier_at``.
        days: As in ``brier_at``.
        died: As in ``brier_at``.
        survival: As in ``brier_at``.
        times_days: Two or more days, rising; their span is what is averaged over.

    Raises:
        InputError: As ``brier_at``, or if the days don't rise.
    """
    asked = read_numbers("times_days", times_days)
    if len(asked) < 2 or not (np.diff(asked) > 0).all():
        msg = f"times_days: {len(asked)} day(s) that don't rise; give two or more, rising"
        raise InputError(msg)
    scores = brier_at(train_days, train_died, days, died, survival, asked)
    return float(np.trapezoid(scores, asked) / (asked[-1] - asked[0]))


def calibration_at(
    days: npt.ArrayLike,
    died: npt.ArrayLike,
    predicted_survival: npt.ArrayLike,
    day: float,
    groups: int = 4,
) -> tuple[SurvivalGroup, ...]:
    """Compare predicted survival to a day with Kaplan-Meier, in groups of like prediction.

    Args:
        days: To death or last contact, 0 or more, shape ``(n,)``.
        died: False where lost to follow-up, shape ``(n,)``.
        predicted_survival: Probability to live past the day, shape ``(n,)``.
        day: That the survival was predicted for.
        groups: By quantiles of the prediction; equal predictions stay together, so there may
            be fewer.

    Returns:
        From the worst predicted survival to the best.

    Raises:
        InputError: If a value is missing or negative, or the lengths differ.
    """
    seen = read_follow_up(days, died)
    predicted = read_probabilities("predicted_survival", predicted_survival)
    check_lengths(days=seen.days, predicted_survival=predicted)
    read_numbers("day", [day])
    member = group_of(predicted, quantile_edges(predicted, groups))
    return tuple(_group(seen, predicted, member == place, day) for place in np.unique(member))


def _group(
    seen: FollowUp, predicted: Numbers, inside: npt.NDArray[np.bool_], day: float
) -> SurvivalGroup:
    curve = kaplan_meier(seen.days[inside], seen.died[inside])
    observed = survival_at(curve, day)
    low: float | None = None
    high: float | None = None
    if observed is not None and 0 < observed < 1:
        place = np.searchsorted(curve.times_days, day, side="right") - 1
        low, high = float(curve.low[place]), float(curve.high[place])
    return SurvivalGroup(
        patients=int(inside.sum()),
        predicted=float(predicted[inside].mean()),
        observed=observed,
        low=low,
        high=high,
    )


def _check_days(asked: Numbers, seen: FollowUp) -> None:
    outside = (asked < 0) | (asked > seen.days.max())
    if outside.any():
        msg = f"times_days: day {asked[outside][0]:g} lies outside the follow-up of 0 to"
        msg += f" {seen.days.max():g} days; ask for days inside"
        raise InputError(msg)


def _brier(
    censoring: CensoringCurve, seen: FollowUp, predicted: Numbers, asked: Numbers
) -> Numbers:
    weight_alive = censoring.inverse_at(asked)
    counted = seen.died & (seen.days <= asked.max())
    weight_died = np.zeros(len(seen.days))
    weight_died[counted] = censoring.inverse_at(seen.days[counted])
    died_by = counted[:, None] & (seen.days[:, None] <= asked)
    alive = seen.days[:, None] > asked
    errors = died_by * weight_died[:, None] * predicted**2
    errors += alive * weight_alive * (1 - predicted) ** 2
    return np.asarray(errors.mean(axis=0))
