"""Figures of a run as a CSV file that a resumed run goes on with."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers.logger import Logger
from lightning.pytorch.utilities import rank_zero_only

from glioscope.core import InputError, OutputError
from glioscope.io import write_atomically

COLUMNS = ("stage", "step", "metric", "value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of ``metrics.csv``.

    Args:
        stage: Name of the stage.
        step: Optimizer steps of the stage that were done.
        metric: Such as ``train/loss`` or ``validation/dice_WT``.
        value: Of the metric.
    """

    stage: str
    step: int
    metric: str
    value: float


class MetricsCsv(Logger):
    """Appends one line a figure; lines behind the checkpoint of a resumed run are dropped.

    Args:
        path: The file, shared by all stages.
        stage: Name of the stage that is written now.
        done: Steps of the stage that are done already.
    """

    def __init__(self, path: Path, *, stage: str, done: int) -> None:
        super().__init__()
        self._path, self._stage = path, stage
        kept = [
            figure
            for figure in (read_figures(path) if path.exists() else [])
            if figure.stage != stage or figure.step <= done
        ]
        _rewrite(path, kept)

    @property
    def name(self) -> str:
        """What Lightning calls it."""
        return "csv"

    @property
    def version(self) -> int:
        """Always 0: a run has one file."""
        return 0

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Append one line a figure; Lightning counts steps from 0, the file those that are done."""
        rows = [
            (self._stage, (step or 0) + 1, name, repr(float(value)))
            for name, value in metrics.items()
            if name != "epoch"
        ]
        try:
            with self._path.open("a", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(rows)
        except OSError as error:
            msg = (
                f"{self._path.name} can't be written ({error.strerror}); the last checkpoint is"
                " whole: free some space and go on with --resume"
            )
            raise OutputError(msg) from error

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Lightning's
        """Write nothing: ``run.json`` holds the configuration."""


def read_figures(path: Path) -> list[Figure]:
    """Return the figures of a ``metrics.csv``, in their order.

    A last line that a kill cut off is dropped.

    Raises:
        InputError: If the file can't be read, or a line in its middle is none of it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        msg = f"{path} can't be read ({error.strerror}); name the folder of a run"
        raise InputError(msg) from error
    whole = text[: text.rfind("\n") + 1]
    found = []
    for number, row in enumerate(csv.reader(whole.splitlines()), start=1):
        if number == 1:
            continue
        try:
            stage, step, metric, value = row
            found.append(Figure(stage=stage, step=int(step), metric=metric, value=float(value)))
        except ValueError as error:
            msg = f"{path.name}, line {number} is no figure of a run; restore the file"
            raise InputError(msg) from error
    return found


def last_value(figures: Iterable[Figure], metric: str) -> float | None:
    """Return the last finite value of a metric, or ``None`` where there is none."""
    values = [f.value for f in figures if f.metric == metric and math.isfinite(f.value)]
    return values[-1] if values else None


def _rewrite(path: Path, figures: Iterable[Figure]) -> None:
    rows = [f"{f.stage},{f.step},{f.metric},{f.value!r}" for f in figures]
    write_atomically(path, ("\n".join([",".join(COLUMNS), *rows]) + "\n").encode())
