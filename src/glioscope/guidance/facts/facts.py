"""What is known of one patient: told, measured, and only predicted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FactValue = str | float


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedMarker:
    """A marker that images suggest and no laboratory has tested.

    Args:
        outcome: Most probable.
        probability: Of it, 0 to 1.
        possible: Outcomes that can't be excluded, the first is ``outcome``.
        others: Probability of the other outcomes.
    """

    outcome: str
    probability: float
    possible: tuple[str, ...] = ()
    others: Mapping[str, float] = field(default_factory=dict)

    def probability_of(self, outcome: str) -> float:
        """Return the probability of an outcome; of one not told, all that is left for it."""
        if outcome == self.outcome:
            return self.probability
        return self.others.get(outcome, 1.0 - self.probability)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one patient, by the names of the vocabulary.

    Args:
        told: By people: tests, examinations, history.
        measured: In images, such as ``{"enhancement": "present"}``; what is told goes before.
        predicted: By models, of markers; rules never take them for tested ones.
    """

    told: Mapping[str, FactValue] = field(default_factory=dict)
    measured: Mapping[str, FactValue] = field(default_factory=dict)
    predicted: Mapping[str, PredictedMarker] = field(default_factory=dict)

    @property
    def values(self) -> Mapping[str, FactValue]:
        """Told and measured together."""
        return {**self.measured, **self.told}

    @property
    def only_predicted(self) -> Mapping[str, PredictedMarker]:
        """Markers that nobody has tested."""
        return {name: p for name, p in self.predicted.items() if name not in self.told}
