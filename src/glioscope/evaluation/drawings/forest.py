"""Runs and their differences to the reference, drawn."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from glioscope.core import InputError
from glioscope.evaluation.ablation import Ablation
from glioscope.evaluation.bootstrap import Interval
from glioscope.evaluation.drawings.canvas import (
    BLUE,
    FONT,
    INK,
    SIZE,
    SOFT,
    name_axes,
    new_figure,
    plain_axes,
    words,
)
from glioscope.evaluation.table import interval_text


def ablation_figure(
    ablation: Ablation, metric: str, *, label: str | None = None
) -> tuple[Figure, tuple[Axes, Axes]]:
    """Draw the score of each run and beside it how much it differs from the reference.

    A filled dot is a difference whose interval is clear of 0, a hollow one is not.

    Args:
        ablation: Of ``compare_runs``.
        metric: Which of its metrics.
        label: What to call it, with its unit; its name unless given.

    Raises:
        InputError: If there is no such metric.
    """
    if metric not in ablation.metrics:
        msg = f"metric {metric!r}: not scored; choose one of {', '.join(ablation.metrics)}"
        raise InputError(msg)
    runs = ablation.metrics[metric]
    figure = new_figure(8.6, 1.45 + 0.32 * len(runs))
    scores, differences = figure.subplots(1, 2, sharey=True)
    for row, part in enumerate(runs):
        _interval(scores, row, part.score, filled=True, signed=False)
        if part.difference is not None:
            found = part.difference.difference
            clear = found.low > 0 or found.high < 0
            _interval(differences, row, found, filled=clear, signed=True)
    differences.text(
        1.02,
        0,
        "reference",
        transform=differences.get_yaxis_transform(),
        va="center",
        **words(color=SOFT),
    )
    differences.axvline(0, color=INK, linewidth=0.9)
    scores.axvline(runs[0].score.mean, color=SOFT, linewidth=0.9, linestyle=(0, (1, 2)))
    scores.set_yticks(range(len(runs)), [part.run for part in runs])
    scores.set_ylim(len(runs) - 0.5, -0.5)
    for axes in (scores, differences):
        axes.margins(x=0.1)
        axes.locator_params(axis="x", nbins=4)
        plain_axes(axes, grid="x")
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
    name = label or metric
    name_axes(scores, across=f"{name} (mean, 95% interval)")
    name_axes(differences, across=f"{name} less that of {ablation.reference}")
    _explain(figure)
    return figure, (scores, differences)


def _explain(figure: Figure) -> None:
    kinds = {"interval of the difference clear of 0": BLUE, "not clear of 0": "white"}
    handles = [
        Line2D([], [], color=BLUE, marker="o", markersize=6, markerfacecolor=inside, label=label)
        for label, inside in kinds.items()
    ]
    figure.legend(
        handles=handles,
        loc="outside lower right",
        ncols=2,
        frameon=False,
        prop={"family": FONT, "size": SIZE},
        labelcolor=INK,
    )


def _interval(axes: Axes, row: int, interval: Interval, *, filled: bool, signed: bool) -> None:
    axes.plot([interval.low, interval.high], [row, row], color=BLUE, linewidth=1.6)
    axes.plot(
        [interval.mean],
        [row],
        marker="o",
        markersize=6,
        color=BLUE,
        markerfacecolor=BLUE if filled else "white",
    )
    axes.text(
        1.02,
        row,
        interval_text(interval, signed=signed).replace("-", "\N{MINUS SIGN}"),
        transform=axes.get_yaxis_transform(),
        va="center",
        **words(size=8.0),
    )
