"""Training curves hold what the trainer wrote."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from glioscope.core import InputError
from glioscope.evaluation.drawings import read_history, training_figure

Check = Callable[[Figure], None]

METRICS = """epoch,step,train_loss,val_dice_whole_tumor,val_loss,lr
0,9,1.5,,,0.001
0,19,nan,,,0.001
0,19,,0.4,1.2,
1,29,0.75,,,0.0005
1,39,,0.6,0.9,
"""


@pytest.fixture
def metrics(tmp_path: Path) -> Path:
    path = tmp_path / "metrics.csv"
    path.write_text(METRICS, encoding="utf-8")
    return path


def test_blank_cells_are_no_values(metrics: Path) -> None:
    history = read_history(metrics)

    assert list(history["val_loss"]) == [(19, 1.2), (39, 0.9)]
    assert list(history["val_dice_whole_tumor"]) == [(19, 0.4), (39, 0.6)]
    losses = np.array(history["train_loss"])
    np.testing.assert_array_equal(losses, [[9, 1.5], [19, math.nan], [29, 0.75]])
    assert set(history) == {"train_loss", "val_loss", "val_dice_whole_tumor", "lr"}


def test_losses_and_dice_have_a_panel_each(metrics: Path, check_words: Check) -> None:
    figure, (losses, dice) = training_figure(read_history(metrics))

    lines = {str(line.get_label()): np.asarray(line.get_xydata()) for line in losses.lines}
    assert set(lines) == {"train_loss", "val_loss"}
    assert lines["val_loss"].tolist() == [[19, 1.2], [39, 0.9]]
    (only,) = dice.lines
    assert only.get_label() == "val_dice_whole_tumor"
    assert [text.get_text() for text in losses.get_legend().get_texts()] == list(lines)  # type: ignore[union-attr]
    assert (losses.get_ylabel(), dice.get_ylabel()) == ("Loss", "Dice")
    assert dice.get_xlabel() == "Training step"
    assert dice.get_ylim()[0] == 0
    check_words(figure)


def test_a_training_without_dice_has_one_panel() -> None:
    _, panels = training_figure({"loss": ((0, 1.0), (1, 0.5)), "lr": ((0, 0.1),)})

    (losses,) = panels
    assert len(losses.lines) == 1
    assert losses.get_xlabel() == "Training step"


def test_long_lines_have_no_markers() -> None:
    long = tuple((float(step), 1.0) for step in range(100))

    _, (losses,) = training_figure({"train_loss": long, "val_loss": long[::10]})

    assert [line.get_marker() for line in losses.lines] == ["None", "o"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no row, or no column step"),
        ("epoch,loss\n1,2\n", "no row, or no column step"),
        ("step,loss\n1,2\n2,low\n", "'low' in line 3, column loss, is no number"),
    ],
)
def test_files_of_another_kind_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(InputError, match=f"metrics.csv: {message}"):
        read_history(path)


def test_what_cannot_be_read_or_drawn_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone.csv: can't be read \(No such file"):
        read_history(tmp_path / "gone.csv")
    with pytest.raises(InputError, match="columns lr; at least one must have loss or dice"):
        training_figure({"lr": ((0, 0.1),)})
