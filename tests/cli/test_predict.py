"""glioscope predict from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from glioscope.cli import app
from glioscope.core import ConsentError
from glioscope.prediction import IMAGE_GROUPS, feature_names, load_model

CAUTION = "Predicted from imaging; tissue diagnosis needed"
SHAPES = feature_names(("shape",))


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """The result of a patient with the average tumor, of which the shape alone is known."""
    names = feature_names(IMAGE_GROUPS)
    mean = dict(zip(names, load_model().domain.mean.tolist(), strict=True))
    shape = {
        name.removeprefix("log "): {"value": 2.718281828459045 ** mean[name]}
        if name.startswith("log ")
        else {"value": mean[name]}
        for name in SHAPES
    }
    content: dict[str, Any] = {
        "case_id": "P1",
        "patient": {"age": {"value": 62.0}, "sex": "F"},
        "measurements": {"shape": {"whole_tumor": shape}, "intensity": {}},
        "location": None,
    }
    path = tmp_path / "result.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["predict", *arguments])


def test_every_prediction_is_printed_with_its_caution_and_its_baseline(result: Path) -> None:
    told = run(str(result))

    assert told.exit_code == 0
    assert told.output.count(CAUTION) >= 5
    assert "age and sex alone" in told.output
    assert "no evidence that imaging tells MGMT; test the tissue" in told.output
    assert "The intensities of T1c" in told.output


def test_pages_are_written_and_the_patients_own_holds_no_survival(
    result: Path, tmp_path: Path
) -> None:
    told = run(str(result.parent), "-o", str(tmp_path / "out"), "--for-patient")

    assert told.exit_code == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"prediction.json", "prediction.html", "prediction.pdf", "patient.html"}
    page = (tmp_path / "out" / "patient.html").read_text(encoding="utf-8")
    assert "survival" not in page.lower()
    assert "months" not in page.lower()


def test_json_is_one_object(result: Path) -> None:
    told = run(str(result), "--json", "--known", "idh=mutant")

    found = json.loads(told.output)
    assert found["status"] == "done"
    assert found["predictions"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "give the result.json"),
        (("RESULT", "--table", "rows.csv"), "one of both"),
        (("RESULT", "--known", "idh=perhaps"), "idh=mutant or wildtype"),
        (("RESULT", "--known", "idh=wildtype", "--known", "1p19q=codeleted"), "WHO CNS 2021"),
        (("RESULT", "--age", "300"), "age 300"),
        (("RESULT", "--sex", "x"), "F, M or O"),
        (("RESULT", "--for-patient"), "-o"),
        (("--table", "rows.csv"), "-o OUT.csv"),
        (("nobody.json",), "nobody.json"),
    ],
)
def test_what_can_not_be_used_is_one_error(
    result: Path, arguments: tuple[str, ...], why: str
) -> None:
    told = run(*(str(result) if one == "RESULT" else one for one in arguments))

    assert told.exit_code != 0
    assert why in str(told.exception)


def test_a_table_says_how_many_rows_abstained(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("id,age,sex\nA,60,F\n", encoding="utf-8")

    told = run("--table", str(rows), "-o", str(tmp_path / "out.csv"))

    assert told.exit_code == 0
    assert "1 rows, 1 abstained" in told.output
    assert CAUTION in told.output


def test_a_result_that_consent_does_not_cover_is_refused_and_written_down(
    result: Path, tmp_path: Path
) -> None:
    consent = {"allowed": ["care"], "recorded_by": "physician"}
    (result.parent / "consent.json").write_text(json.dumps(consent), encoding="utf-8")
    log = tmp_path / "state" / "audit.jsonl"

    assert run(str(result), "--audit", str(log)).exit_code == 0
    told = run(str(result), "--audit", str(log), "--use", "research")

    assert isinstance(told.exception, ConsentError)
    assert "does not allow research" in str(told.exception)
    decisions = [json.loads(line)["decision"] for line in log.read_text().splitlines()]
    assert decisions == ["allowed", "refused"]


def test_a_use_that_nobody_knows_is_refused(result: Path) -> None:
    assert "give care, research, training" in str(run(str(result), "--use", "fun").exception)


def test_a_result_without_consent_is_refused_where_it_is_required(result: Path) -> None:
    environment = {
        "GLIOSCOPE_REQUIRE_CONSENT": "1",
        "GLIOSCOPE_AUDIT": str(result.parent / "audit.jsonl"),
    }
    told = CliRunner().invoke(app, ["predict", str(result)], env=environment)

    assert isinstance(told.exception, ConsentError)
    assert "has no consent.json, which is required here" in str(told.exception)
