"""The score of every subset of the sequences, drawn."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glioscope.core import Sequence
from glioscope.evaluation.bootstrap import Interval
from glioscope.evaluation.drawings.canvas import (
    BLUE,
    INK,
    LINE,
    ORANGE,
    SOFT,
    error_bars,
    name_axes,
    new_figure,
    plain_axes,
    words,
)
from glioscope.evaluation.sequence_value import SEQUENCE_NAMES, SequenceValues, SubsetScore


def subsets_figure(
    values: SequenceValues, *, score: str = "Dice"
) -> tuple[Figure, tuple[Axes, Axes, Axes]]:
    """Draw the 15 subsets with intervals, the sequences of each below, and their values.

    The sequences stand as dots under their subset (an UpSet plot: Lex et al., TVCG 2014), and
    beside their dots the Shapley value of each.

    Args:
        values: Of ``sequence_values``.
        score: Name of the score, with its unit if it has one.
    """
    figure = new_figure(8.6, 4.6)
    grid = figure.add_gridspec(2, 2, height_ratios=(2.4, 1.0), width_ratios=(3.6, 1.0))
    upper = figure.add_subplot(grid[0, 0])
    matrix = figure.add_subplot(grid[1, 0], sharex=upper)
    shares = figure.add_subplot(grid[1, 1], sharey=matrix)
    _points(upper, [part.score for part in values.subsets])
    for place in _size_ends(values.subsets):
        for axes in (upper, matrix):
            axes.axvline(place, color=SOFT, linewidth=0.7)
    name_axes(upper, up=f"{score}\n(mean, 95% interval)")
    upper.tick_params(bottom=False, labelbottom=False)
    _dots(matrix, values.subsets)
    _shapley(shares, values)
    told = f"{values.full.patients} patient(s)"
    if values.left_out:
        told += f"\n{len(values.left_out)} case(s) left out: not\nscored on every subset"
    figure.add_subplot(grid[0, 1]).set_axis_off()
    figure.axes[-1].text(0.0, 0.98, told, va="top", **words(color=SOFT))
    return figure, (upper, matrix, shares)


def _points(axes: Axes, scores: list[Interval]) -> None:
    axes.errorbar(
        range(len(scores)),
        [score.mean for score in scores],
        yerr=error_bars(scores),
        color=BLUE,
        marker="o",
        markersize=5,
        linestyle="none",
        capsize=2.5,
        linewidth=1.2,
    )
    axes.set_xlim(-0.6, len(scores) - 0.4)
    plain_axes(axes, grid="y")


def _size_ends(subsets: tuple[SubsetScore, ...]) -> list[float]:
    """Return where subsets of one size end and larger ones begin."""
    sizes = [len(part.sequences) for part in subsets]
    return [place - 0.5 for place in range(1, len(sizes)) if sizes[place] > sizes[place - 1]]


def _dots(axes: Axes, subsets: tuple[SubsetScore, ...]) -> None:
    rows = {sequence: row for row, sequence in enumerate(Sequence)}
    for place, part in enumerate(subsets):
        held = [rows[sequence] for sequence in part.sequences]
        absent = [row for row in rows.values() if row not in held]
        axes.plot([place] * len(absent), absent, "o", color=LINE, markersize=7)
        axes.plot([place] * len(held), held, "o-", color=INK, markersize=7, linewidth=1.6)
    axes.set_yticks(list(rows.values()), [SEQUENCE_NAMES[sequence] for sequence in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    plain_axes(axes, grid=None)
    axes.tick_params(length=0, labelbottom=False)
    for name in ("left", "bottom"):
        axes.spines[name].set_visible(False)
    name_axes(axes, across="Sequences given")


def _shapley(axes: Axes, values: SequenceValues) -> None:
    intervals = [value.shapley for value in values.values]
    rows = range(len(intervals))
    axes.barh(
        rows,
        [interval.mean for interval in intervals],
        xerr=error_bars(intervals),
        height=0.55,
        color=ORANGE,
        ecolor=INK,
        error_kw={"linewidth": 1.1, "capsize": 2.0},
    )
    axes.axvline(0, color=SOFT, linewidth=0.9)
    axes.locator_params(axis="x", nbins=4)
    plain_axes(axes, grid="x")
    axes.tick_params(axis="y", length=0, labelleft=False)
    axes.spines["left"].set_visible(False)
    name_axes(axes, across="Shapley value")
