"""What the experiments on prediction share: where tables lie, scores and their intervals."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glioscope.evaluation import Interval, auc, bootstrap_metric, paired_metric
from glioscope.learning.tables.lines import Bools, Floats
from glioscope.learning.tables.scores import expected_error, over_repeats

RESAMPLES = 1000
Row = dict[str, float | None]
"""Figures of one split by name; ``None`` where undefined."""


def tables() -> Path:
    """Return the folder of the tables."""
    return Path(os.environ.get("GLIOSCOPE_DATA", "../shared/data")) / "tables"


def figures(interval: Interval) -> list[float]:
    """Return value, low and high."""
    return [round(float(x), 4) for x in (interval.mean, interval.low, interval.high)]


def area(labels: Bools, columns: Floats) -> list[float]:
    """Return the AUC, the mean over the repeats, with its interval."""
    return figures(bootstrap_metric(over_repeats(auc), labels, columns, resamples=RESAMPLES))


def calibration_error(labels: Bools, columns: Floats) -> list[float]:
    """Return the error, and the range in which it lies if the probabilities are perfect.

    An interval over resampled patients would lie above the error, which is biased upward.
    """
    error, rng = over_repeats(expected_error), np.random.default_rng(0)
    perfect = [
        np.mean([expected_error(drawn < p, p) for p in columns.T])
        for drawn in rng.random((RESAMPLES, len(labels)))
    ]
    low, high = np.quantile(perfect, [0.025, 0.975])
    return [round(float(x), 4) for x in (error(labels, columns), low, high)]


def difference(labels: Bools, ours: Floats, theirs: Floats) -> list[float]:
    """Return how much greater the AUC of the one is."""
    metric = over_repeats(auc)
    return figures(
        paired_metric(metric, labels, ours=ours, theirs=theirs, resamples=RESAMPLES).difference
    )


def spread(values: Iterable[float | None]) -> list[float]:
    """Return mean, least and most of the splits where a figure is defined."""
    known = [value for value in values if value is not None]
    return [round(float(f(known)), 4) for f in (np.mean, np.min, np.max)]


def spreads(rows: Sequence[Row]) -> dict[str, list[float]]:
    """Return the spread of every column that is defined anywhere."""
    return {
        name: spread(row[name] for row in rows)
        for name in rows[0]
        if any(row[name] is not None for row in rows)
    }


def text(values: Sequence[float], digits: int = 3) -> str:
    """Return ``value (low to high)``."""
    value, low, high = (f"{x:.{digits}f}" for x in values)
    return f"{value} ({low} to {high})"


def rows_of(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(row) + " |" for row in (head, *rows)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:], ""])


def measure_and_print(
    description: str,
    measure: Callable[[], Any],
    markdown: Callable[[Any], str],
    results: Path,
) -> None:
    """Run one experiment from the command line, or print its last results only.

    Args:
        description: For ``--help``.
        measure: Returns what is written as JSON.
        markdown: Makes tables of it.
        results: The file.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--markdown", action="store_true", help="print the last results only")
    if not parser.parse_args().markdown:
        results.parent.mkdir(exist_ok=True)
        results.write_text(json.dumps(measure(), indent=1) + "\n", encoding="utf-8")
    print(markdown(json.loads(results.read_text(encoding="utf-8"))))
