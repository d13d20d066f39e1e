"""A rule fires, waits for a fact, or does not apply."""

from __future__ import annotations

from collections.abc import Callable

from glioscope.guidance.rules import Rule, judge

MakeRule = Callable[..., Rule]
NOTE = {"note": "Something."}


def test_a_rule_fires_when_all_of_its_conditions_hold(make_rule: MakeRule) -> None:
    rule = make_rule(when=["idh is mutant", "grade is 2"], **NOTE)

    verdict = judge(rule, {"idh": "mutant", "grade": "2"})

    assert verdict.fired
    assert verdict.why == ("idh is mutant: mutant", "grade is 2: 2")
    assert verdict.asks == ()


def test_a_rule_asks_for_the_first_fact_that_it_waits_for(make_rule: MakeRule) -> None:
    rule = make_rule(when=["idh is mutant", "grade is 2", "kps >= 60"], **NOTE)

    verdict = judge(rule, {"idh": "mutant"})

    assert not verdict.fired
    assert verdict.waits_for == ("grade", "kps")
    assert verdict.asks == ("grade",)


def test_a_rule_that_can_not_apply_asks_for_nothing(make_rule: MakeRule) -> None:
    rule = make_rule(when=["idh is mutant", "grade is 2"], **NOTE)

    verdict = judge(rule, {"grade": "4"})

    assert not verdict.fired
    assert verdict.waits_for == ()


def test_one_of_several_is_enough_and_none_is_too_few(make_rule: MakeRule) -> None:
    rule = make_rule(any=["tert is mutant", "egfr is amplified"], **NOTE)

    assert judge(rule, {"tert": "mutant"}).fired
    assert not judge(rule, {"tert": "wildtype", "egfr": "not-amplified"}).fired
    assert judge(rule, {"tert": "wildtype"}).waits_for == ("egfr",)
    assert judge(rule, {"tert": "wildtype", "egfr": "not-amplified"}).waits_for == ()


def test_an_unknown_exception_does_not_stop_a_rule_but_is_asked_for(make_rule: MakeRule) -> None:
    rule = make_rule(when=["idh is mutant"], unless=["prior-radiotherapy is yes"], **NOTE)

    unknown = judge(rule, {"idh": "mutant"})

    assert unknown.fired
    assert unknown.asks == ("prior-radiotherapy",)
    assert not judge(rule, {"idh": "mutant", "prior-radiotherapy": "yes"}).fired
    ruled_out = judge(rule, {"idh": "mutant", "prior-radiotherapy": "no"})
    assert ruled_out.fired
    assert ruled_out.asks == ()
