"""Whether a patient is like those that the models learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glioscope.prediction.groups import IMAGE_GROUPS, feature_names
from glioscope.prediction.inputs import Inputs
from glioscope.prediction.linear import Vector, digits


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Domain:
    """The spread of the training patients.

    Args:
        mean: Of every image feature, shape ``(F,)``, in the order of all `IMAGE_GROUPS`.
        covariance: Shape ``(F, F)``, shrunk so that it can be inverted.
        limits: By groups joined with ``"+"``: the squared Mahalanobis distance, divided by the
            number of features, beyond which no training patient out of fold lay but one in 200.
        youngest_years: Of the training patients.
        oldest_years: Likewise.
    """

    mean: Vector
    covariance: Vector
    limits: Mapping[str, float]
    youngest_years: float
    oldest_years: float

    def why_outside(self, inputs: Inputs) -> str | None:
        """Return why a patient is outside in age or in an image group that is used.

        Args:
            inputs: Of the patient.

        Returns:
            ``None`` inside.
        """
        age = inputs.age_years
        if age is not None and not self.youngest_years <= age <= self.oldest_years:
            return (
                f"age {age:g} is outside the {self.youngest_years:g} to {self.oldest_years:g} years"
                " of the patients that the models learned from"
            )
        images = used_images(inputs)
        if not images:
            return None
        distance, worst, sigmas = self._measure(inputs, images)
        limit = self.limits["+".join(images)]
        if distance <= limit:
            return None
        return (
            f"its image features lie outside those of the training patients (distance"
            f" {distance:.1f}, limit {limit:.1f}; {worst} is {abs(sigmas):.1f} standard deviations"
            f" {'above' if sigmas > 0 else 'below'} their mean); check the outline of the tumor"
            " and the sequences"
        )

    def distance(self, inputs: Inputs, images: tuple[str, ...]) -> float:
        """Return the squared Mahalanobis distance a feature; about 1 for a usual patient."""
        return self._measure(inputs, images)[0]

    def _measure(self, inputs: Inputs, images: tuple[str, ...]) -> tuple[float, str, float]:
        every = feature_names(IMAGE_GROUPS)
        names = feature_names(images)
        place = [every.index(name) for name in names]
        away = inputs.vector(images) - self.mean[place]
        covariance = self.covariance[np.ix_(place, place)]
        squared = float(away @ np.linalg.solve(covariance, away)) / len(names)
        sigmas = away / np.sqrt(np.diag(covariance))
        worst = int(np.argmax(np.abs(sigmas)))
        return squared, names[worst], float(sigmas[worst])

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "mean": digits(self.mean),
            "covariance": [digits(row) for row in self.covariance],
            "limits": {name: float(f"{limit:.6g}") for name, limit in self.limits.items()},
            "youngest_years": self.youngest_years,
            "oldest_years": self.oldest_years,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Domain:
        """Read plain values back."""
        return cls(
            mean=np.array(value["mean"], dtype=float),
            covariance=np.array(value["covariance"], dtype=float),
            limits=dict(value["limits"]),
            youngest_years=float(value["youngest_years"]),
            oldest_years=float(value["oldest_years"]),
        )


def used_images(inputs: Inputs) -> tuple[str, ...]:
    """Return the image groups that the prediction of a patient rests on."""
    used = {*inputs.pattern, *inputs.survival_pattern}
    return tuple(group for group in IMAGE_GROUPS if group in used)
