"""Whether a model is as right as it is sure, and unsure where it is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glioscope.core import InputError
from glioscope.evaluation.bootstrap import Interval
from glioscope.evaluation.calibration import ReliabilityBin
from glioscope.evaluation.drawings.canvas import (
    BLUE,
    ORANGE,
    SOFT,
    count_bars,
    error_bars,
    legend_below,
    name_axes,
    new_figure,
    plain_axes,
    words,
)
from glioscope.evaluation.table import interval_text
from glioscope.evaluation.voxel_calibration import UncertaintyBin


def reliability_figure(
    bins: Sequence[ReliabilityBin],
    *,
    error: Interval | None = None,
    predicted: str = "Mean confidence",
    observed: str = "Share right",
    counted: str = "Voxels",
) -> tuple[Figure, tuple[Axes, Axes]]:
    """Draw what was observed against what was predicted, and how many below.

    Args:
        bins: Of ``voxel_calibration`` or, with other names of the axes, ``calibration``.
        error: The expected calibration error, told in the picture.
        predicted: Name of the axis across.
        observed: Name of the axis up.
        counted: What the counts are of.

    Raises:
        InputError: If there is no bin.
    """
    if not bins:
        msg = "no bin of predictions; give at least one"
        raise InputError(msg)
    figure = new_figure(4.6, 5.4)
    upper, lower = figure.subplots(2, sharex=True, height_ratios=(3.2, 1.0))
    # Confidence in the likelier of two classes is never below one half.
    start = 0.5 if min(part.mean_probability for part in bins) >= 0.5 else 0.0
    upper.plot(
        [start, 1], [start, 1], color=SOFT, linewidth=0.9, linestyle=(0, (1, 2)), label="perfect"
    )
    across = [part.mean_probability for part in bins]
    up = [part.observed for part in bins]
    upper.vlines(across, across, up, color=ORANGE, linewidth=2.4, label="gap")
    upper.plot(across, up, "o-", color=BLUE, markersize=4.5, label="observed", clip_on=False)
    if error is not None:
        upper.set_title(f"ECE {interval_text(error)}", loc="left", **words())
    upper.set_xlim(start, 1)
    upper.set_ylim(min(start, *up) if start else 0, 1.02)
    count_bars(
        lower,
        [part.low for part in bins],
        [part.high - part.low for part in bins],
        [part.count for part in bins],
    )
    plain_axes(upper)
    name_axes(upper, up=observed)
    name_axes(lower, across=predicted, up=counted)
    legend_below(figure, upper, columns=3)
    return figure, (upper, lower)


def uncertainty_figure(
    bins: Sequence[UncertaintyBin], *, unit: str = "nats"
) -> tuple[Figure, tuple[Axes, Axes]]:
    """Draw error rate and calibration error against epistemic uncertainty, and counts below.

    The bins stand at equal distances, for uncertainties differ by powers of ten.

    Args:
        bins: Of ``uncertainty_quality``.
        unit: Of the uncertainty.

    Raises:
        InputError: If there is no bin.
    """
    if not bins:
        msg = "no bin of uncertainty; give at least one"
        raise InputError(msg)
    figure = new_figure(6.4, 4.8)
    upper, lower = figure.subplots(2, sharex=True, height_ratios=(3.0, 1.0))
    series = (
        ("error rate", [part.error_rate for part in bins], BLUE, "o", -0.07),
        ("ECE", [part.expected_calibration_error for part in bins], ORANGE, "s", 0.07),
    )
    for name, intervals, color, marker, shift in series:
        upper.errorbar(
            [place + shift for place in range(len(bins))],
            [interval.mean for interval in intervals],
            yerr=error_bars(intervals),
            color=color,
            marker=marker,
            markersize=4.5,
            linewidth=1.2,
            capsize=2.5,
            label=f"{name} [95% interval over patients]",
        )
    upper.set_ylim(bottom=0)
    places = range(len(bins))
    count_bars(
        lower,
        [place - 0.35 for place in places],
        [0.7] * len(bins),
        [part.count for part in bins],
    )
    lower.set_xticks(places, [_short(part.mean_uncertainty) for part in bins])
    plain_axes(upper)
    name_axes(upper, up="Error rate, ECE (0 to 1)")
    name_axes(lower, across=f"Mean epistemic uncertainty ({unit})", up="Voxels")
    legend_below(figure, upper, columns=2)
    return figure, (upper, lower)


def _short(value: float) -> str:
    return f"{value:.2g}" if value >= 1e-3 or value == 0 else f"{value:.0e}"
