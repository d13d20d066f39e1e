"""Figures of a run survive a kill, without a line twice."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from glioscope.core import InputError
from glioscope.learning.runs.metrics import Figure, MetricsCsv, last_value, read_figures


def test_figures_are_appended_with_the_steps_that_are_done(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    logger = MetricsCsv(path, stage="a", done=0)
    logger.log_metrics({"train/loss": 0.1 + 0.2, "epoch": 0.0}, step=9)

    assert read_figures(path) == [
        Figure(stage="a", step=10, metric="train/loss", value=0.30000000000000004)
    ]


def test_a_resumed_stage_drops_what_lies_behind_its_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    MetricsCsv(path, stage="a", done=0).log_metrics({"loss": 1.0}, step=99)
    second = MetricsCsv(path, stage="b", done=0)
    for step in (9, 19, 29):
        second.log_metrics({"loss": float(step)}, step=step)
    MetricsCsv(path, stage="b", done=20)

    assert [(f.stage, f.step) for f in read_figures(path)] == [("a", 100), ("b", 10), ("b", 20)]


def test_a_line_that_a_kill_cut_off_is_dropped_and_a_broken_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    MetricsCsv(path, stage="a", done=0).log_metrics({"loss": 1.0}, step=0)
    path.write_text(path.read_text() + "a,2,lo", encoding="utf-8")
    assert [f.step for f in read_figures(path)] == [1]

    path.write_text("stage,step,metric,value\nnot,a,line\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2 is no figure"):
        read_figures(path)
    with pytest.raises(InputError, match="name the folder of a run"):
        read_figures(tmp_path / "no.csv")


def test_the_last_value_skips_what_is_not_finite() -> None:
    figures = [
        Figure(stage="a", step=n, metric="dice", value=value)
        for n, value in enumerate((0.1, 0.5, math.nan))
    ]

    assert last_value(figures, "dice") == 0.5
    assert last_value(figures, "loss") is None
