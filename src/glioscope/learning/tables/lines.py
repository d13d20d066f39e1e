"""Penalized lines on standardized features, chosen and calibrated out of fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from glioscope.prediction import Linear, Softmax, feature_names, softmax

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_SLOPE_PRIOR: Final = 1.0
"""Weight of keeping a calibration's slope near 1, in units of patients' log loss: it decides where
there are a few dozen patients and is not felt where there are hundreds."""

_OFFSET_PRIOR: Final = 0.5

_SOFT: Final = 0.1**0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSpec:
    """How lines are learned.

    Args:
        strengths: Inverse penalties (scikit-learn's C) that are tried.
        soft: Groups that are penalized ten times as much as the others.
    """

    strengths: tuple[float, ...]
    soft: tuple[str, ...] = ()


def fit_softmax(features: Floats, family: Ints, *, strength: float, families: int) -> Softmax:
    """Fit a penalized multinomial logistic regression.

    Args:
        features: Shape ``(N, F)``.
        family: 0 to ``families - 1``, shape ``(N,)``, each present.
        strength: Inverse penalty.
        families: Number of them.
    """
    mean, scale = _standard(features)
    model = LogisticRegression(C=strength, max_iter=3000)
    model.fit((features - mean) / scale, family)
    if len(model.classes_) != families:
        msg = f"only {len(model.classes_)} of {families} families among the training patients"
        raise ValueError(msg)
    return Softmax(mean=mean, scale=scale, weights=model.coef_, intercepts=model.intercept_)


def fit_line(
    features: Floats, labels: Bools, *, strength: float, groups: tuple[str, ...], spec: LineSpec
) -> Linear:
    """Fit a penalized logistic regression.

    Args:
        features: Shape ``(N, F)``.
        labels: Shape ``(N,)``, both classes present.
        strength: Inverse penalty.
        groups: Of the features.
        spec: Which groups are penalized more.
    """
    mean, scale = _standard(features)
    stretch = np.concatenate(
        [
            np.full(len(feature_names((group,))), _SOFT if group in spec.soft else 1.0)
            for group in groups
        ]
    )
    model = LogisticRegression(C=strength, max_iter=3000)
    model.fit((features - mean) / scale * stretch, labels)
    return Linear(
        mean=mean,
        scale=scale,
        weights=model.coef_[0] * stretch,
        intercept=float(model.intercept_[0]),
    )


def calibrating_line(scores: Floats, labels: Bools) -> tuple[float, float]:
    """Return slope and offset that turn out-of-fold scores into calibrated log odds.

    Platt's scaling (1999) with a slope that is drawn to 1.

    Args:
        scores: Shape ``(R, N)``: each patient once a repeat.
        labels: Shape ``(N,)``.
    """
    sign = np.where(labels, 1.0, -1.0)

    def loss(parameters: Floats) -> float:
        slope, offset = parameters
        fit = np.logaddexp(0, -sign * (slope * scores + offset)).sum() / len(scores)
        return float(fit + _SLOPE_PRIOR * (slope - 1) ** 2)

    slope, offset = minimize(loss, np.array([1.0, 0.0]), method="BFGS").x
    return float(max(slope, 0.0)), float(offset)


def calibrating_softmax(scores: Floats, family: Ints) -> tuple[float, Floats]:
    """Return the slope and the offsets that calibrate out-of-fold scores.

    Temperature scaling with a bias a class: Guo et al., ICML 2017, arXiv:1706.04599.

    Args:
        scores: Shape ``(R, N, K)``.
        family: Shape ``(N,)``.
    """
    patients = np.arange(len(family))

    def loss(parameters: Floats) -> float:
        slope, offsets = parameters[0], parameters[1:]
        probabilities = softmax(slope * scores + offsets)[:, patients, family]
        fit = -np.log(probabilities.clip(1e-12)).sum() / len(scores)
        prior = _SLOPE_PRIOR * (slope - 1) ** 2 + _OFFSET_PRIOR * (offsets**2).sum()
        return float(fit + prior)

    start = np.concatenate([[1.0], np.zeros(scores.shape[-1])])
    best = minimize(loss, start, method="BFGS").x
    return float(max(best[0], 0.0)), np.asarray(best[1:])


def line_loss(scores: Floats, labels: Bools) -> float:
    """Return the mean negative log likelihood of log odds."""
    return float(np.logaddexp(0, np.where(labels, -scores, scores)).mean())


def softmax_loss(scores: Floats, family: Ints) -> float:
    """Return the mean negative log likelihood of scores, shape ``(R, N, K)``."""
    own = softmax(scores)[:, np.arange(len(family)), family]
    return float(-np.log(own.clip(1e-12)).mean())


def _standard(features: Floats) -> tuple[Floats, Floats]:
    mean, scale = features.mean(axis=0), features.std(axis=0)
    return mean, np.where(scale > 0, scale, 1.0)
