"""A condition is true, false or not known."""

from __future__ import annotations

import pytest

from glioscope.core import InputError
from glioscope.guidance.facts import FactValue
from glioscope.guidance.knowledge import load_vocabulary
from glioscope.guidance.rules import parse_condition


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("idh is mutant", True),
        ("idh is wildtype", False),
        ("idh is not wildtype", True),
        ("grade in 2, 3", True),
        ("grade in 1, 4", False),
        ("kps >= 60", True),
        ("kps > 60", False),
        ("kps <= 60", True),
        ("kps < 60", False),
        ("idh known", True),
        ("mgmt known", False),
        ("mgmt unknown", True),
        ("idh unknown", False),
        ("mgmt is methylated", None),
        ("mgmt is not methylated", None),
        ("age-years < 70", None),
    ],
)
def test_a_condition_of_an_unknown_fact_is_neither_true_nor_false(
    text: str, holds: bool | None
) -> None:
    facts: dict[str, FactValue] = {"idh": "mutant", "grade": "3", "kps": 60.0}

    condition = parse_condition(text, load_vocabulary())

    assert condition.holds(facts) is holds
    assert str(condition) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("idh mutant", "write it as"),
        ("idh is", "write it as"),
        ("idh known mutant", "write it as"),
        ("colour is red", "no fact colour"),
        ("idh is broken", "mutant, wildtype"),
        ("idh is mutant, wildtype", "several values need `in`"),
        ("idh >= 3", "does not fit"),
        ("kps is 60", "does not fit"),
        ("kps >= much", "no number"),
    ],
)
def test_a_condition_that_names_what_does_not_exist_is_refused(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        parse_condition(text, load_vocabulary())
