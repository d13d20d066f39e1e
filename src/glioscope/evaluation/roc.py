"""The ROC curve itself, of which ``auc`` is the area."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from glioscope.core import InputError
from glioscope.evaluation.columns import Numbers, check_lengths, read_flags, read_numbers


class RocCurve(NamedTuple):
    """What each threshold finds and what it raises falsely, from none to all.

    Args:
        false_positive_rate: Share of the negative cases at or above the threshold, rising from
            0 to 1, shape ``(t,)``.
        true_positive_rate: Share of the positive cases likewise, shape ``(t,)``.
        thresholds: Falling, shape ``(t,)``; the first is infinite, for nothing reaches it.
    """

    false_positive_rate: Numbers
    true_positive_rate: Numbers
    thresholds: Numbers

    @property
    def area(self) -> float:
        """By the trapezoidal rule, 0 to 1; equals ``auc`` of the same cases."""
        return float(np.trapezoid(self.true_positive_rate, self.false_positive_rate))


def roc_curve(truth: npt.ArrayLike, scores: npt.ArrayLike) -> RocCurve:
    """Return the ROC curve, a point for every distinct score (Fawcett 2006).

    Cases of equal score pass the threshold together, which is the straight line that makes
    them count half in the area.

    Args:
        truth: True for positive, shape ``(n,)``.
        scores: Higher where positive is likelier, any scale, shape ``(n,)``.

    Raises:
        InputError: If one class is absent, a value is not finite, or the lengths differ.
    """
    positive, values = read_flags("truth", truth), read_numbers("scores", scores)
    check_lengths(truth=positive, scores=values)
    if positive.all() or not positive.any():
        msg = f"{int(positive.sum())} positive of {positive.size} cases; the curve compares two"
        msg += " classes, so give at least one case of each"
        raise InputError(msg)
    order = np.argsort(-values, kind="stable")
    falling = values[order]
    last = np.append(np.flatnonzero(np.diff(falling)), falling.size - 1)
    found = np.cumsum(positive[order])[last]
    raised = 1 + last - found
    return RocCurve(
        false_positive_rate=np.concatenate([[0.0], raised / raised[-1]]),
        true_positive_rate=np.concatenate([[0.0], found / found[-1]]),
        thresholds=np.concatenate([[np.inf], falling[last]]),
    )
