"""Derived facts, such as the entity, from told ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from glioscope.guidance.facts import FactValue
from glioscope.guidance.rules.judge import Verdict, judge
from glioscope.guidance.rules.rule import Conclude, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """What followed from the facts.

    Args:
        facts: Told and derived.
        verdicts: Of the rules that conclude, as of the end.
        conflicts: Pairs of rules that gave one fact two values; the fact stays unknown then.
    """

    facts: Mapping[str, FactValue]
    verdicts: tuple[Verdict, ...]
    conflicts: tuple[tuple[Rule, Rule], ...]


def infer(rules: Sequence[Rule], facts: Mapping[str, FactValue]) -> Inference:
    """Return everything that the rules conclude, whatever their order.

    A fact that two rules give two values is left unknown, and so is what would follow from it.
    """
    concluding = [rule for rule in rules if isinstance(rule.effect, Conclude)]
    conflicts: dict[str, tuple[Rule, Rule]] = {}
    while True:
        known, conflict = _settle(concluding, facts, unsure=frozenset(conflicts))
        if conflict is None:
            break
        # once more without the doubtful fact, so that nothing stands that followed from it
        conflicts[conflict[0]] = conflict[1]
    return Inference(
        facts=known,
        verdicts=tuple(judge(rule, known) for rule in concluding),
        conflicts=tuple(conflicts[fact] for fact in sorted(conflicts)),
    )


def _settle(
    rules: Sequence[Rule], facts: Mapping[str, FactValue], *, unsure: frozenset[str]
) -> tuple[Mapping[str, FactValue], tuple[str, tuple[Rule, Rule]] | None]:
    """Return what follows, and the first fact that gets two values."""
    known: dict[str, FactValue] = dict(facts)
    made_by: dict[str, Rule] = {}
    grown = True
    while grown:
        grown = False
        for rule in rules:
            effect = rule.effect
            if not isinstance(effect, Conclude) or effect.fact in unsure:
                continue
            if not judge(rule, known).fired:
                continue
            if known.setdefault(effect.fact, effect.value) != effect.value:
                return known, (effect.fact, (made_by[effect.fact], rule))
            if effect.fact not in made_by:
                made_by[effect.fact] = rule
                grown = True
    return known, None
