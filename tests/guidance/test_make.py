"""A plan that would do harm loses its options before anybody reads it."""

from __future__ import annotations

import pytest

from glioscope.guidance import Facts, load_rules, make_plan, safe_plan, told_facts

TOLD = ["idh=wildtype", "tert=mutant", "age-years=60", "kps=80", "phase=newly-diagnosed"]


def test_a_plan_without_harm_is_the_plan_of_the_rules() -> None:
    facts = Facts(told=told_facts(TOLD))

    assert safe_plan(facts, case_id="A") == make_plan(facts, case_id="A")
    assert safe_plan(facts, case_id="A").options


def test_options_that_a_defective_rule_offers_are_taken_away_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    facts = Facts(told=told_facts([*TOLD, "platelets=40"]))
    rules = tuple(rule for rule in load_rules() if "platelets" not in str([*map(str, rule.when)]))
    monkeypatch.setattr("glioscope.guidance.make.load_rules", lambda: rules)

    plan = safe_plan(facts, case_id="A")

    assert make_plan(facts, case_id="A").options
    assert plan.options == ()
    assert "own check for harm" in plan.limits[0]
