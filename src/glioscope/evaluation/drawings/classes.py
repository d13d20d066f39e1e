"""What a classifier gets right: its ROC curves and its confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glioscope.core import InputError
from glioscope.evaluation.bootstrap import Interval
from glioscope.evaluation.drawings.canvas import (
    COLORS,
    DASHES,
    INK,
    SOFT,
    legend_below,
    name_axes,
    new_figure,
    plain_axes,
    words,
)
from glioscope.evaluation.roc import RocCurve
from glioscope.evaluation.table import interval_text


def roc_figure(
    curves: Mapping[str, RocCurve], *, areas: Mapping[str, Interval] | None = None
) -> tuple[Figure, Axes]:
    """Draw ROC curves over each other, and the line of a coin.

    Args:
        curves: By name, such as that of a class or of a run; at least one.
        areas: Their AUC with intervals, by the same names; the area alone where there is none.

    Raises:
        InputError: If there is no curve.
    """
    if not curves:
        msg = "no ROC curve; give at least one"
        raise InputError(msg)
    figure = new_figure(4.6, 4.7 + 0.2 * len(curves))
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.9, linestyle=(0, (1, 2)))
    for place, (name, curve) in enumerate(curves.items()):
        interval = (areas or {}).get(name)
        area = f"{curve.area:.3f}" if interval is None else interval_text(interval)
        axes.plot(
            curve.false_positive_rate,
            curve.true_positive_rate,
            color=COLORS[place % len(COLORS)],
            linestyle=DASHES[place % len(DASHES)],
            linewidth=1.8,
            label=f"{name}: AUC {area}",
            clip_on=False,
        )
    axes.set_aspect("equal")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    plain_axes(axes)
    name_axes(
        axes,
        across="False positive rate (1 - specificity)",
        up="True positive rate (sensitivity)",
    )
    legend_below(figure, axes)
    return figure, axes


def confusion_figure(
    confusion: Sequence[Sequence[int]], classes: Sequence[str]
) -> tuple[Figure, Axes]:
    """Draw a confusion matrix: numbers of cases, shaded by their share of the true class.

    Args:
        confusion: A row is a true class, a column what it was called.
        classes: Names of the rows and columns.

    Raises:
        InputError: If the matrix is not square or has not as many rows as there are classes.
    """
    counts = np.asarray(confusion, dtype=np.int64)
    number = len(classes)
    if number == 0 or counts.shape != (number, number):
        msg = f"confusion matrix of shape {counts.shape} for {number} classes; give a row and a"
        msg += " column a class"
        raise InputError(msg)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    name_inches = 0.085 * max(map(len, classes))
    slant = 30 if number > 2 else 0
    high = 0.9 + 0.75 * number + (name_inches / 2 if slant else 0)
    figure = new_figure(0.9 + name_inches + 0.8 * number, high)
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        share = shares[row, column]
        told = f"{count}\n{100 * share:.0f}%" if counts[row].any() else "0"
        color = "white" if share > 0.55 else INK
        axes.text(column, row, told, ha="center", va="center", **words(color=color))
    axes.set_xticks(range(number), classes)
    if slant:
        for label in axes.get_xticklabels():
            label.set(rotation=slant, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(number), classes)
    plain_axes(axes, grid=None)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    name_axes(axes, across="Called", up="True class")
    return figure, axes
