"""The check of the guidance finds what has to be mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from glioscope.guidance import check_guidance, load_knowledge, load_rules, load_vocabulary
from glioscope.guidance.contradictions import contradictions
from glioscope.guidance.knowledge import Knowledge
from glioscope.guidance.rules import Rule

MakeRule = Callable[..., Rule]
TODAY = date(2026, 6, 1)


def problems(knowledge: Knowledge, rules: list[Rule], today: date = TODAY) -> list[str]:
    found = check_guidance(knowledge, rules, load_vocabulary(), today=today).problems
    return [problem for problem in found if "no rule uses it" not in problem]


def test_orphans_and_lost_sources_are_named(small_knowledge: Knowledge) -> None:
    lost = replace(small_knowledge.statements["book-two"], source="nowhere")
    knowledge = replace(
        small_knowledge,
        statements={"book-two": lost},
        sources={"book": small_knowledge.sources["book"]},
    )

    assert problems(knowledge, []) == [
        "statement book-two: no source nowhere",
        "statement book-two: no rule rests on it",
        "source book: no statement is from it",
    ]


def test_what_was_checked_more_than_a_year_ago_is_listed_not_refused(
    small_knowledge: Knowledge, make_rule: MakeRule
) -> None:
    rules = [make_rule(statements=["book-one", "book-two"], note="A.")]
    late = check_guidance(small_knowledge, rules, load_vocabulary(), today=date(2027, 2, 1))

    assert [s.statement_id for s in late.stale] == ["book-one", "book-two"]
    assert problems(small_knowledge, rules) == []
    assert problems(small_knowledge, rules, date(2025, 1, 1)) == [
        "statement book-one: 2026-01-01 is no past day",
        "statement book-two: 2026-01-01 is no past day",
    ]


@pytest.mark.parametrize(
    ("one", "other", "contradict"),
    [
        ({"when": ["idh is mutant"]}, {"when": ["1p19q is codeleted"]}, True),
        ({"when": ["idh is mutant"]}, {"when": ["idh is wildtype"]}, False),
        ({"when": ["kps >= 60"]}, {"when": ["kps < 60"]}, False),
        ({"when": ["kps >= 60"]}, {"when": ["kps <= 60"]}, True),
        ({"when": ["kps > 60"]}, {"when": ["kps < 61"]}, True),
        ({"when": ["idh is mutant"]}, {"when": ["grade is 2"], "unless": ["idh is mutant"]}, False),
        ({"when": ["idh is mutant"], "unless": ["grade is 2"]}, {"when": ["grade is 3"]}, True),
        ({"any": ["idh is mutant", "grade is 2"]}, {"when": ["idh is wildtype"]}, True),
        ({"any": ["idh is mutant", "tert is mutant"]}, {"unless": ["idh known"]}, True),
        ({"any": ["idh is mutant"]}, {"unless": ["idh known"]}, False),
        ({"any": ["idh is mutant"]}, {"when": ["idh is wildtype", "grade is 3"]}, False),
        ({"when": ["idh unknown"]}, {"when": ["idh is mutant"]}, False),
        ({"when": ["idh unknown"]}, {"when": ["grade is 3"]}, True),
    ],
)  # fmt: skip
def test_conclusions_contradict_if_some_patient_fires_both(
    make_rule: MakeRule,
    one: dict[str, list[str]],
    other: dict[str, list[str]],
    contradict: bool,
) -> None:
    rules = [
        make_rule(id="one", conclude={"fact": "entity", "value": "astrocytoma"}, **one),
        make_rule(id="other", conclude={"fact": "entity", "value": "glioblastoma"}, **other),
    ]

    assert bool(list(contradictions(rules, load_vocabulary()))) is contradict


def test_an_offer_that_is_always_excluded_is_a_contradiction(make_rule: MakeRule) -> None:
    offer = make_rule(
        id="offer",
        when=["pregnant is yes", "idh is mutant"],
        offer={"treatment": "lomustine", "strength": "strong", "why": "A."},
    )
    always = make_rule(id="no", when=["pregnant is yes"], about=["lomustine"], exclude="B.")
    sometimes = make_rule(id="some", when=["platelets < 100"], about=["lomustine"], exclude="B.")

    assert len(list(contradictions([offer, always], load_vocabulary()))) == 1
    assert list(contradictions([offer, sometimes], load_vocabulary())) == []


def test_the_same_rule_twice_is_named(make_rule: MakeRule) -> None:
    rules = [make_rule(id=name, when=["idh is mutant"], note="A.") for name in ("a", "b")]

    assert "say the same" in next(contradictions(rules, load_vocabulary()))


def test_the_shipped_guidance_hangs_together() -> None:
    knowledge = load_knowledge()
    newest = max(date.fromisoformat(s.checked_on) for s in knowledge.statements.values())

    found = check_guidance(knowledge, load_rules(), load_vocabulary(), today=newest)

    assert found.problems == ()
    assert found.stale == ()
    assert found.statements == len(knowledge.statements) > 0
