from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glioscope.guidance.wording import Claim
from glioscope.guidance.wording.answer import claims_of

CLAIM = Claim(text="A sentence.", citations=("a", "b"))
JSON = '{"sentences": [{"text": "A sentence.", "citations": ["a", "b"]}]}'


@pytest.mark.parametrize(
    "answer",
    [
        JSON,
        f"```json\n{JSON}\n```",
        f"Here it is:\n{JSON}\nDone.",
        f"<think>First {{I}} think.</think>{JSON}",
        '[{"text": "A sentence.", "citations": ["a", "b"]}]',
        "A sentence [a, b].",
        "- A sentence [a] [b].",
        "1. A sentence [a][b].",
    ],
)
def test_claims_are_read_from_all_forms_of_an_answer(answer: str) -> None:
    assert claims_of(answer) == (CLAIM,)


@pytest.mark.parametrize(
    ("answer", "claims"),
    [
        ("", ()),
        ('{"sentences": []}', ()),
        ('{"sentences": ["text"]}', ()),
        ('{"sentences": [{"text": 5, "citations": 7}]}', (Claim(text="", citations=()),)),
        (
            '{"sentences": [{"text": "A.", "citations": "a"}]}',
            (Claim(text="A.", citations=("a",)),),
        ),
    ],
)
def test_json_of_other_types_makes_no_claim_that_was_not_made(
    answer: str, claims: tuple[Claim, ...]
) -> None:
    assert claims_of(answer) == claims


def test_an_answer_without_end_makes_sixty_claims() -> None:
    assert len(claims_of(json.dumps([{"text": "a", "citations": []}] * 5_000))) <= 60
    assert len(claims_of("a line\n" * 5_000)) == 60


def test_json_nested_too_deep_is_read_as_lines() -> None:
    assert claims_of("[" * 50_000)


@given(st.text())
def test_any_answer_is_read_without_an_error(answer: str) -> None:
    assert all(isinstance(one.text, str) for one in claims_of(answer))
