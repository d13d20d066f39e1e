"""Derived facts follow in any order of the rules, and a contradiction leaves nothing standing."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

from glioscope.guidance.facts import FactValue
from glioscope.guidance.rules import Rule
from glioscope.guidance.rules.infer import infer

MakeRule = Callable[..., Rule]


def concluding(make_rule: MakeRule, fact: str, value: str, *when: str) -> Rule:
    return make_rule(id=value, when=list(when), conclude={"fact": fact, "value": value})


def chain(make_rule: MakeRule) -> list[Rule]:
    return [
        concluding(make_rule, "who-grade", "4", "entity is glioblastoma"),
        concluding(make_rule, "entity", "glioblastoma", "idh is wildtype"),
        concluding(make_rule, "elderly", "yes", "who-grade is 4", "age-years >= 70"),
    ]


def test_conclusions_follow_from_conclusions_in_any_order(make_rule: MakeRule) -> None:
    facts: dict[str, FactValue] = {"idh": "wildtype", "age-years": 71.0}
    expected = {**facts, "entity": "glioblastoma", "who-grade": "4", "elderly": "yes"}

    for rules in permutations(chain(make_rule)):
        assert dict(infer(rules, facts).facts) == expected


def test_two_values_of_one_fact_leave_it_and_what_follows_unknown(make_rule: MakeRule) -> None:
    other = concluding(make_rule, "entity", "oligodendroglioma", "1p19q is codeleted")
    facts: dict[str, FactValue] = {"idh": "wildtype", "1p19q": "codeleted", "age-years": 71.0}

    found = infer([*chain(make_rule), other], facts)

    assert dict(found.facts) == facts
    assert [{one.id, two.id} for one, two in found.conflicts] == [
        {"glioblastoma", "oligodendroglioma"}
    ]


def test_two_rules_that_agree_are_no_conflict(make_rule: MakeRule) -> None:
    again = make_rule(
        id="again", when=["tert is mutant"], conclude={"fact": "entity", "value": "glioblastoma"}
    )

    found = infer([*chain(make_rule), again], {"idh": "wildtype", "tert": "mutant"})

    assert found.facts["entity"] == "glioblastoma"
    assert found.conflicts == ()
