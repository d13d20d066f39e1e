"""Every number of a safety rule stands in a statement that the rule cites."""

from __future__ import annotations

import re

import pytest

from glioscope.guidance import load_knowledge, load_rules
from glioscope.guidance.rules import Rule


def _own_rules() -> tuple[Rule, ...]:
    return tuple(rule for rule in load_rules() if rule.id.startswith("s-"))


@pytest.mark.parametrize("rule", _own_rules(), ids=lambda rule: rule.id)
def test_every_number_that_a_rule_says_stands_in_a_statement_that_it_cites(rule: Rule) -> None:
    knowledge = load_knowledge()
    said = " ".join(str(getattr(rule.effect, name, "")) for name in ("text", "why"))
    cited = " ".join(knowledge.statements[name].statement for name in rule.statements)
    number = re.compile(r"\d+(?:[.,]\d+)*")

    assert set(number.findall(said)) <= set(number.findall(cited))


@pytest.mark.parametrize("rule", _own_rules(), ids=lambda rule: rule.id)
def test_every_threshold_of_a_value_stands_in_a_statement_that_the_rule_cites(rule: Rule) -> None:
    knowledge = load_knowledge()
    cited = " ".join(knowledge.statements[name].statement for name in rule.statements)
    # the years of childbearing choose whom to ask, and 1 times the upper limit is "above normal"
    limits = {
        value
        for condition in rule.when
        if condition.fact != "age-years" or rule.id == "s-ttfields-age"
        for value in condition.values
        if isinstance(value, float) and value not in {0.0, 1.0}
    }

    assert all(re.search(rf"(?<![\d.]){limit:g}(?![\d.]*\d)", cited) for limit in limits)
