"""How well scores tell two classes apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from glioscope.core import InputError
from glioscope.evaluation.columns import check_lengths, read_flags, read_numbers


def auc(labels: npt.ArrayLike, scores: npt.ArrayLike) -> float:
    """Return the area under the ROC curve, 0 to 1; 0.5 is a coin.

    The share of pairs of a positive and a negative case in which the positive one scores
    higher, equal scores counting half (Mann-Whitney; Hanley and McNeil, Radiology 1982;143:29).

    Args:
        labels: True for positive, shape ``(n,)``.
        scores: Higher where positive is likelier, any scale, shape ``(n,)``.

    Raises:
        InputError: If one class is absent, a value is not finite, or the lengths differ.
    """
    truth, values = read_flags("labels", labels), read_numbers("scores", scores)
    check_lengths(labels=truth, scores=values)
    positive, negative = values[truth], np.sort(values[~truth])
    if not (positive.size and negative.size):
        msg = f"{positive.size} positive and {negative.size} negative cases; the area under the"
        msg += " curve compares the two, so give at least one of each"
        raise InputError(msg)
    below = np.searchsorted(negative, positive, side="left").sum()
    not_above = np.searchsorted(negative, positive, side="right").sum()
    return float((below + not_above) / (2 * positive.size * negative.size))
