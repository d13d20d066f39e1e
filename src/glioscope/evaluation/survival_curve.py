"""Survival of groups with patients lost to follow-up: curves, and whether they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from glioscope.core import InputError
from glioscope.evaluation.columns import Flags, FollowUp, Numbers, read_follow_up

CONFIDENCE = 0.95


class KaplanMeier(NamedTuple):
    """The Kaplan-Meier curve of a group, a step a day on which somebody died or was lost.

    Args:
        times_days: Distinct days of the follow-up, rising, shape ``(t,)``.
        survival: Share alive after that day, 0 to 1, shape ``(t,)``; 1 before the first day.
        low: Lower 95% limit, shape ``(t,)``; NaN where survival is 1 or 0, for there the
            formula gives none.
        high: Upper 95% limit, likewise.
    """

    times_days: Numbers
    survival: Numbers
    low: Numbers
    high: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class CensoringCurve:
    """Share of patients not yet lost to follow-up, and the last day that it is known for."""

    times_days: Numbers
    share: Numbers

    def at(self, days: npt.ArrayLike) -> Numbers:
        """Return the share after each day; a loss on the day itself has lowered it."""
        return _step(self.times_days, self.share, days)

    def inverse_at(self, days: Numbers) -> Numbers:
        """Return the weights $$1 / G(t)$$ of the days.

        Raises:
            InputError: If a day lies after the training follow-up, or nobody was followed past
                it.
        """
        known = (days <= self.times_days[-1]) & (self.at(days) > 0)
        if not known.all():
            msg = f"day {days[~known].min():g}: no training patient is followed past it (last"
            msg += f" day {self.times_days[-1]:g}), so that losses can't be weighed; ask for"
            msg += " earlier days"
            raise InputError(msg)
        return np.asarray(1 / self.at(days))


def kaplan_meier(days: npt.ArrayLike, died: npt.ArrayLike) -> KaplanMeier:
    r"""Return survival over time, with log-log limits from Greenwood's variance.

    $$S(t) = \prod_{t_j \le t} (1 - d_j / n_j)$$ (Kaplan and Meier 1958); limits
    $$S^{\exp(\pm 1.96 \sqrt{V} / \log S)}$$, $$V = \sum d_j / (n_j (n_j - d_j))$$ (Kalbfleisch and
    Prentice 1980).  Who is lost on a day of death was at risk of it.

    Args:
        days: To death or last contact, 0 or more, shape ``(n,)``.
        died: False where lost to follow-up, shape ``(n,)``.

    Raises:
        InputError: If a value is missing or negative, or the lengths differ.
    """
    seen = read_follow_up(days, died)
    times_days, at_risk, deaths = _risk_table(seen.days, seen.died)
    survival = np.asarray(np.cumprod(1 - deaths / at_risk), dtype=np.float64)
    inside = (survival > 0) & (survival < 1)
    variance = np.cumsum(deaths[inside] / (at_risk * (at_risk - deaths))[inside])
    z = special.ndtri((1 + CONFIDENCE) / 2)
    stretch = np.exp(z * np.sqrt(variance) / -np.log(survival[inside]))
    low, high = np.full_like(survival, np.nan), np.full_like(survival, np.nan)
    low[inside] = survival[inside] ** stretch
    high[inside] = survival[inside] ** (1 / stretch)
    return KaplanMeier(times_days, survival, low, high)


def survival_at(curve: KaplanMeier, day: float) -> float | None:
    """Return the share alive after a day; ``None`` where the curve has ended above 0 before."""
    if day > curve.times_days[-1] and curve.survival[-1] > 0:
        return None
    return float(_step(curve.times_days, curve.survival, day))


def censoring_curve(train: FollowUp) -> CensoringCurve:
    """Return the Kaplan-Meier curve of the losses; deaths of the same day come before them."""
    times_days, at_risk, lost = _risk_table(train.days, ~train.died)
    _, _, deaths = _risk_table(train.days, train.died)
    # Where all left at risk die there is no loss to divide by.
    factors = 1 - lost / np.maximum(at_risk - deaths, 1)
    return CensoringCurve(times_days=times_days, share=np.cumprod(factors))


def log_rank(*groups: tuple[npt.ArrayLike, npt.ArrayLike]) -> float:
    """Return the p-value of the log-rank test that all groups survive alike.

    Chi-square with one degree of freedom less than groups, hypergeometric variance (Mantel
    1966; Peto and Peto 1972).

    Args:
        groups: Two or more, each its days to death or last contact and whether it was death.

    Raises:
        InputError: If there are less than two groups, a value is missing or negative, or the
            deaths tell nothing about the difference of the groups.
    """
    if len(groups) < 2:
        msg = f"{len(groups)} group(s); the test compares two or more"
        raise InputError(msg)
    seen = [
        read_follow_up(days, died, prefix=f"group {place} ")
        for place, (days, died) in enumerate(groups)
    ]
    excess, covariance = _log_rank_moments(seen)
    freedom = len(groups) - 1
    if np.linalg.matrix_rank(covariance) < freedom:
        msg = "no death happened while several of the groups were at risk, or all at risk died on"
        msg += " one day, so that the groups can't be compared; leave out those without deaths"
        raise InputError(msg)
    statistic = excess @ np.linalg.solve(covariance, excess)
    return float(special.chdtrc(freedom, statistic))


def _log_rank_moments(groups: list[FollowUp]) -> tuple[Numbers, Numbers]:
    """Return deaths less expected ones of all groups but the last, and their covariance."""
    days = np.unique(np.concatenate([group.days[group.died] for group in groups]))
    at_risk = np.array([[(group.days >= day).sum() for day in days] for group in groups])
    deaths = np.array([(group.days[group.died, None] == days).sum(axis=0) for group in groups])
    risk, died = at_risk.sum(axis=0), deaths.sum(axis=0)
    share = at_risk / risk
    spread = died * (risk - died) / np.maximum(risk - 1, 1)
    covariance = np.diag((spread * share).sum(axis=1)) - (spread * share) @ share.T
    excess = (deaths - died * share).sum(axis=1)
    return excess[:-1], covariance[:-1, :-1]


def _risk_table(days: Numbers, event: Flags) -> tuple[Numbers, Numbers, Numbers]:
    """Return the distinct days, how many were at risk at their start, and their events."""
    times_days, member = np.unique(days, return_inverse=True)
    leaving = np.bincount(member)
    at_risk = leaving[::-1].cumsum()[::-1].astype(np.float64)
    return times_days, at_risk, np.bincount(member, weights=event).astype(np.float64)


def _step(times_days: Numbers, values: Numbers, days: npt.ArrayLike) -> Numbers:
    place = np.searchsorted(times_days, days, side="right")
    return np.concatenate([[1.0], values])[place]
