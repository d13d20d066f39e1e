"""A rule that is not whole, or names what does not exist, is refused where it is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from glioscope.core import InputError
from glioscope.guidance.rules import Rule, load_rules

MakeRule = Callable[..., Rule]
OFFER = {"treatment": "biopsy", "strength": "strong", "why": "It tells."}


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({}, "one of"),
        ({"note": "A.", "offer": OFFER}, "effects"),
        ({"note": "A.", "colour": "red"}, "unknown: \\['colour'\\]"),
        ({"note": "A.", "statements": ["nowhere"]}, "nowhere"),
        ({"note": "A.", "when": ["colour is red"]}, "no fact colour"),
        ({"caution": "A."}, "needs `about`"),
        ({"caution": "A.", "about": ["tea"]}, "tea"),
        ({"offer": OFFER, "about": ["surgery"]}, "`about` belongs to"),
        ({"offer": {**OFFER, "treatment": "tea"}}, "tea"),
        ({"order": {"test": "tea", "why": "A."}}, "tea"),
        ({"order": {"test": "mgmt"}}, "lacks why"),
        ({"refuse": {"refusal": "tea", "why": "A."}}, "tea"),
        ({"conclude": {"fact": "idh", "value": "mutant"}}, "idh=mutant"),
        ({"conclude": {"fact": "entity", "value": "tea"}}, "entity=tea"),
        ({"branch": {"marker": "idh", "outcome": "tea", "text": "A.", "tests": []}}, "idh=tea"),
        ({"branch": {"marker": "idh", "outcome": "mutant", "text": "A.", "tests": ["tea"]}}, "tea"),
    ],
)
def test_a_rule_that_is_not_whole_is_refused(
    make_rule: MakeRule, table: dict[str, Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        make_rule(**table)


def test_the_shipped_rules_load_and_are_sorted_by_id() -> None:
    identifiers = [rule.id for rule in load_rules()]

    assert identifiers == sorted(set(identifiers))
    assert identifiers
