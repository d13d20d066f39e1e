"""A chart of what spoke for and against a prediction."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glioscope.core import Prediction, Reason, SurvivalCurve
from glioscope.report.assessment_words import TARGET_NAMES, outcome_name
from glioscope.report.charts import (
    BLUE,
    INK,
    LINE,
    ORANGE,
    SIZE,
    SOFT,
    WIDTH_INCHES,
    finished,
    plain_axes,
)
from glioscope.report.document import Picture
from glioscope.report.numbers import fixed
from glioscope.report.panels import FONT, white_figure
from glioscope.report.words import capitalized

_TEXT_INCHES: Final = 4.3
_WRAP: Final = 58
_LINE_INCHES: Final = 0.165
_FOOT_INCHES: Final = 0.56
_HEAD_INCHES: Final = 0.36


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What a bar to the left and one to the right mean.

    Args:
        left: Such as "against IDH-mutant".
        right: Such as "for IDH-mutant".
        unit: Of the bars.
    """

    left: str
    right: str
    unit: str


def reasons_picture(prediction: Prediction) -> Picture | None:
    """Draw what each group of inputs did; nothing where no reason is given."""
    if not prediction.reasons or prediction.explained is None:
        return None
    name = outcome_name(prediction.target, prediction.explained)
    sides = Sides(left=f"against {name}", right=f"for {name}", unit="log odds")
    what = f"{TARGET_NAMES[prediction.target]}: what spoke for and against {name}"
    ident = f"reasons_{prediction.target.name.lower()}"
    return _reasons(prediction.reasons, sides, ident, what)


def survival_reasons_picture(curve: SurvivalCurve) -> Picture | None:
    """Draw what each group of inputs did to the risk; nothing where no reason is given."""
    if not curve.reasons:
        return None
    sides = Sides(left="longer survival", right="shorter survival", unit="log hazard")
    what = "Overall survival: what spoke for a longer and for a shorter one"
    return _reasons(curve.reasons, sides, "reasons_survival", what)


def reasons_figure(reasons: tuple[Reason, ...], sides: Sides, title: str) -> tuple[Figure, Axes]:
    """Draw signed bars, the largest at the top, with the name and the words of each beside it."""
    texts = [textwrap.wrap(reason.text, _WRAP) or [""] for reason in reasons]
    heights = [_LINE_INCHES * (1 + len(lines)) + 0.11 for lines in texts]
    total = sum(heights)
    height = total + _HEAD_INCHES + _FOOT_INCHES
    figure = white_figure(WIDTH_INCHES, height)
    _text(figure, 1.0 - 0.06 / height, title, bold=True)
    left = _TEXT_INCHES / WIDTH_INCHES
    axes = figure.add_axes((left, _FOOT_INCHES / height, 0.985 - left, total / height))
    top = 0.0
    for reason, lines, high in zip(reasons, texts, heights, strict=True):
        _bar(axes, reason, top + high / 2, high)
        _words(figure, reason, lines, 1.0 - (_HEAD_INCHES + top) / height)
        top += high
    _finish_bars(axes, reasons, total, sides)
    return figure, axes


def _reasons(reasons: tuple[Reason, ...], sides: Sides, ident: str, what: str) -> Picture:
    figure, _ = reasons_figure(reasons, sides, what)
    told = "; ".join(f"{r.group} {_signed(r.contribution)} ({r.text})" for r in reasons)
    caption = (
        f"Each bar is the Shapley value of a group of inputs, in {sides.unit}: how far it moved"
        " this prediction from that of the average training patient."
    )
    return finished(figure, ident, f"{what}, in {sides.unit}: {told}.", caption)


def _bar(axes: Axes, reason: Reason, center: float, high: float) -> None:
    positive = reason.contribution >= 0
    axes.barh(
        center,
        reason.contribution,
        height=min(0.24, high - 0.1),
        color=BLUE if positive else ORANGE,
        hatch=None if positive else "////",
        edgecolor="white" if not positive else BLUE,
        linewidth=0.0,
    )
    axes.annotate(
        _signed(reason.contribution),
        (reason.contribution, center),
        xytext=(4 if positive else -4, 0),
        textcoords="offset points",
        ha="left" if positive else "right",
        va="center",
        color=INK,
        fontsize=SIZE,
        fontfamily=FONT,
    )


def _words(figure: Figure, reason: Reason, lines: list[str], top: float) -> None:
    step = _LINE_INCHES / float(figure.get_size_inches()[1])
    _text(figure, top, capitalized(reason.group), bold=True)
    for number, line in enumerate(lines, start=1):
        _text(figure, top - number * step, line)


def _text(figure: Figure, top: float, text: str, *, bold: bool = False) -> None:
    figure.text(
        0.012,
        top,
        text,
        ha="left",
        va="top",
        color=INK if bold else SOFT,
        fontsize=SIZE,
        fontfamily=FONT,
        fontweight="bold" if bold else "normal",
    )


def _finish_bars(axes: Axes, reasons: tuple[Reason, ...], total: float, sides: Sides) -> None:
    largest = max((abs(reason.contribution) for reason in reasons), default=0.0) or 1.0
    axes.set_xlim(-1.35 * largest, 1.35 * largest)
    axes.set_ylim(total, 0.0)
    axes.axvline(0.0, color=INK, linewidth=0.9)
    axes.set_yticks([])
    axes.locator_params(axis="x", nbins=6)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    plain_axes(axes)
    axes.spines["left"].set_visible(False)
    below = -0.42 / total
    options: dict[str, Any] = {
        "transform": axes.transAxes,
        "va": "center",
        "fontfamily": FONT,
        "fontsize": SIZE,
    }
    axes.text(0.475, below, f"◄ {sides.left}", ha="right", color=INK, **options)
    axes.text(0.525, below, f"{sides.right} ►", ha="left", color=INK, **options)


def _signed(contribution: float) -> str:
    text = fixed(contribution, 2)
    return f"+{text}" if contribution > 0 else text
