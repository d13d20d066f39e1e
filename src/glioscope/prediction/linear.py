"""A linear score of standardized features: what every node of the models is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from glioscope.core import ModelError

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Linear:
    r"""$$s(x) = b + \sum_j w_j (x_j - m_j) / d_j$$.

    Args:
        mean: Of each feature over the training patients, shape ``(F,)``.
        scale: Standard deviation likewise, greater than 0.
        weights: Shape ``(F,)``; 0 for a feature that the score does not use.
        intercept: The score of the average patient.
    """

    mean: Vector
    scale: Vector
    weights: Vector
    intercept: float

    def __call__(self, features: Vector) -> Vector:
        """Return the scores.

        Args:
            features: Shape ``(N, F)`` or ``(F,)``.

        Returns:
            Shape ``(N,)`` or ``()``.
        """
        scores: Vector = (features - self.mean) / self.scale @ self.weights + self.intercept
        return scores

    def rescaled(self, *, slope: float, offset: float) -> Linear:
        """Return the line whose score is ``slope * s(x) + offset``."""
        return Linear(
            mean=self.mean,
            scale=self.scale,
            weights=self.weights * slope,
            intercept=self.intercept * slope + offset,
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values, 6 significant digits."""
        return {
            "mean": digits(self.mean),
            "scale": digits(self.scale),
            "weights": digits(self.weights),
            "intercept": float(f"{self.intercept:.6g}"),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Linear:
        """Read plain values back.

        Raises:
            ModelError: If the lengths differ or a scale is not greater than 0.
        """
        mean, scale, weights = (
            np.array(value[k], dtype=float) for k in ("mean", "scale", "weights")
        )
        _refuse_damaged(mean, scale, whole=weights.shape == mean.shape)
        return cls(mean=mean, scale=scale, weights=weights, intercept=float(value["intercept"]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Softmax:
    """Several lines over the same features, whose scores turn into probabilities.

    Args:
        mean: Shape ``(F,)``.
        scale: Shape ``(F,)``, greater than 0.
        weights: Shape ``(K, F)``.
        intercepts: Shape ``(K,)``.
    """

    mean: Vector
    scale: Vector
    weights: Vector
    intercepts: Vector

    def scores(self, features: Vector) -> Vector:
        """Return the scores, shape ``(N, K)`` or ``(K,)``.

        Args:
            features: Shape ``(N, F)`` or ``(F,)``.
        """
        scores: Vector = (features - self.mean) / self.scale @ self.weights.T + self.intercepts
        return scores

    def __call__(self, features: Vector) -> Vector:
        """Return probabilities, shape ``(N, K)`` or ``(K,)``; the last axis sums to 1."""
        return softmax(self.scores(features))

    def rescaled(self, *, slope: float, offsets: Vector) -> Softmax:
        """Return the lines whose scores are ``slope * s(x) + offsets``."""
        return Softmax(
            mean=self.mean,
            scale=self.scale,
            weights=self.weights * slope,
            intercepts=self.intercepts * slope + offsets,
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values, 6 significant digits."""
        return {
            "mean": digits(self.mean),
            "scale": digits(self.scale),
            "weights": [digits(row) for row in self.weights],
            "intercepts": digits(self.intercepts),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Softmax:
        """Read plain values back.

        Raises:
            ModelError: If the lengths differ or a scale is not greater than 0.
        """
        mean, scale, intercepts = (
            np.array(value[k], dtype=float) for k in ("mean", "scale", "intercepts")
        )
        weights = np.array(value["weights"], dtype=float)
        _refuse_damaged(mean, scale, whole=weights.shape == (*intercepts.shape, *mean.shape))
        return cls(mean=mean, scale=scale, weights=weights, intercepts=intercepts)


def _refuse_damaged(mean: Vector, scale: Vector, *, whole: bool) -> None:
    if not whole or mean.shape != scale.shape or not (scale > 0).all():
        msg = "the weights of the prediction are damaged; install glioscope anew"
        raise ModelError(msg)


def softmax(scores: Vector) -> Vector:
    """Return probabilities of scores along the last axis."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


def digits(values: Sequence[float] | Vector) -> list[float]:
    """Round to 6 significant digits."""
    return [float(f"{value:.6g}") for value in np.asarray(values, dtype=float).tolist()]


def expit(score: float) -> float:
    """Return the probability of a log odds."""
    if score >= 0:
        return 1.0 / (1.0 + math.exp(-score))
    odds = math.exp(score)
    return odds / (1.0 + odds)


def logit(probability: float) -> float:
    """Return the log odds of a probability, at most about 14 either way."""
    bounded = min(max(probability, 1e-6), 1.0 - 1e-6)
    return math.log(bounded / (1.0 - bounded))
