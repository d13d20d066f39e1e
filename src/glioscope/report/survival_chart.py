"""The predicted survival curve, drawn."""

from __future__ import annotations

from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glioscope.core import SurvivalCurve
from glioscope.report.assessment_words import CAUTION
from glioscope.report.charts import (
    BLUE,
    INK,
    LINE,
    SIZE,
    SOFT,
    WIDTH_INCHES,
    finished,
    plain_axes,
)
from glioscope.report.document import Picture
from glioscope.report.numbers import fixed
from glioscope.report.panels import FONT, white_figure
from glioscope.report.survival_words import BAND, chance_text, median_text, months

_CURVE_INCHES: Final = 3.7


def survival_picture(curve: SurvivalCurve) -> Picture:
    """Return the curve with its words."""
    what = (
        f"Predicted survival. Median {median_text(curve)}; alive after one year"
        f" {chance_text(curve.one_year)}, after two years {chance_text(curve.two_years)}"
    )
    figure, _ = survival_figure(curve)
    caption = f"{what}. {BAND}. {CAUTION}."
    return finished(figure, "survival_curve", f"{what}.", caption)


def survival_figure(curve: SurvivalCurve) -> tuple[Figure, Axes]:
    """Draw the curve with its band, what age and sex alone say, and the median."""
    figure = white_figure(WIDTH_INCHES, _CURVE_INCHES)
    axes = figure.add_axes((0.085, 0.145, 0.895, 0.83))
    time = [months(day) for day in curve.days]
    low, high, middle = (
        [100.0 * value for value in values] for values in (curve.low, curve.high, curve.survival)
    )
    axes.fill_between(time, low, high, color=BLUE, alpha=0.2, linewidth=0, label="90% band")
    axes.plot(time, middle, color=BLUE, linewidth=2.0, label="predicted")
    if curve.baseline:
        alone = [100.0 * value for value in curve.baseline]
        axes.plot(
            time, alone, color=INK, linewidth=1.4, linestyle=(0, (4, 2)), label="age and sex alone"
        )
    _mark_median(axes, curve)
    _finish_curve(axes, time[-1])
    return figure, axes


def _mark_median(axes: Axes, curve: SurvivalCurve) -> None:
    if curve.median_days is None:
        return
    at = months(curve.median_days)
    axes.plot([0.0, at, at], [50.0, 50.0, 0.0], color=SOFT, linewidth=0.9, linestyle=(0, (1, 2)))
    axes.annotate(
        f"median {fixed(at, 1)} months",
        (at, 0.0),
        xytext=(5, 6),
        textcoords="offset points",
        color=INK,
        fontsize=SIZE,
        fontfamily=FONT,
    )


def _finish_curve(axes: Axes, end_months: float) -> None:
    step = 6 if end_months <= 72 else 12
    axes.set_xticks(range(0, int(end_months) + 1, step))
    axes.set_yticks(range(0, 101, 25), [f"{value}%" for value in range(0, 101, 25)])
    axes.set_xlim(0.0, end_months)
    axes.set_ylim(0.0, 102.0)
    axes.grid(color=LINE, linewidth=0.6)
    plain_axes(axes)
    for set_label, text in (
        (axes.set_xlabel, "Months after the scan"),
        (axes.set_ylabel, "Alive"),
    ):
        set_label(text, fontsize=SIZE, fontfamily=FONT, color=INK)
    axes.legend(frameon=False, prop={"family": FONT, "size": SIZE}, labelcolor=INK)
