"""Rules on glioblastoma and H3-altered gliomas say only what the statements they cite say."""

from __future__ import annotations

import re

import pytest

from glioscope.core import Strength
from glioscope.guidance.knowledge import load_knowledge
from glioscope.guidance.rules import Note, Offer, Remark, Rule, load_rules

RULES = [rule for rule in load_rules() if rule.id.startswith("g-")]


def figures(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:\.\d+)?", text))


def said(rule: Rule) -> str:
    match rule.effect:
        case Offer(why=text) | Note(text=text) | Remark(text=text):
            return text
        case _:
            return ""


def test_there_are_rules_for_each_of_the_three_entities() -> None:
    named = {value for rule in RULES for condition in rule.when for value in condition.values}

    assert {"glioblastoma", "diffuse-midline-glioma", "diffuse-hemispheric-glioma"} <= named


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_figure_of_a_rule_stands_in_a_statement_that_it_cites(rule: Rule) -> None:
    statements = load_knowledge().statements
    cited = " ".join(
        f"{s.statement} {s.condition} {s.population}"
        for s in (statements[name] for name in rule.statements)
    )

    assert figures(said(rule)) <= figures(cited)


def test_a_strong_offer_rests_on_a_guideline_that_recommends_strongly() -> None:
    statements = load_knowledge().statements
    strong = [
        rule
        for rule in RULES
        if isinstance(rule.effect, Offer) and rule.effect.strength is Strength.STRONG
    ]

    assert strong
    for rule in strong:
        assert Strength.STRONG in {statements[name].strength for name in rule.statements}, rule.id
