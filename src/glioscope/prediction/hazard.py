"""Survival: a penalized Cox model with the baseline hazard of its training patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from glioscope.prediction.linear import Linear, Vector, digits


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hazard:
    r"""$$S(t|x) = \exp(-H_0(t) \exp(s(x)))$$, with refits on bootstrap samples for its band.

    Args:
        risk: Log hazard against the average training patient.
        cumulative: $$H_0$$ at each of `days`, shape ``(T,)``.
        draws: Weights and intercept of each bootstrap refit, shape ``(B, F + 1)``.
        draws_cumulative: $$H_0$$ of each, shape ``(B, T)``.
        risks: Quantiles 0, 1, ... 100 of the training patients' risks out of fold.
    """

    risk: Linear
    cumulative: Vector
    draws: Vector
    draws_cumulative: Vector
    risks: Vector

    def survival(self, features: Vector) -> Vector:
        """Return the probability to outlive each of the days, shape ``(T,)``."""
        return np.asarray(np.exp(-self.cumulative * np.exp(float(self.risk(features)))))

    def band(self, features: Vector, *, confidence: float) -> tuple[Vector, Vector]:
        """Return the lower and the upper end of the model's own uncertainty, shape ``(T,)``."""
        standard = (features - self.risk.mean) / self.risk.scale
        risks = self.draws[:, :-1] @ standard + self.draws[:, -1]
        curves = np.exp(-self.draws_cumulative * np.exp(risks)[:, None])
        tail = (1 - confidence) / 2
        low, high = np.quantile(curves, [tail, 1 - tail], axis=0)
        own = self.survival(features)
        return np.minimum(low, own), np.maximum(high, own)

    def shifted(self, offset: float) -> Hazard:
        """Return the hazard of a patient whose log hazard is higher by an offset."""
        if offset == 0:
            return self
        draws = self.draws.copy()
        draws[:, -1] += offset
        return replace(self, risk=self.risk.rescaled(slope=1.0, offset=offset), draws=draws)

    def percentile(self, features: Vector) -> float:
        """Return the percent of the training patients of lower risk."""
        rank = np.searchsorted(self.risks, float(self.risk(features)))
        return float(np.clip(rank, 0, 100))

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "risk": self.risk.to_json(),
            "cumulative": digits(self.cumulative),
            "draws": [[float(f"{v:.3g}") for v in row] for row in self.draws.tolist()],
            "draws_cumulative": [
                [float(f"{v:.3g}") for v in row] for row in self.draws_cumulative.tolist()
            ],
            "risks": digits(self.risks),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Hazard:
        """Read plain values back."""
        names = ("cumulative", "draws", "draws_cumulative", "risks")
        arrays = {name: np.array(value[name], dtype=float) for name in names}
        return cls(risk=Linear.from_json(value["risk"]), **arrays)


def crossing(days: Vector, curve: npt.NDArray[np.float64], level: float) -> float | None:
    """Return the day on which a falling curve first reaches a level; ``None`` if it never does."""
    reached = np.flatnonzero(curve <= level)
    if not reached.size:
        return None
    after = int(reached[0])
    if after == 0:
        return float(days[0])
    before = after - 1
    share = (curve[before] - level) / (curve[before] - curve[after])
    return float(days[before] + share * (days[after] - days[before]))


def at_day(days: Vector, curve: npt.NDArray[np.float64], day: float) -> float:
    """Return the curve on one day, between two of the days in proportion."""
    return float(np.interp(day, days, curve))
