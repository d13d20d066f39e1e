from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from glioscope.core import Assessment, CaseResult
from glioscope.report import result_schema, result_to_json
from glioscope.report.content import make_document
from glioscope.report.numbers import percent
from glioscope.report.serialize import result_bytes

MakeResult = Callable[..., CaseResult]


def test_the_section_stands_after_the_location(result: CaseResult, full: Assessment) -> None:
    document = make_document(replace(result, assessment=full), ())
    idents = [section.ident for section in document.sections]

    assert idents[idents.index("location") + 1] == "predictions"
    assert "predictions" not in [s.ident for s in make_document(result, ()).sections]


def test_the_result_holds_the_assessment(result: CaseResult, full: Assessment) -> None:
    told = json.loads(result_bytes(replace(result, assessment=full)))

    Draft202012Validator(result_schema()).validate(told)
    assert told["assessment"]["predictions"]["idh"]["outcomes"][0]["probability"] == 0.9043
    assert told["provenance"][-1]["step"] == "predict"
    assert told["assessment"]["survival"]["median"]["path"][-1] == "predict"
    assert "near-the-edge" in [notice["code"] for notice in told["notices"]]


def test_a_result_without_predictions_says_so(result: CaseResult) -> None:
    assert result_to_json(result)["assessment"] is None


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.0, "0%"),
        (0.005, "<1%"),
        (0.01, "1%"),
        (0.555, "56%"),
        (0.99, "99%"),
        (0.997, ">99%"),
        (1.0, "100%"),
    ],
)
def test_what_is_not_certain_never_reads_so(fraction: float, text: str) -> None:
    assert percent(fraction) == text
