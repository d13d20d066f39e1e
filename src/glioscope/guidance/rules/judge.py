"""Whether a rule fires for one patient, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from glioscope.core import RuleTrace
from glioscope.guidance.facts import FactValue
from glioscope.guidance.rules.condition import Condition
from glioscope.guidance.rules.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a rule.

    Args:
        rule: The rule.
        fired: All of its conditions hold.
        waits_for: Facts that it needs and that are not known; empty if it fired or if a condition
            does not hold.
        open_unless: Conditions of ``unless`` whose fact is not known, if it fired.
        why: The conditions with the patient's values.
    """

    rule: Rule
    fired: bool
    waits_for: tuple[str, ...]
    open_unless: tuple[Condition, ...]
    why: tuple[str, ...]

    @property
    def asks(self) -> tuple[str, ...]:
        """Facts to ask for: the first it waits for, and those of the open ``unless``."""
        return (*self.waits_for[:1], *(condition.fact for condition in self.open_unless))

    @property
    def trace(self) -> RuleTrace:
        """For the plan."""
        return RuleTrace(
            rule=self.rule.id,
            version=self.rule.version,
            fired=self.fired,
            why=self.why,
            waits_for=self.waits_for,
            statements=self.rule.statements,
        )


def judge(rule: Rule, facts: Mapping[str, FactValue]) -> Verdict:
    """Return what becomes of a rule.

    An unknown fact never counts as a value: a rule that needs it waits, and an exception
    (``unless``) that needs it stays open.
    """
    needed = [condition.holds(facts) for condition in rule.when]
    choice = [condition.holds(facts) for condition in rule.any]
    barred = [condition.holds(facts) for condition in rule.unless]
    enough = not choice or True in choice
    impossible = False in needed or True in barred or (not enough and None not in choice)
    waits = [c.fact for c, held in zip(rule.when, needed, strict=True) if held is None]
    if not enough:
        waits += [c.fact for c, held in zip(rule.any, choice, strict=True) if held is None]
    fired = not impossible and not waits
    opened = [c for c, held in zip(rule.unless, barred, strict=True) if held is None]
    return Verdict(
        rule=rule,
        fired=fired,
        waits_for=() if impossible else tuple(dict.fromkeys(waits)),
        open_unless=tuple(opened) if fired else (),
        why=tuple(
            f"{condition}: {_told(facts, condition.fact)}" for condition in (*rule.when, *rule.any)
        ),
    )


def _told(facts: Mapping[str, FactValue], fact: str) -> str:
    value = facts.get(fact)
    if value is None:
        return "not known"
    return f"{value:g}" if isinstance(value, float) else value
