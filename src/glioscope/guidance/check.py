"""Whether knowledge and rules hang together, and what has to be looked at again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from glioscope.core import Statement
from glioscope.guidance.contradictions import contradictions
from glioscope.guidance.knowledge import Knowledge, Vocabulary
from glioscope.guidance.rules import BranchOn, Conclude, Offer, Order, Refuse, Rule

_FRESH: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedGuidance:
    """What the check found.

    Args:
        problems: A sentence each; the release is not to be used before they are mended.
        stale: Statements whose check is older than a year, oldest first.
        statements: How many there are.
        sources: How many there are.
        rules: How many there are.
    """

    problems: tuple[str, ...]
    stale: tuple[Statement, ...]
    statements: int
    sources: int
    rules: int


def check_guidance(
    knowledge: Knowledge, rules: Sequence[Rule], vocabulary: Vocabulary, *, today: date
) -> CheckedGuidance:
    """Check that every source resolves, nothing is orphaned and no two rules contradict.

    Args:
        knowledge: Statements and sources.
        rules: All of them.
        vocabulary: Names.
        today: Against which ages are counted.
    """
    problems = (
        *_lost_sources(knowledge),
        *_orphans(knowledge, rules),
        *_unused_names(rules, vocabulary),
        *_unchecked(knowledge, today),
        *contradictions(rules, vocabulary),
    )
    old = [s for s in knowledge.statements.values() if (_day(s) or today) < today - _FRESH]
    return CheckedGuidance(
        problems=problems,
        stale=tuple(sorted(old, key=lambda s: (s.checked_on, s.statement_id))),
        statements=len(knowledge.statements),
        sources=len(knowledge.sources),
        rules=len(rules),
    )


def _lost_sources(knowledge: Knowledge) -> Iterator[str]:
    for statement in knowledge.statements.values():
        if statement.source not in knowledge.sources:
            yield f"statement {statement.statement_id}: no source {statement.source}"


def _orphans(knowledge: Knowledge, rules: Sequence[Rule]) -> Iterator[str]:
    cited = {name for rule in rules for name in rule.statements}
    used = {statement.source for statement in knowledge.statements.values()}
    for name in sorted(set(knowledge.statements) - cited):
        yield f"statement {name}: no rule rests on it"
    for name in sorted(set(knowledge.sources) - used):
        yield f"source {name}: no statement is from it"


def _unused_names(rules: Sequence[Rule], vocabulary: Vocabulary) -> Iterator[str]:
    effects = [rule.effect for rule in rules]
    conditions = {c.fact for rule in rules for c in (*rule.when, *rule.any, *rule.unless)}
    facts = {e.fact for e in effects if isinstance(e, Conclude)} | conditions
    facts |= {name for name, entry in vocabulary.facts.items() if entry.informative}
    tests = {e.test for e in effects if isinstance(e, Order)}
    tests |= {test for e in effects if isinstance(e, BranchOn) for test in e.tests}
    offered = {e.treatment for e in effects if isinstance(e, Offer)}
    # these two are made by the program itself, whatever the rules say
    refused = {e.refusal for e in effects if isinstance(e, Refuse)}
    refused |= {"predicted-marker", "contradictory-markers"}
    for kind, named, used in (
        ("fact", vocabulary.facts, facts),
        ("treatment", vocabulary.treatments, offered),
        ("test", vocabulary.tests, tests),
        ("refusal", vocabulary.refusals, refused),
    ):
        for name in sorted(set(named) - used):
            yield f"{kind} {name}: no rule uses it"


def _unchecked(knowledge: Knowledge, today: date) -> Iterator[str]:
    for statement in knowledge.statements.values():
        day = _day(statement)
        if day is None or day > today:
            yield f"statement {statement.statement_id}: {statement.checked_on} is no past day"
        if not statement.checked:
            yield f"statement {statement.statement_id}: was found in no second place"


def _day(statement: Statement) -> date | None:
    try:
        return date.fromisoformat(statement.checked_on)
    except ValueError:
        return None
