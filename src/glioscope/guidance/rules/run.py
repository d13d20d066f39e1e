"""All rules on one patient: what the facts mean, what follows, what speaks against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from glioscope.guidance.facts import Facts, FactValue
from glioscope.guidance.knowledge import Vocabulary
from glioscope.guidance.rules.infer import infer
from glioscope.guidance.rules.judge import Verdict, judge
from glioscope.guidance.rules.rule import BranchOn, Conclude, Offer, Remark, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What became of all rules.

    Args:
        facts: Told, measured and derived.
        verdicts: Of every rule that was looked at, by id; one about a component is looked at only
            if a treatment that has it is offered, and but for exclusions not excluded.
        conflicts: Pairs of rules that contradicted each other.
    """

    facts: Mapping[str, FactValue]
    verdicts: tuple[Verdict, ...]
    conflicts: tuple[tuple[Rule, Rule], ...]

    @property
    def fired(self) -> tuple[Verdict, ...]:
        """Those that fired."""
        return tuple(verdict for verdict in self.verdicts if verdict.fired)


def run_rules(rules: Sequence[Rule], facts: Facts, vocabulary: Vocabulary) -> Outcomes:
    """Return what becomes of the rules; the same facts give the same outcome.

    Args:
        rules: By id.
        facts: Of the patient; predicted markers only start branches.
        vocabulary: Of treatments and their components.
    """
    inference = infer(rules, facts.values)
    concerned = [
        rule for rule in rules if not isinstance(rule.effect, Conclude) and _concerns(rule, facts)
    ]
    plain = [judge(rule, inference.facts) for rule in concerned if not rule.about]
    offered = [
        set(vocabulary.treatments[verdict.rule.effect.treatment].components)
        for verdict in plain
        if verdict.fired and isinstance(verdict.rule.effect, Offer)
    ]
    barring = [
        judge(rule, inference.facts)
        for rule in concerned
        if _excludes(rule) and set().union(*offered).intersection(rule.about)
    ]
    # nobody needs the tests before, or the cautions of, what is ruled out anyway
    barred = {name for verdict in barring if verdict.fired for name in verdict.rule.about}
    left = set().union(*(components for components in offered if not components & barred))
    about = [
        judge(rule, inference.facts)
        for rule in concerned
        if not _excludes(rule) and left.intersection(rule.about)
    ]
    verdicts = sorted((*inference.verdicts, *plain, *barring, *about), key=lambda v: v.rule.id)
    return Outcomes(facts=inference.facts, verdicts=tuple(verdicts), conflicts=inference.conflicts)


def _excludes(rule: Rule) -> bool:
    return isinstance(rule.effect, Remark) and rule.effect.kind == "exclude"


def _concerns(rule: Rule, facts: Facts) -> bool:
    effect = rule.effect
    if not isinstance(effect, BranchOn):
        return True
    predicted = facts.only_predicted.get(effect.marker)
    return predicted is not None and effect.outcome in (predicted.outcome, *predicted.possible)
