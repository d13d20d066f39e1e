from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glioscope.guidance.retrieval.clean import clean


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("a\x00b\x07c\x1b[31m", "abc[31m"),
        ("safe\u202etxt\u200b", "safetxt"),
        ("hidden\U000e0041\U000e0042", "hidden"),
        ("one\r\ntwo\rthree\ffour", "one\ntwo\nthree\nfour"),
        ("a\t b \n\n\n\n  c  ", "a b\n\nc"),
        ("speci\ufb01c", "specific"),
        ("e\u0301", "\u00e9"),
    ],
)
def test_only_what_a_reader_sees_is_left(raw: str, seen: str) -> None:
    assert clean(raw) == seen


def test_powers_and_indices_keep_their_meaning() -> None:
    assert clean("75 mg/m² and 10⁶ cells") == "75 mg/m² and 10⁶ cells"


@given(st.text())
def test_no_text_leaves_a_control_character_and_cleaning_twice_changes_nothing(raw: str) -> None:
    once = clean(raw)

    assert {unicodedata.category(c) for c in once if c != "\n"}.isdisjoint({"Cc", "Cf", "Cs", "Co"})
    assert clean(once) == once
