import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glioscope import __version__
from glioscope.cli import app

COMMANDS = (
    "analyze",
    "export",
    "fetch",
    "send",
    "listen",
    "deidentify",
    "reidentify",
    "audit",
    "prepare",
    "segment",
    "measure",
    "predict",
    "evaluate",
    "ablate",
    "leakage",
    "train",
    "models",
    "simulate",
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "glioscope", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_help_names_every_command_and_the_exit_codes() -> None:
    result = CliRunner().invoke(app, ["--help"])

    assert result.exit_code == 0
    assert all(command in result.output for command in COMMANDS)
    assert "Exit codes" in result.output
    assert "not a medical device" in result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])

    assert result.exit_code == 0
    assert "Usage" in result.output


def test_the_version_is_printed() -> None:
    result = CliRunner().invoke(app, ["--version"])

    assert result.output.strip() == __version__


def test_a_folder_that_is_not_there_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    result = run("analyze", str(tmp_path / "nobody"), "-o", str(tmp_path / "out"))

    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "nobody" in result.stderr
    assert not (tmp_path / "out").exists()


def test_an_empty_folder_is_refused_in_json_too(tmp_path: Path) -> None:
    (tmp_path / "patient").mkdir()

    result = run("analyze", str(tmp_path / "patient"), "-o", str(tmp_path / "out"), "--json")

    failure = json.loads(result.stdout)
    assert result.returncode == 2
    assert failure["status"] == "failed"
    assert failure["exit_code"] == 2


def test_an_output_inside_the_input_is_refused(tmp_path: Path) -> None:
    (tmp_path / "patient").mkdir()
    (tmp_path / "patient" / "note.txt").write_text("no image", encoding="utf-8")

    result = run("analyze", str(tmp_path / "patient"), "-o", str(tmp_path / "patient" / "out"))

    assert result.returncode == 2
    assert not (tmp_path / "patient" / "out").exists()


def test_a_sex_that_dicom_does_not_know_is_refused(tmp_path: Path) -> None:
    result = run("analyze", str(tmp_path), "-o", str(tmp_path / "out"), "--sex", "W")

    assert result.returncode == 2
    assert "F, M or O" in result.stderr


def test_shipped_models_are_listed_with_license_and_card() -> None:
    result = CliRunner().invoke(app, ["models", "--json"])

    models = {model["name"]: model for model in json.loads(result.output)}
    assert {"tumor", "brain", "atlas"} <= set(models)
    assert all(Path(model["card"]).is_file() for model in models.values())
    assert sum(model["size_mb"] for model in models.values()) <= 30.0


def test_help_does_not_load_the_rooms() -> None:
    code = (
        "import sys; from glioscope.cli import app; "
        "print([n for n in ('SimpleITK', 'openvino', 'torch', 'scipy', 'nibabel')"
        " if n in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--age", "60"), "--patients TABLE.csv"),
        (("--known", "idh=mutant"), "--patients TABLE.csv"),
        (("--patients", "nobody.csv"), "nobody.csv"),
    ],
)
def test_what_holds_for_one_patient_is_not_taken_for_a_cohort(
    tmp_path: Path, options: tuple[str, ...], why: str
) -> None:
    for name in ("P1", "P2"):
        (tmp_path / "cohort" / name).mkdir(parents=True)
        (tmp_path / "cohort" / name / "t1c.nii.gz").write_bytes(b"none")

    result = run("analyze", str(tmp_path / "cohort"), "-o", str(tmp_path / "out"), *options)

    assert result.returncode == 2
    assert why in result.stderr
    assert not (tmp_path / "out").exists()
