"""glioscope plan, as a user runs it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import Result
from typer.testing import CliRunner

from glioscope.cli.app import app
from glioscope.core import ConsentError, InputError
from glioscope.report import plan_schema

TESTED = ("--known", "idh=mutant", "--known", "1p19q=codeleted", "--known", "mgmt=methylated")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["plan", "--no-passages", "--quiet", *arguments])


def written(folder: Path) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    jsonschema.validate(plan, plan_schema())
    return plan


def facts_of(folder: Path) -> dict[str, str]:
    facts: dict[str, str] = written(folder)["facts"]
    return facts


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """The result of a patient whose IDH was told and whose grade was predicted."""
    content = {
        "case_id": "P1",
        "patient": {"age": {"value": 62.0}, "sex": "F"},
        "has_tumor": False,
        "sequences": {"used": ["flair"]},
        "measurements": {"volumes": {}, "multifocal": None, "diameters": {}, "lesions": []},
        "location": None,
        "configuration": {"known": {"kps": 80.0}},
        "assessment": {
            "abstained": None,
            "survival": None,
            "predictions": {
                "idh": {"known": "mutant", "outcomes": []},
                "grade": {
                    "known": None,
                    "outcomes": [{"name": "2", "probability": 0.9, "in_set": True}],
                },
            },
        },
    }
    folder = tmp_path / "result"
    folder.mkdir()
    (folder / "result.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_facts_alone_are_enough_for_a_plan(tmp_path: Path) -> None:
    told = ("--age", "62", "--sex", "F", "--kps", "80", "--resection", "gross-total")

    done = run("-o", str(tmp_path), *told, "--steroids", "4mg", *TESTED)

    assert done.exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "plan.html",
        "plan.pdf",
        "plan.json",
        "patient.html",
    }
    plan = written(tmp_path)
    assert plan["facts"]["entity"] == "oligodendroglioma"
    assert plan["facts"]["dexamethasone-mg"] == "4"
    assert "radiotherapy-pcv" in {option["treatment"] for option in plan["options"]}
    assert {"options", "tests", "refusals", "missing", "rules", "release"} <= set(plan)


def test_the_same_facts_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        run("-o", str(tmp_path / name), *TESTED)

    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_a_plan_is_printed_in_a_few_lines(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["plan", "-o", str(tmp_path), "--no-passages", *TESTED])

    assert "option (strong): Radiotherapy, then PCV" in done.stdout
    assert "It informs professionals and does not decide." in done.stdout
    assert str(tmp_path / "plan.html") in done.stdout


def test_a_result_gives_its_facts_and_its_predictions_stay_predictions(
    result: Path, tmp_path: Path
) -> None:
    run(str(result), "-o", str(tmp_path / "out"), "--known", "1p19q=codeleted")

    plan = written(tmp_path / "out")
    assert plan["case_id"] == "P1"
    assert plan["facts"]["age-years"] == "62"
    assert plan["facts"]["kps"] == "80"
    assert plan["facts"]["idh"] == "mutant"
    assert "grade" not in plan["facts"]
    assert "predicted-marker" in {refusal["refused"] for refusal in plan["refusals"]}
    assert [branch["marker"] for branch in plan["branches"]] == ["grade"]


def test_a_marker_told_otherwise_than_for_the_analysis_is_refused(
    result: Path, tmp_path: Path
) -> None:
    done = run(str(result), "-o", str(tmp_path / "out"), "--known", "idh=wildtype")

    assert isinstance(done.exception, InputError)
    assert "idh was told as mutant for the analysis and as wildtype now" in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_what_changed_since_the_analysis_may_be_told_anew(result: Path, tmp_path: Path) -> None:
    run(str(result), "-o", str(tmp_path / "out"), "--age", "63", "--kps", "60")

    assert facts_of(tmp_path / "out")["age-years"] == "63"
    assert facts_of(tmp_path / "out")["kps"] == "60"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--known", "colour=red"), "no such fact"),
        (("--known", "idh"), "fact=value"),
        (("--age", "300"), "0 to 120"),
        (("--sex", "x"), "give F or M or O"),
        (("--steroids", "much"), "give a number in mg"),
        (("--language", "tlh"), "en, es, zh|en, zh, es|zh"),
        (("--llm",), "GLIOSCOPE_LLM_URL"),
    ],
)
def test_what_can_not_be_used_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: str
) -> None:
    for name in ("GLIOSCOPE_LLM_URL", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)

    done = run("-o", str(tmp_path / "out"), *arguments)

    assert isinstance(done.exception, InputError)
    with pytest.raises(InputError, match=told):
        raise done.exception
    assert not (tmp_path / "out").exists()


def test_consent_to_research_alone_allows_no_plan_for_care(result: Path, tmp_path: Path) -> None:
    consent = {"allowed": ["research"], "recorded_by": "study nurse"}
    (result / "consent.json").write_text(json.dumps(consent), encoding="utf-8")

    done = run(str(result), "-o", str(tmp_path / "out"))

    assert isinstance(done.exception, ConsentError)
    assert not (tmp_path / "out").exists()


def test_without_the_extra_the_plan_is_whole_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "chromadb", None)  # as if it were not installed
    command = ["plan", "-o", str(tmp_path), "--store", str(tmp_path / "store"), *TESTED]

    done = CliRunner().invoke(app, command)

    assert done.exit_code == 0
    assert "Documents were not searched" in done.stdout
    assert written(tmp_path)["options"]


def test_a_damaged_index_does_not_keep_the_plan_from_the_board(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.write_text("no folder at all", encoding="utf-8")
    command = ["plan", "-o", str(tmp_path / "out"), "--store", str(store), *TESTED]

    done = CliRunner().invoke(app, command)

    assert done.exit_code == 0
    assert "Documents were not searched" in done.stdout
    assert written(tmp_path / "out")["options"]
