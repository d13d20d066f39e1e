"""Nonsense, slips of the pen and malice end in a plan without harm, or in one short error."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

import pytest
from tests.guidance.adversarial.attacks import Attack, attacks

from glioscope.core import InputError, Plan
from glioscope.guidance import Facts, make_plan, told_facts
from glioscope.guidance.harm import harms

LONGEST_MESSAGE = 200
"""Characters: two lines of a terminal and a half."""
KINDS = sorted({attack.kind for attack in attacks()})
_TRACES = re.compile(r"Traceback|File \"|0x[0-9a-f]{6}|site-packages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What became of an attack.

    Args:
        attack: The input.
        facts: As understood; ``None`` if it was refused.
        plan: ``None`` if it was refused.
        message: Of the error; empty if there is a plan.
    """

    attack: Attack
    facts: Facts | None
    plan: Plan | None
    message: str


@cache
def endings(kind: str) -> tuple[Ending, ...]:
    """Return what became of each attack of a kind; any error but `InputError` breaks the test."""
    return tuple(_ending(attack) for attack in attacks() if attack.kind == kind)


def _ending(attack: Attack) -> Ending:
    try:
        facts = Facts(told=told_facts(attack.told), predicted=dict(attack.predicted))
        plan = make_plan(facts, case_id="attack")
    except InputError as error:
        return Ending(attack=attack, facts=None, plan=None, message=str(error))
    return Ending(attack=attack, facts=facts, plan=plan, message="")


def test_there_are_at_least_five_hundred_of_every_kind() -> None:
    counted = Counter(attack.kind for attack in attacks())

    assert counted.total() >= 500
    assert len({(a.told, str(a.predicted)) for a in attacks()}) == counted.total()
    assert set(counted) >= {"contradiction", "impossible pair", "number", "language", "empty"}


@pytest.mark.parametrize("kind", KINDS)
def test_each_ends_in_a_plan_without_harm_or_in_one_short_error(kind: str) -> None:
    for ending in endings(kind):
        if ending.facts is None or ending.plan is None:
            assert ending.message.isprintable(), ascii(ending.message)
            assert 0 < len(ending.message) <= LONGEST_MESSAGE, ascii(ending.message)
            assert not _TRACES.search(ending.message)
        else:
            found = harms(ending.facts, ending.plan)
            assert not found, (found, ending.attack)


def test_contradictory_markers_never_bring_an_option() -> None:
    for ending in endings("contradiction"):
        assert ending.plan is not None
        assert not ending.plan.options, ending.attack
        assert "contradictory-markers" in {r.refused for r in ending.plan.refusals}, ending.attack


@pytest.mark.parametrize("kind", ["injected name", "language", "no fact", "injected number"])
def test_what_is_no_fact_is_refused(kind: str) -> None:
    assert not [ending.attack for ending in endings(kind) if ending.plan is not None]


def test_an_injected_value_never_becomes_another_than_the_vocabulary_has() -> None:
    for ending in endings("injected value"):
        assert ending.plan is None or ending.plan.facts["idh"] in {"mutant", "wildtype"}


def test_doses_that_no_protocol_has_are_refused() -> None:
    far_off = re.compile(r"(mg-m2|mg-kg|-mg|-gy)=(1000|9999\.99)$")
    doses = [e for e in endings("number") if far_off.search(e.attack.told[-1])]

    assert len(doses) == 12
    for ending in doses:
        refused = {r.refused for r in ending.plan.refusals} if ending.plan else {"dose"}
        assert "dose" in refused, ending.attack


def test_nothing_told_gives_a_plan_that_asks() -> None:
    plan = make_plan(Facts(), case_id="attack")

    assert {option.treatment for option in plan.options} == {"maximal-safe-resection"}
    assert "no-tissue" in {refusal.refused for refusal in plan.refusals}
    assert plan.missing


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"prediction"}))
def test_no_text_of_an_attack_reaches_a_plan(kind: str) -> None:
    words = ("script>", "drop table", "passwd", "ignore all", "jndi")
    for ending in endings(kind):
        text = repr(ending.plan).casefold()
        assert not [word for word in words if word in text], ending.attack
