"""The shipped rules, each checked against the vocabulary and the statements."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from glioscope.core import InputError, Strength
from glioscope.guidance.knowledge import Knowledge, Vocabulary, load_knowledge, load_vocabulary
from glioscope.guidance.knowledge.records import data_files, record, tables, unique
from glioscope.guidance.rules.condition import Condition, parse_condition
from glioscope.guidance.rules.rule import (
    BranchOn,
    Conclude,
    Effect,
    Note,
    Offer,
    Order,
    Refuse,
    Remark,
    Rule,
)

_PACKAGE: Final = "glioscope.guidance.rules"
_KINDS: Final[Mapping[str, type[Any]]] = {
    "conclude": Conclude,
    "offer": Offer,
    "order": Order,
    "refuse": Refuse,
    "branch": BranchOn,
}
_REMARKS: Final = ("condition", "caution", "exclude")
_EFFECTS: Final = (*_KINDS, *_REMARKS, "note")
_KEYS: Final = {"id", "version", "decides", "statements", "when", "any", "unless", "about"}


@cache
def load_rules() -> tuple[Rule, ...]:
    """Return the shipped rules, by id.

    Raises:
        InputError: If a file is damaged, or a rule names what does not exist.
    """
    vocabulary, knowledge = load_vocabulary(), load_knowledge()
    found = (
        parse_rule(table, vocabulary, knowledge, file=file.name)
        for file in data_files(_PACKAGE, "data")
        for table in tables(file, "rule")
    )
    rules = unique(((rule.id, rule) for rule in found), "rule")
    return tuple(rules[ident] for ident in sorted(rules))


def parse_rule(
    table: Mapping[str, Any], vocabulary: Vocabulary, knowledge: Knowledge, *, file: str
) -> Rule:
    """Return the rule of a table.

    Raises:
        InputError: If it is not whole, has not exactly one effect, or names a fact, treatment,
            test, refusal, component or statement that does not exist.
    """
    label = f"{file}: {table.get('id', 'a rule without id')}"
    effects = [key for key in table if key in _EFFECTS]
    unknown = sorted(set(table) - _KEYS - set(effects))
    missing = sorted({"id", "version", "decides", "statements"} - set(table))
    if unknown or missing or len(effects) != 1:
        msg = (
            f"{label}: a rule has {', '.join(sorted(_KEYS))} and one of {', '.join(_EFFECTS)};"
            f" unknown: {unknown}, lacking: {missing}, effects: {effects}"
        )
        raise InputError(msg)
    try:
        rule = Rule(
            id=table["id"],
            version=table["version"],
            decides=table["decides"],
            statements=tuple(table["statements"]),
            when=_conditions(table, "when", vocabulary),
            any=_conditions(table, "any", vocabulary),
            unless=_conditions(table, "unless", vocabulary),
            about=tuple(table.get("about", ())),
            effect=_effect(effects[0], table, file),
        )
        _check_names(rule, vocabulary, knowledge)
    except InputError as error:
        msg = f"{label}: {error}"
        raise InputError(msg) from error
    return rule


def _conditions(
    table: Mapping[str, Any], key: str, vocabulary: Vocabulary
) -> tuple[Condition, ...]:
    return tuple(parse_condition(text, vocabulary) for text in table.get(key, ()))


def _effect(key: str, table: Mapping[str, Any], file: str) -> Effect:
    content = table[key]
    if key == "note":
        return Note(text=content)
    if key in _REMARKS:
        return Remark(kind=key, text=content)
    if key == "offer":
        return Offer(
            treatment=content["treatment"],
            strength=Strength(content["strength"]),
            why=content["why"],
        )
    effect: Effect = record(_KINDS[key], content, file=file, names={})
    return effect


def _check_names(rule: Rule, vocabulary: Vocabulary, knowledge: Knowledge) -> None:
    lost = [name for name in rule.statements if name not in knowledge.statements]
    lost += [name for name in rule.about if name not in vocabulary.components]
    lost += _lost_names(rule.effect, vocabulary)
    if lost:
        msg = f"names what does not exist: {', '.join(lost)}"
        raise InputError(msg)
    if isinstance(rule.effect, Remark) and not rule.about:
        msg = "a condition, caution or exclude needs `about`: the components it is written about"
        raise InputError(msg)
    if rule.about and not isinstance(rule.effect, Remark | Order | Note | Refuse):
        msg = "`about` belongs to condition, caution, exclude, order, refuse and note"
        raise InputError(msg)


def _lost_names(effect: Effect, vocabulary: Vocabulary) -> list[str]:
    if isinstance(effect, Offer):
        return [effect.treatment] if effect.treatment not in vocabulary.treatments else []
    if isinstance(effect, Order):
        return [effect.test] if effect.test not in vocabulary.tests else []
    if isinstance(effect, Refuse):
        return [effect.refusal] if effect.refusal not in vocabulary.refusals else []
    if isinstance(effect, BranchOn):
        known = vocabulary.facts[effect.marker].choices if effect.marker in vocabulary.facts else ()
        tests = [test for test in effect.tests if test not in vocabulary.tests]
        return tests if effect.outcome in known else [f"{effect.marker}={effect.outcome}", *tests]
    if isinstance(effect, Conclude):
        entry = vocabulary.facts.get(effect.fact)
        fits = entry is not None and entry.derived and effect.value in entry.choices
        return [] if fits else [f"{effect.fact}={effect.value}"]
    return []
