from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glioscope.privacy.headers.words import Tokens, cleaned_text, is_harmless


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("t1_mprage_sag_p2_iso_1.0mm", "t1 mprage sag p2 iso 1.0mm"),
        ("AX T2 FLAIR FS", "AX T2 FLAIR FS"),
        ("T1 AX +C", "T1 AX +C"),
        ("ep2d_diff T2* 3D", "ep2d T2* 3D"),
        ("T1 post Gd Smith 12.03.1960", "T1 post Gd"),
        ("Brain Dr. Schmidt/Müller MRN 4711007", "Brain"),
        ("SMITHFLAIR", ""),
        ("0815 4711 19600312", ""),
        ("T1 12/03/60 ax", "T1 ax"),
        ("T1 1-3-60 ax", "T1 ax"),
        ("T2 12.MAR.60 b1000 TE100 3mm 7t", "T2 b1000 TE100 3mm 7t"),
        ("", ""),
    ],
)
def test_only_words_of_a_scan_stay(text: str, cleaned: str) -> None:
    assert cleaned_text(text) == cleaned


@given(st.text())
def test_what_stays_is_on_the_list(text: str) -> None:
    assert all(is_harmless(word) for word in cleaned_text(text).split())


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert cleaned_text(cleaned_text(text)) == cleaned_text(text)


@pytest.mark.parametrize(
    "name",
    [
        *("Smith", "Müller", "Mu\u0308ller", "Garcia", "Nguyen", "Li", "Kim", "Wang", "Jane"),
        *("John", "Maria", "Ali", "Johnson", "Williams", "Brown", "Jones", "Miller", "Davis"),
        *("Wilson", "Anderson", "Lee", "Çelik", "王", "Ó Sé"),
    ],
)
def test_no_frequent_name_is_on_the_list(name: str) -> None:
    assert cleaned_text(f"T1 {name} ax") == "T1 ax"


def test_tokens_are_found_as_words_and_within_long_words() -> None:
    tokens = Tokens(frozenset({"Lee^Jane", "Springfield General"}))

    assert tokens.found_in("LEE")
    assert tokens.found_in("T1_jane_AX")
    assert tokens.found_in("XSPRINGFIELDX")
    assert tokens.found_in("LEEJANE")
    assert not tokens.found_in("SLEEVE")
    assert not tokens.found_in("ORIGINAL")


def test_words_of_a_scan_are_no_tokens() -> None:
    tokens = Tokens(frozenset({"Brain Institute", "MR1", "3"}))

    assert not tokens.found_in("BRAIN")
    assert not tokens.found_in("MR")
    assert tokens.found_in("INSTITUTE")
