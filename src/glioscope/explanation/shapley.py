"""Shapley values of groups of inputs, exact."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]


def group_shapley(
    score: Callable[[Vector], float],
    features: Vector,
    reference: Vector,
    groups: Mapping[str, Sequence[int]],
) -> dict[str, float]:
    r"""Share out the difference that a patient's features make to a score.

    $$\phi_g = \sum_{S \not\ni g} \frac{|S|! (n - |S| - 1)!}{n!} (v(S \cup g) - v(S))$$, where
    $$v(S)$$ is the score with the groups of S as the patient's and all others as the reference's
    (Shapley 1953; the baseline form of Sundararajan and Najmi, ICML 2020, arXiv:1908.08474).  All
    $$2^n$$ coalitions are asked, so nothing is sampled.

    Args:
        score: Of one vector, shape ``(F,)``.
        features: Of the patient, shape ``(F,)``.
        reference: Such as the average of the training patients, shape ``(F,)``.
        groups: Places of the features by group; together every place once.

    Returns:
        By group; they sum to ``score(features) - score(reference)``.
    """
    names = list(groups)
    count = len(names)
    worth: dict[frozenset[str], float] = {}
    for size in range(count + 1):
        for members in itertools.combinations(names, size):
            mixed = reference.copy()
            for member in members:
                mixed[list(groups[member])] = features[list(groups[member])]
            worth[frozenset(members)] = score(mixed)
    return {
        name: sum(
            _weight(len(without), count) * (worth[without | {name}] - value)
            for without, value in worth.items()
            if name not in without
        )
        for name in names
    }


def _weight(size: int, count: int) -> float:
    return math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count)
