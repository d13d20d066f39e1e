"""What all drawings share: their colors, their axes, and how they end."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from glioscope.core import InputError
from glioscope.evaluation.bootstrap import Interval
from glioscope.io import write_atomically

FONT: Final = "DejaVu Sans"
"""Comes with matplotlib, so that every machine draws the same."""

SIZE: Final = 9.0
DPI: Final = 150
INK: Final = "#1b1f24"
SOFT: Final = "#4c5561"
LINE: Final = "#cfd6de"
BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
COLORS: Final = (BLUE, ORANGE, "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000")
"""Of Okabe and Ito, told apart by who is color-blind."""

DASHES: Final[tuple[Any, ...]] = ("solid", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)))
"""So that lines are told apart without color too."""


def new_figure(width_inches: float, height_inches: float) -> Figure:
    """Return an empty white figure that no global state of matplotlib knows.

    Its parts are laid out so that no label is cut and none lies on another part.
    """
    figure = Figure(
        figsize=(width_inches, height_inches),
        dpi=DPI,
        facecolor="white",
        layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08),
    )
    FigureCanvasAgg(figure)
    return figure


def plain_axes(axes: Axes, *, grid: Literal["both", "x", "y"] | None = "both") -> None:
    """Leave only the left and the lower axis, in gray, above a faint grid."""
    axes.set_axisbelow(True)
    for name in ("top", "right"):
        axes.spines[name].set_visible(False)
    for name in ("left", "bottom"):
        axes.spines[name].set_color(SOFT)
    axes.tick_params(which="both", colors=SOFT, labelsize=8.5, labelfontfamily=FONT)
    if grid is not None:
        axes.grid(axis=grid, color=LINE, linewidth=0.6)


def name_axes(axes: Axes, *, across: str | None = None, up: str | None = None) -> None:
    """Say what the axes show, with the unit."""
    if across is not None:
        axes.set_xlabel(across, **words())
    if up is not None:
        axes.set_ylabel(up, **words())


def words(*, color: str = INK, size: float = SIZE) -> dict[str, Any]:
    """Return the options of a text."""
    return {"fontfamily": FONT, "fontsize": size, "color": color}


def error_bars(intervals: Sequence[Interval]) -> list[list[float]]:
    """Return how far each interval reaches below and above its mean.

    Rounding, and a metric that is no mean, can leave the mean just outside.
    """
    return [
        [max(interval.mean - interval.low, 0.0) for interval in intervals],
        [max(interval.high - interval.mean, 0.0) for interval in intervals],
    ]


def count_bars(
    axes: Axes, lefts: Sequence[float], widths: Sequence[float], counts: Sequence[int]
) -> None:
    """Draw how many lie in each bin, by powers of ten if they differ by as much."""
    axes.bar(lefts, counts, width=widths, align="edge", color=LINE, edgecolor=SOFT, linewidth=0.6)
    if max(counts) > 50 * min(counts):
        axes.set_yscale("log")
        axes.set_ylim(bottom=0.8)
    else:
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.locator_params(axis="y", nbins=4, integer=True)
    plain_axes(axes, grid="y")


def legend_below(figure: Figure, axes: Axes, *, columns: int = 1) -> None:
    """Explain the lines of the axes under the figure, where nothing is drawn."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=columns,
        frameon=False,
        prop={"family": FONT, "size": SIZE},
        labelcolor=INK,
    )


def drawing_bytes(figure: Figure, form: str = "png") -> bytes:
    """Return a drawing as a file's content; the same drawing gives the same bytes.

    Args:
        figure: By one of the functions of this package.
        form: ``png`` or ``svg``, whose letters are outlines and need no font.

    Raises:
        InputError: If the form is another.
    """
    empty = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
    if form not in empty:
        msg = f"drawing as {form!r}: unknown; choose one of {', '.join(empty)}"
        raise InputError(msg)
    stream = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "glioscope", "svg.fonttype": "path"}):
        figure.savefig(stream, format=form, dpi=DPI, facecolor="white", metadata=empty[form])
    return stream.getvalue()


def write_drawing(figure: Figure, path: Path) -> None:
    """Write a drawing whole or not at all; the form is what the name ends in.

    Raises:
        InputError: If the name ends in neither ``.png`` nor ``.svg``.
        OutputError: If it can't be written.
    """
    write_atomically(path, drawing_bytes(figure, path.suffix.removeprefix(".")))
