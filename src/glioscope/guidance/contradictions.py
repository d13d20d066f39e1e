"""Rules that can't both be right: found from their conditions, without a patient."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import Final

from glioscope.guidance.facts import FactValue
from glioscope.guidance.knowledge import FactEntry, Vocabulary
from glioscope.guidance.rules import Conclude, Condition, Offer, Remark, Rule

_BETWEEN: Final = 1e-6
"""Tried on both sides of each threshold: what holds there holds on the whole stretch."""


def contradictions(rules: Sequence[Rule], vocabulary: Vocabulary) -> Iterator[str]:
    """Yield a sentence for each pair of rules that contradict each other, or say the same twice.

    Two conclusions contradict if some patient fires both and they differ.  An offer and an
    exclusion contradict if no patient gets the offer without the exclusion.
    """
    for one, other in combinations(rules, 2):
        if _same(one, other):
            yield f"rules {one.id} and {other.id} say the same; keep one"
        if _differ(one, other) and _both_fire(one, other, vocabulary):
            yield (
                f"rules {one.id} and {other.id} give one fact two values for the same patient;"
                " make their conditions exclude each other"
            )
    yield from _always_excluded(rules, vocabulary)


def _same(one: Rule, other: Rule) -> bool:
    alike = (one.when, one.any, one.unless, one.about) == (
        other.when,
        other.any,
        other.unless,
        other.about,
    )
    return alike and one.effect == other.effect


def _differ(one: Rule, other: Rule) -> bool:
    first, second = one.effect, other.effect
    if not isinstance(first, Conclude) or not isinstance(second, Conclude):
        return False
    return first.fact == second.fact and first.value != second.value


def _both_fire(one: Rule, other: Rule, vocabulary: Vocabulary) -> bool:
    needed = (*one.when, *other.when)
    barred = (*one.unless, *other.unless)
    choices = product(one.any or (None,), other.any or (None,))
    return any(
        _possible((*needed, *(c for c in chosen if c is not None)), barred, vocabulary)
        for chosen in choices
    )


def _possible(
    needed: Sequence[Condition], barred: Sequence[Condition], vocabulary: Vocabulary
) -> bool:
    """Return whether some values meet every needed condition and none of the barred ones.

    Facts are taken as independent, so what this calls possible may still not exist; what it calls
    impossible does not.
    """
    must: dict[str, list[Condition]] = defaultdict(list)
    may_not: dict[str, list[Condition]] = defaultdict(list)
    for condition in needed:
        must[condition.fact].append(condition)
    for condition in barred:
        may_not[condition.fact].append(condition)
    return all(
        any(
            all(c.holds({} if value is None else {fact: value}) for c in conditions)
            and not any(c.holds({} if value is None else {fact: value}) for c in may_not[fact])
            for value in _candidates(vocabulary.facts[fact], (*conditions, *may_not[fact]))
        )
        for fact, conditions in must.items()
    )


def _candidates(entry: FactEntry, conditions: Sequence[Condition]) -> Iterator[FactValue | None]:
    yield None
    if entry.kind != "number":
        yield from entry.choices
        return
    yield entry.low
    yield entry.high
    for condition in conditions:
        for value in condition.values:
            yield from (float(value) - _BETWEEN, float(value), float(value) + _BETWEEN)


def _always_excluded(rules: Sequence[Rule], vocabulary: Vocabulary) -> Iterator[str]:
    for offer in rules:
        if not isinstance(offer.effect, Offer):
            continue
        components = set(vocabulary.treatments[offer.effect.treatment].components)
        for other in rules:
            excludes = isinstance(other.effect, Remark) and other.effect.kind == "exclude"
            if excludes and components & set(other.about) and _implied(other, by=offer):
                yield f"rule {other.id} always excludes what {offer.id} offers; drop one"


def _implied(rule: Rule, *, by: Rule) -> bool:
    if rule.any and rule.any != by.any:
        return False
    return set(rule.when) <= set(by.when) and set(rule.unless) <= set(by.unless)
