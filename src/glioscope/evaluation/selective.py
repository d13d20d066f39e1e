"""How right a method is where it is sure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from glioscope.core import InputError
from glioscope.evaluation.columns import (
    Flags,
    Numbers,
    check_lengths,
    read_flags,
    read_numbers,
)


def selective_accuracy(
    correct: npt.ArrayLike,
    confidence: npt.ArrayLike,
    coverages: Sequence[float] = (1.0, 0.9, 0.75),
) -> dict[float, float]:
    """Return the accuracy on the most confident share of the cases, for each share.

    A share of ``c`` is the ``c * n`` most confident cases, rounded up (Geifman and El-Yaniv,
    NeurIPS 2017).  Where the last of them ties with others, the tied cases count with their
    mean, which is what drawing among them gives on average: the order of the rows is without
    effect.

    Args:
        correct: Whether each case was answered rightly, shape ``(n,)``.
        confidence: Higher where surer, any scale, shape ``(n,)``.
        coverages: Shares above 0 and up to 1.

    Raises:
        InputError: If a share lies outside, a value is not finite, or the lengths differ.
    """
    right, sure = read_flags("correct", correct), read_numbers("confidence", confidence)
    check_lengths(correct=right, confidence=sure)
    return {coverage: _accuracy(right, sure, coverage) for coverage in coverages}


def _accuracy(right: Flags, sure: Numbers, coverage: float) -> float:
    if not 0 < coverage <= 1:
        msg = f"coverage {coverage}; give the share of cases to keep, above 0 and up to 1"
        raise InputError(msg)
    # 0.07 * 100 is a little more than 7 in floating point, and must not round up to 8.
    kept = math.ceil(coverage * len(sure) - 1e-9)
    threshold = np.sort(sure)[-kept]
    above, tied = right[sure > threshold], right[sure == threshold]
    return float((above.sum() + (kept - above.size) * tied.mean()) / kept)
