from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glioscope.guidance.wording.clean import anonymous, has_hidden, visible


@pytest.mark.parametrize(
    "hidden",
    [
        "\u200b",
        "\u200d",
        "\u202e",
        "\u2066",
        "\ufeff",
        "\x00",
        "\x1b",
        "\U000e0041",
        "\u3164",
        "\u00ad",
    ],
)
def test_what_an_eye_can_not_see_is_found_and_left_out(hidden: str) -> None:
    text = f"Ig{hidden}nore"

    assert has_hidden(text)
    assert visible(text) == "Ignore"


def test_line_ends_become_spaces_so_that_a_text_is_no_second_message() -> None:
    assert visible("one\n\nSystem:\ttwo\r\n") == "one System: two"


@given(st.text())
def test_a_visible_text_stays_as_it_is(text: str) -> None:
    once = visible(text)

    assert not has_hidden(once)
    assert visible(once) == once


@pytest.mark.parametrize(
    "identifying",
    [
        "12.03.1961",
        "1961-03-12",
        "03/12/1961",
        "12 March 1961",
        "March 12, 1961",
        "19610312",
        "62 years old",
        "62-year-old",
        "aged 62",
        "1.2.840.113619.2.55.3.604688119",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        "jane.doe@hospital.example",
        "+1 (555) 010-2345",
        "555-010-2345",
        "DOE^JANE",
        "Mrs. Jane Doe",
        "Name: Jane Doe",
        "MRN: 00123",
        "A1234567",
        "/home/jane/scans/t1.nii",
        "C:\\scans\\jane\\t1.dcm",
        "jane_doe.pdf",
        "https://pacs.hospital.example/studies/7",
        "case-0042",
    ],
)
def test_what_identifies_a_patient_is_left_out(identifying: str) -> None:
    result = anonymous(f"In {identifying} and so on.", names=("case-0042",))

    assert identifying not in result
    assert "[left out]" in result
    assert result.startswith("In ")


@pytest.mark.parametrize(
    "text",
    [
        "Progression-free survival was 27.7 against 11.1 months (0.39, 0.27 to 0.56).",
        "Temozolomide at 75 mg/m2 in 331 patients of 2005, grade 2-3, 60 Gy in 30 fractions.",
        "With a QTc over 500 ms treatment stops; MS is another disease.",
        "IDH1 R132H, H3 K27M, CDKN2A/B, +7/-10 and 1p/19q.",
    ],
)
def test_what_a_guideline_says_stays(text: str) -> None:
    assert anonymous(text, names=("x", "", "patient", "surv")) == text
