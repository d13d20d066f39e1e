"""A run's file is read strictly: what nobody knows is refused, saying what is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from glioscope.core import InputError, Sequence
from glioscope.learning.runs.reading import as_plain, config_from, read_config

TEXT = """
about = "a test"
[data]
folders = ["one"]
sequences = ["t1c", "flair"]
[network]
name = "unet"
[network.config]
widths = [8, 8]
[[stage]]
name = "first"
epochs = 200
lr = [1e-4, 1e-5]
[[stage]]
name = "second"
steps = 7
[quick.stage]
steps = 3
[quick.data]
grid = "brain-1.5mm"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "run.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_file_becomes_typed_values(file: Path) -> None:
    run = read_config(file)

    assert run.data.sequences == (Sequence.T1C, Sequence.FLAIR)
    assert [(s.name, s.epochs, s.steps) for s in run.stages] == [
        ("first", 200, 0),
        ("second", 0, 7),
    ]
    assert run.stages[0].lr == (1e-4, 1e-5)
    assert run.network.config == {"widths": [8, 8]}


def test_quick_replaces_values_of_every_stage_and_epochs_by_steps(file: Path) -> None:
    run = read_config(file, quick=True)

    assert [(s.epochs, s.steps) for s in run.stages] == [(0, 3), (0, 3)]
    assert run.data.grid == "brain-1.5mm"


def test_changes_of_the_command_line_come_last(file: Path) -> None:
    changes = ["stage.steps=5", "network.config.detail=4", "data.grid=brain-1mm", "seed=9"]
    run = read_config(file, quick=True, changes=changes, folders=["two"], tables=None)

    assert [s.steps for s in run.stages] == [5, 5]
    assert run.network.config["detail"] == 4
    assert run.data.grid == "brain-1mm"
    assert run.seed == 9
    assert run.data.folders == ("two",)


def test_a_run_survives_json(file: Path) -> None:
    run = read_config(file)

    assert config_from(as_plain(run), where="again") == run


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('name = "unet"', 'nam = "unet"', r"network: nam is not known; known: config, name, start"),
        ('"flair"]', '"flare"]', r"'flare' is not known; known: t1, t1c, t2, flair"),
        ("steps = 7", 'steps = "7"', r"steps = '7': give int, not str"),
        ("lr = [1e-4, 1e-5]", "lr = [1e-4]", r"lr = \[0.0001\]: give 2 values"),
        ("lr = [1e-4, 1e-5]", "lr = [1e-5, 1e-4]", r"a last that is not above it"),
        ("epochs = 200", "epochs = 200\nsteps = 1", r"stage 'first'.*give one of them"),
        ('name = "second"', 'name = "first"', r"give each a name of its own"),
        ("about =", "about", r"is no TOML"),
        ('"flair"]', '"t1c"]', r"give one or more, each once"),
    ],
)
def test_what_nobody_knows_is_refused(file: Path, before: str, after: str, told: str) -> None:
    file.write_text(TEXT.replace(before, after), encoding="utf-8")

    with pytest.raises(InputError, match=told):
        read_config(file)


def test_a_missing_file_a_missing_quick_section_and_a_bad_change_are_refused(
    file: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="can't be read"):
        read_config(tmp_path / "no.toml")
    with pytest.raises(InputError, match=r"write section\.key=value"):
        read_config(file, changes=["steps"])
    file.write_text(TEXT[: TEXT.index("[quick")], encoding="utf-8")
    with pytest.raises(InputError, match=r"no section \[quick\]"):
        read_config(file, quick=True)
