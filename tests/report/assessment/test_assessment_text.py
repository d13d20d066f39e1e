from __future__ import annotations

from dataclasses import replace

from glioscope.core import Assessment, Notice, Severity
from glioscope.report import assessment_text
from glioscope.report.assessment_words import CAUTION
from glioscope.report.words import STATEMENT


def test_a_terminal_holds_it(full: Assessment) -> None:
    lines = assessment_text(full).split("\n")

    assert 15 <= len(lines) <= 25
    assert lines[-1] == STATEMENT


def test_each_prediction_has_its_caution_its_set_and_its_baselines(full: Assessment) -> None:
    text = assessment_text(full)

    assert text.count(CAUTION) == 5
    assert text.count("The 90% set") == 4
    assert "  IDH-wildtype: 90% (age and sex alone: 75%; of the training patients: 80%)" in text
    assert "  Glioblastoma, IDH-wildtype, grade 4: 86%" in text
    assert "Astrocytoma, IDH-mutant, grade 3:" not in text
    assert (
        "MGMT promoter methylation: no evidence that imaging tells MGMT; test the tissue." in text
    )
    assert "Median 13.6 months (10.9 to 16.9); one year 55% (46% to 63%)" in text
    assert f"Missing: {full.missing[0]}" in text


def test_a_warning_comes_first(full: Assessment) -> None:
    against = Notice(code="against", severity=Severity.ALARM, message="The images say otherwise.")
    remark = Notice(code="remark", severity=Severity.INFO, message="By the way.")
    text = assessment_text(replace(full, notices=(against, remark)))

    assert text.split("\n")[1] == "Alarm: The images say otherwise."
    assert "By the way." not in text


def test_an_abstention_leaves_no_numbers(kinds: dict[str, Assessment]) -> None:
    text = assessment_text(kinds["abstained"])

    assert "No prediction is made: the scan lies further" in text
    assert "%" not in text


def test_what_was_told_and_what_is_not_known(kinds: dict[str, Assessment]) -> None:
    assert "IDH status: IDH-mutant: told by the pathologist" in assessment_text(kinds["known IDH"])
    assert "age and sex alone: not known" in assessment_text(kinds["without age"])
    assert "Overall survival" not in assessment_text(kinds["without survival"])
