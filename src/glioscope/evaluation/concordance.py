"""Whether those who die earlier were given the higher risk."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from glioscope.core import InputError
from glioscope.evaluation.columns import (
    FollowUp,
    Numbers,
    check_lengths,
    read_follow_up,
    read_numbers,
)
from glioscope.evaluation.survival_curve import censoring_curve


def harrell_c(days: npt.ArrayLike, died: npt.ArrayLike, risk: npt.ArrayLike) -> float:
    """Return Harrell's concordance of risk and survival, 0 to 1; 0.5 is a coin.

    The share of comparable pairs in which who died first has the higher risk, equal risks
    counting half (Harrell et al., JAMA 1982;247:2543).  A pair is comparable if one died and
    the other was seen longer, or was lost on that very day; two deaths of one day are not.

    Args:
        days: To death or last contact, 0 or more, shape ``(n,)``.
        died: False where lost to follow-up, shape ``(n,)``.
        risk: Higher where death is expected earlier, any scale, shape ``(n,)``; not a
            predicted survival.

    Raises:
        InputError: If no pair is comparable, a value is missing, or the lengths differ.
    """
    seen, score = _read(days, died, risk)
    return _concordance(seen, score, seen.died.astype(np.float64))


def uno_c(
    train_days: npt.ArrayLike,
    train_died: npt.ArrayLike,
    days: npt.ArrayLike,
    died: npt.ArrayLike,
    risk: npt.ArrayLike,
    *,
    tau_days: float,
) -> float:
    r"""Return Uno's concordance up to a day, which does not depend on when patients are lost.

    As ``harrell_c``, but only deaths before ``tau_days`` open a pair, and each weighs
    $$1 / G(t)^2$$ with the share $$G$$ not lost to follow-up by then, a Kaplan-Meier estimate
    of the training patients (Uno et al., Stat Med 2011;30:1105).

    Args:
        train_days: Of the training patients, shape ``(m,)``.
        train_died: Of the training patients, shape ``(m,)``.
        days: Of the patients scored, 0 or more, shape ``(n,)``.
        died: False where lost to follow-up, shape ``(n,)``.
        risk: Higher where death is expected earlier, shape ``(n,)``.
        tau_days: Deaths on or after this day open no pair.

    Raises:
        InputError: As ``harrell_c``, or if no training patient is followed past a death that
            counts.
    """
    train = read_follow_up(train_days, train_died, prefix="train_")
    seen, score = _read(days, died, risk)
    counted = seen.died & (seen.days < tau_days)
    weights = np.zeros(len(score))
    weights[counted] = censoring_curve(train).inverse_at(seen.days[counted]) ** 2
    return _concordance(seen, score, weights)


def _read(
    days: npt.ArrayLike, died: npt.ArrayLike, risk: npt.ArrayLike
) -> tuple[FollowUp, Numbers]:
    seen, score = read_follow_up(days, died), read_numbers("risk", risk)
    check_lengths(days=seen.days, risk=score)
    return seen, score


def _concordance(seen: FollowUp, risk: Numbers, weights: Numbers) -> float:
    """Return the weighted share of pairs in order; a weight of 0 opens no pair."""
    first = np.flatnonzero(weights)
    day, mine = seen.days[first, None], risk[first, None]
    comparable = (day < seen.days) | ((day == seen.days) & ~seen.died)
    pairs = weights[first] @ comparable.sum(axis=1)
    if pairs == 0:
        msg = f"{len(first)} of {len(risk)} patients died in time and none was seen longer than one"
        msg += " of them, so that no pair can be compared; add patients or a longer follow-up"
        raise InputError(msg)
    above = (comparable & (mine > risk)).sum(axis=1)
    tied = (comparable & (mine == risk)).sum(axis=1)
    return float(weights[first] @ (above + tied / 2) / pairs)
