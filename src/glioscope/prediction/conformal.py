"""Sets that hold the truth with a confidence that was promised.

Split conformal prediction, an outcome at a time (Vovk, Lei and Wasserman call it Mondrian or
class-conditional): an outcome stays in the set unless its probability is lower than that of nearly
all training patients who truly had it, each predicted by a model that had not seen them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence


def threshold(of_the_truth: Sequence[float], *, confidence: float) -> float:
    """Return the probability from which an outcome stays in the set.

    Args:
        of_the_truth: Probability that each calibration patient's true outcome was given, out of
            fold.
        confidence: Share of the patients with this outcome whose set holds it, 0 to 1.

    Returns:
        0 where there are too few patients to exclude anything.
    """
    ordered = sorted(of_the_truth)
    # the k-th smallest of n has at most a share k / (n + 1) of new patients below it
    below = math.floor((len(ordered) + 1) * (1 - confidence) + 1e-9)
    return ordered[below - 1] if below >= 1 else 0.0


def prediction_set(
    probabilities: Mapping[str, float], thresholds: Mapping[str, float]
) -> tuple[str, ...]:
    """Return the outcomes that can't be excluded, never none.

    Args:
        probabilities: By outcome.
        thresholds: By outcome.
    """
    kept = tuple(name for name, p in probabilities.items() if p >= thresholds[name] and p > 0)
    return kept or (max(probabilities, key=lambda name: probabilities[name]),)
