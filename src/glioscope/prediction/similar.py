"""Training patients whose inputs lie near, told coarsely and without ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from glioscope.core import Entity, SimilarPatient
from glioscope.prediction.groups import IMAGE_GROUPS, feature_names
from glioscope.prediction.linear import Vector, digits

QUARTERS = 4
"""Features are kept in quarters of a standard deviation."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Neighbors:
    """The training patients, without ids.

    Args:
        mean: Of age, sex and every image feature, shape ``(F,)``.
        scale: Standard deviation likewise.
        features: Quarters of a standard deviation, shape ``(N, F)``.
        summaries: Entity, start of the age band, sex, months, died; one a patient.
    """

    mean: Vector
    scale: Vector
    features: npt.NDArray[np.int16]
    summaries: tuple[tuple[str, int, str, int | None, bool | None], ...]

    def nearest(
        self, features: Mapping[str, float], *, count: int = 3
    ) -> tuple[SimilarPatient, ...]:
        """Return the nearest patients; a group of features weighs as much as any other.

        Args:
            features: Those that are there, by name.
            count: How many.
        """
        place, values, weights = [], [], []
        for group in ("age", "sex", *IMAGE_GROUPS):
            names = [name for name in feature_names((group,)) if name in features]
            place += [EVERY.index(name) for name in names]
            values += [features[name] for name in names]
            weights += [1 / len(names) for _ in names]
        standard = (np.array(values) - self.mean[place]) / self.scale[place]
        away = self.features[:, place] / QUARTERS - standard
        distances = np.sqrt(away**2 @ np.array(weights) / sum(weights))
        order = np.argsort(distances, kind="stable")[:count]
        return tuple(self._summary(int(i), float(distances[i])) for i in order)

    def _summary(self, place: int, distance: float) -> SimilarPatient:
        entity, youngest, sex, months, died = self.summaries[place]
        return SimilarPatient(
            entity=Entity(entity).value,
            age_band=f"{youngest} to {youngest + 4}",
            sex=sex,
            months=months,
            died=died,
            distance=round(distance, 2),
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "mean": digits(self.mean),
            "scale": digits(self.scale),
            "features": self.features.tolist(),
            "summaries": [list(summary) for summary in self.summaries],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Neighbors:
        """Read plain values back."""
        return cls(
            mean=np.array(value["mean"], dtype=float),
            scale=np.array(value["scale"], dtype=float),
            features=np.array(value["features"], dtype=np.int16),
            summaries=tuple(tuple(summary) for summary in value["summaries"]),
        )


EVERY = feature_names(("age", "sex", *IMAGE_GROUPS))
