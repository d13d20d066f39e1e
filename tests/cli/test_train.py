"""`glioscope train`: one file, one folder, one line when something is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glioscope.cli.app import app
from glioscope.learning.data.split import Split
from glioscope.learning.phantom import phantom_cases
from glioscope.learning.runs import train as training
from glioscope.learning.runs.gather import Gathered

TOML = """
precision = "32-true"
[network]
name = "unet"
[network.config]
widths = [8, 8]
[[stage]]
epochs = 200
batch = 2
box = [16, 16, 16]
every = 2
[quick.stage]
steps = 4
"""


def glioscope(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("glioscope")), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(TOML, encoding="utf-8")
    return path


def test_a_quick_run_ends_with_the_path_of_its_network_and_tells_its_figures(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases, cache = phantom_cases(tmp_path / "cache", patients=3)
    one, two, three = (case.case_id for case in cases)
    gathered = Gathered(
        cases={case.case_id: case for case in cases},
        split=Split(parts={"train": (one, two), "validation": (three,)}),
        unlabelled=frozenset(),
        cache=cache,
    )
    monkeypatch.setattr(training, "gather", lambda *_, **__: gathered)
    run = tmp_path / "run"

    result = CliRunner().invoke(app, ["train", str(file), "--quick", "-o", str(run)])

    assert result.exit_code == 0, result.output
    assert result.stdout.strip() == str(run / "network.safetensors")
    assert "step 2 of 4: loss" in result.stderr
    assert "dice_WT" in result.stderr
    record = json.loads((run / "run.json").read_text())
    assert record["config"]["stages"][0]["steps"] == 4


def test_what_is_wrong_is_one_line_and_an_exit_code(file: Path, tmp_path: Path) -> None:
    for arguments, code, told in (
        (("train", tmp_path / "no.toml"), 2, "can't be read"),
        (("train", file, "--set", "stage.lr=3", "-o", tmp_path / "b"), 2, "give a list"),
        (("train", file, "-o", tmp_path / "a"), 2, "no data: name a folder by --data"),
    ):
        result = glioscope(*arguments)

        assert result.returncode == code, result.stderr
        assert told in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1
        assert result.stdout == ""
        assert sorted(entry.name for entry in tmp_path.iterdir()) == ["tiny.toml"]
