"""The command line judges runs, compares them, and still compares label files."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from glioscope.cli import app
from glioscope.core import InputError, Volume
from glioscope.io import write_volume
from glioscope.learning.runs.folder import RunFolder


def run_app(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--quiet"])


@pytest.fixture
def label_files(tmp_path: Path) -> tuple[Path, Path]:
    """Eight voxels of twelve that are the same: a Dice of 16 / (10 + 10)."""
    paths = []
    for name, start in (("prediction", 0), ("truth", 2)):
        data = np.zeros((20, 4, 4), dtype=np.uint8)
        data[start : start + 10, 1, 1] = 2
        paths.append(tmp_path / f"{name}.nii.gz")
        write_volume(Volume(data=data, affine=np.eye(4)), paths[-1])
    return paths[0], paths[1]


@pytest.mark.usefixtures("_data_is_there")
def test_a_run_is_judged_in_its_own_folder(run: RunFolder) -> None:
    result = run_app("evaluate", run.path, "--no-subsets", "--draws", "0", "--part", "validation")

    assert result.exception is None
    lines = result.output.splitlines()
    assert lines[0].startswith("validation cases: checkpoints may have been chosen")
    assert any(line.startswith("whole tumor ") for line in lines)
    assert lines[-1] == str(run.path / "evaluation-validation")
    assert (run.path / "evaluation-validation" / "table.md").is_file()


@pytest.mark.usefixtures("_data_is_there")
def test_scores_come_as_json_and_where_they_are_wanted(run: RunFolder, tmp_path: Path) -> None:
    asked = ("--no-subsets", "--draws", "0", "--best", "--json", "-o", tmp_path / "out")
    result = run_app("evaluate", run.path, *asked)

    content = json.loads(result.output)
    assert content == json.loads((tmp_path / "out" / "scores.json").read_text())
    assert content["runs"]["run"]["file"] == "train/best.ckpt"


@pytest.mark.usefixtures("_data_is_there")
def test_runs_are_compared(run: RunFolder, tmp_path: Path) -> None:
    shutil.copytree(run.path, tmp_path / "other")

    result = run_app("ablate", run.path, tmp_path / "other", "-o", tmp_path / "out")

    assert result.exception is None
    assert "1 case(s) of 1 patient(s) that all runs share" in result.output
    assert "less run" in result.output
    assert (tmp_path / "out" / "ablation.md").is_file()


def test_label_files_are_compared_as_before(label_files: tuple[Path, Path], tmp_path: Path) -> None:
    result = run_app("evaluate", *label_files, "-o", tmp_path / "scores.json", "--json")

    content = json.loads(result.output)
    assert content == json.loads((tmp_path / "scores.json").read_text())
    assert content["regions"]["whole_tumor"]["dice"]["mean"] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        (("--part", "test"), r"is no training run \(--part goes with runs\)"),
        (("--best", "--draws", "4"), r"\(--best, --draws goes with runs\)"),
    ],
)
def test_options_of_runs_are_refused_for_label_files(
    label_files: tuple[Path, Path], extra: tuple[str, ...], told: str
) -> None:
    result = run_app("evaluate", *label_files, *extra)

    assert isinstance(result.exception, InputError)
    with pytest.raises(InputError, match=told):
        raise result.exception


def test_a_folder_that_is_no_run_needs_a_truth(tmp_path: Path, run: RunFolder) -> None:
    alone = run_app("evaluate", tmp_path)
    several = run_app("evaluate", run.path, run.path)
    labels = run_app("evaluate", run.path, "--whole-tumor-only")

    assert "give PREDICTION and TRUTH, or runs" in str(alone.exception)
    assert "say by -o where their scores go" in str(several.exception)
    assert "--whole-tumor-only: goes with label files" in str(labels.exception)


def test_a_manifest_of_analyze_is_no_training_run(
    label_files: tuple[Path, Path], tmp_path: Path
) -> None:
    folders = [tmp_path / "mine", tmp_path / "experts"]
    for folder, labels in zip(folders, label_files, strict=True):
        (folder / "P").mkdir(parents=True)
        shutil.copy(labels, folder / "P" / "segmentation.nii.gz")
        (folder / "run.json").write_text(json.dumps({"config": {"model": "tumor"}}))

    result = run_app("evaluate", *folders)

    assert result.exception is None
    assert "whole_tumor" in result.output


def test_label_files_are_compared_without_torch(label_files: tuple[Path, Path]) -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from glioscope.cli import app; "
        f"done = CliRunner().invoke(app, ['evaluate', {str(label_files[0])!r},"
        f" {str(label_files[1])!r}]); "
        "print(done.exit_code, [n for n in ('torch', 'lightning', 'monai') if n in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == "0 []"
