from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glioscope.guidance.wording.check.lines import line
from glioscope.guidance.wording.check.order import skeleton
from glioscope.guidance.wording.check.terms import treatments_in
from glioscope.guidance.wording.check.tokens import Kind, tokens


def numbers(text: str) -> list[str]:
    return [token.key for token in tokens(text) if token.kind is Kind.NUMBER]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("27.7 months", ["#27.7"]),
        ("27.70 months", ["#27.7"]),
        ("1,000 mg", ["#1000"]),
        ("1000mg", ["#1000"]),
        ("twenty-seven", ["#27"]),
        ("one hundred and five", ["#100", "#5"]),
        ("two hundred five", ["#205"]),
        ("three thousand two hundred ten", ["#3210"]),
        ("twelve dozen", ["#12", "#12"]),
        ("grade IV", ["#4"]),
        ("grade iv", ["#4"]),
        ("phase I", ["#1"]),
        ("10–20%", ["#10", "#20"]),
        ("0.27-0.56", ["#0.27", "#0.56"]),
        (".39", ["#0.39"]),
        ("２７", ["#27"]),
        ("٢٧", ["#27"]),
        ("½ of them", ["#1", "#2"]),
        ("V600E and H3 K27M", []),
        ("I am", []),
    ],
)
def test_numbers_are_read_in_all_writings(text: str, keys: list[str]) -> None:
    assert numbers(text) == keys


@given(st.integers(0, 999_999))
def test_a_number_has_one_key_with_and_without_commas(number: int) -> None:
    assert numbers(f"{number:,} mg") == numbers(f"{number} mg") == numbers(f"{number}.0 mg")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("TMZ or Temodal", {"temozolomide"}),
        ("radiation therapy", {"radiotherapy"}),
        ("tumor-treating fields", {"ttfields"}),
        ("mutant-IDH inhibitors", {"idh-inhibitor"}),
        ("nothing of that", set()),
    ],
)
def test_treatments_are_known_by_all_of_their_names(text: str, named: set[str]) -> None:
    assert treatments_in(text) == named


def test_the_skeleton_holds_names_negations_directions_and_joins_in_order() -> None:
    text = "Only vorasidenib or PCV, not placebo, improves survival."

    assert skeleton(line(text)) == (
        "only",
        "name:vorasidenib",
        "or",
        "name:pcv",
        "not",
        "name:placebo",
        "improv",
    )
