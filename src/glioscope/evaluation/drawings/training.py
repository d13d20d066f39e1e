"""How a training went: loss and Dice by step."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glioscope.core import InputError
from glioscope.evaluation.drawings.canvas import (
    COLORS,
    DASHES,
    FONT,
    INK,
    SIZE,
    name_axes,
    new_figure,
    plain_axes,
)

Points = tuple[tuple[float, float], ...]

# A line of few points is read by its points.
_MARKED = 40


def read_history(path: Path) -> Mapping[str, Points]:
    """Return what a trainer wrote to its ``metrics.csv``: step and value, by column.

    Args:
        path: CSV with a column ``step``; a blank cell is a value that was not taken then, and
            one that is not finite stays in, as a gap of the line.

    Raises:
        InputError: If the file can't be read, has no ``step`` or a cell is no number.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        msg = f"{path.name}: can't be read ({reason}); give the metrics.csv of a run"
        raise InputError(msg) from error
    if not rows or "step" not in rows[0]:
        msg = f"{path.name}: no row, or no column step; give the metrics.csv of a run"
        raise InputError(msg)
    found: dict[str, list[tuple[float, float]]] = {}
    for line, row in enumerate(rows, start=2):
        step = _number(row["step"], path, line, "step")
        for name in row:
            value = _number(row[name], path, line, name)
            if name not in {"step", "epoch"} and value is not None and step is not None:
                found.setdefault(name, []).append((step, value))
    return {name: tuple(points) for name, points in found.items()}


def training_figure(history: Mapping[str, Points]) -> tuple[Figure, tuple[Axes, ...]]:
    """Draw the losses by step and below them the Dice; a panel without a line is left out.

    Args:
        history: Of ``read_history``; columns that have neither ``loss`` nor ``dice`` in their
            names are not drawn.

    Raises:
        InputError: If no column is a loss or a Dice.
    """
    panels = {
        title: {name: points for name, points in history.items() if word in name.lower()}
        for word, title in (("loss", "Loss"), ("dice", "Dice"))
    }
    drawn = {title: lines for title, lines in panels.items() if lines}
    if not drawn:
        msg = f"columns {', '.join(history) or 'none'}; at least one must have loss or dice in"
        msg += " its name"
        raise InputError(msg)
    figure = new_figure(8.0, 0.5 + 2.5 * len(drawn))
    found = figure.subplots(len(drawn), sharex=True, squeeze=False)[:, 0]
    for axes, (title, lines) in zip(found, drawn.items(), strict=True):
        _draw(axes, lines)
        name_axes(axes, up=title)
    if "Dice" in drawn:
        found[-1].set_ylim(0, 1.02)
    name_axes(found[-1], across="Training step")
    return figure, tuple(found)


def _draw(axes: Axes, lines: Mapping[str, Points]) -> None:
    for place, (name, points) in enumerate(lines.items()):
        steps, values = zip(*points, strict=True)
        axes.plot(
            steps,
            values,
            color=COLORS[place % len(COLORS)],
            linestyle=DASHES[place % len(DASHES)],
            linewidth=1.4,
            marker="o" if len(points) <= _MARKED else None,
            markersize=3.5,
            label=name,
        )
    plain_axes(axes)
    # Beside the axes, where no line runs through it.
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        frameon=False,
        prop={"family": FONT, "size": SIZE},
        labelcolor=INK,
    )


def _number(cell: str | None, path: Path, line: int, column: str) -> float | None:
    if cell is None or not cell.strip():
        return None
    try:
        value = float(cell)
    except ValueError as error:
        msg = f"{path.name}: {cell!r} in line {line}, column {column}, is no number; give the"
        msg += " metrics.csv of a run"
        raise InputError(msg) from error
    return value if math.isfinite(value) else math.nan
