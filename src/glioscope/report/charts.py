"""What the charts of the predictions share: their colors, their axes, and how they end."""

from __future__ import annotations

from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glioscope.report.document import Picture
from glioscope.report.panels import FONT, to_png

WIDTH_INCHES: Final = 8.6
SIZE: Final = 9.0
INK: Final = "#1b1f24"
SOFT: Final = "#4c5561"
LINE: Final = "#cfd6de"
BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
"""Of Okabe and Ito, like the outlines of the other pictures."""


def plain_axes(axes: Axes) -> None:
    """Leave only the left and the lower axis, in gray, above a faint grid."""
    axes.set_axisbelow(True)
    for name in ("top", "right"):
        axes.spines[name].set_visible(False)
    for name in ("left", "bottom"):
        axes.spines[name].set_color(SOFT)
    axes.tick_params(colors=SOFT, labelsize=8.5, labelfontfamily=FONT)


def finished(figure: Figure, name: str, alt: str, caption: str) -> Picture:
    """Return a chart with its words."""
    png, width_px, height_px = to_png(figure)
    return Picture(
        name=name, png=png, width_px=width_px, height_px=height_px, alt=alt, caption=caption
    )
