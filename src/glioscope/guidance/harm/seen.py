"""A patient and a plan side by side, as someone sees them who knows nothing of the rules."""

from __future__ import annotations

from dataclasses import dataclass

from glioscope.core import Plan, TreatmentOption
from glioscope.guidance.facts import Facts, FactValue
from glioscope.guidance.knowledge import load_vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a check of harm looks at.

    Args:
        facts: As they went in: what the rules concluded of them is not looked at.
        plan: That came out.
    """

    facts: Facts
    plan: Plan

    def value(self, fact: str) -> FactValue | None:
        """Return what was told or measured; a prediction is neither."""
        return self.facts.values.get(fact)

    def known(self, fact: str) -> bool:
        """Return whether somebody told or measured it."""
        return fact in self.facts.values

    def says(self, fact: str, *values: str) -> bool:
        """Return whether it was told to be one of the values."""
        return self.value(fact) in values

    def below(self, fact: str, limit: float) -> bool:
        """Return whether a number was told that is less than the limit."""
        value = self.value(fact)
        return isinstance(value, float | int) and value < limit

    def above(self, fact: str, limit: float) -> bool:
        """Return whether a number was told that is greater than the limit."""
        value = self.value(fact)
        return isinstance(value, float | int) and value > limit

    def refuses(self, kind: str) -> bool:
        """Return whether the plan refuses something of the kind."""
        return any(refusal.refused == kind for refusal in self.plan.refusals)


def components(option: TreatmentOption) -> frozenset[str]:
    """Return what a treatment consists of."""
    return frozenset(load_vocabulary().treatments[option.treatment].components)


def warned(option: TreatmentOption, words: tuple[str, ...]) -> bool:
    """Return whether a condition or a caution of an option speaks of one of the words."""
    texts = (sentence.text.casefold() for sentence in (*option.conditions, *option.cautions))
    return any(word in text for text in texts for word in words)
