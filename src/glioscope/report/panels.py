"""One panel of a picture: a slice with outlines, letters and a scale bar, true to scale."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from PIL import Image

from glioscope.core import Label, Sequence
from glioscope.report.scene import Plane, Scene

FONT: Final = "DejaVu Sans"
DPI: Final = 150
BAR_MM: Final = 50.0
LEGEND_INCHES: Final = 0.36
WHITE: Final = "#FFFFFF"
_OUTLINE_LEVEL: Final = 0.7
"""Lines of neighboring regions lie inside their own region, not on each other."""

_HALO: Final = (withStroke(linewidth=2.2, foreground="black"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a label is drawn: colors of Okabe and Ito, and a line of its own."""

    label: Label
    name: str
    color: str
    dashes: tuple[float, tuple[float, ...]]


STYLES: Final = (
    Style(label=Label.EDEMA, name="edema", color="#56B4E9", dashes=(0.0, (5.0, 2.0))),
    Style(
        label=Label.NECROSIS,
        name="necrotic or non-enhancing core",
        color="#D55E00",
        dashes=(0.0, (1.2, 1.2)),
    ),
    Style(label=Label.ENHANCING, name="enhancing tumor", color="#F0E442", dashes=(0.0, ())),
)


def black_figure(width_inches: float, height_inches: float) -> Figure:
    """Return an empty picture that no global state of matplotlib knows."""
    return _figure(width_inches, height_inches, "black")


def white_figure(width_inches: float, height_inches: float) -> Figure:
    """Return the same for a chart."""
    return _figure(width_inches, height_inches, "white")


def _figure(width_inches: float, height_inches: float, ground: str) -> Figure:
    figure = Figure(figsize=(width_inches, height_inches), dpi=DPI, facecolor=ground)
    FigureCanvasAgg(figure)
    return figure


def place_panel(figure: Figure, box_inches: tuple[float, float, float, float]) -> Axes:
    """Add axes without frame at (left, bottom, width, height) in inches."""
    width, height = figure.get_size_inches()
    left, bottom, wide, high = box_inches
    axes = figure.add_axes((left / width, bottom / height, wide / width, high / height))
    axes.set_axis_off()
    return axes


def set_extent(axes: Axes, scene: Scene, plane: Plane) -> None:
    """Let the panel show the whole slice, in mm from the center of the first voxel."""
    columns, rows = plane.axes
    left, top = (-scene.spacing_mm[axis] / 2 for axis in (columns, rows))
    axes.set_xlim(left, left + scene.size_mm(columns))
    axes.set_ylim(top + scene.size_mm(rows), top)


def draw_slice(axes: Axes, scene: Scene, plane: Plane, index: int, sequence: Sequence) -> None:
    """Draw the image of one slice in gray."""
    low, high = scene.windows[sequence]
    image = scene.images[sequence].data.take(index, axis=plane.normal).T
    columns, rows = plane.axes
    left, top = (-scene.spacing_mm[axis] / 2 for axis in (columns, rows))
    axes.imshow(
        np.clip((image - low) / (high - low), 0.0, 1.0),
        cmap="gray",
        vmin=0.0,
        vmax=1.0,
        extent=(left, left + scene.size_mm(columns), top + scene.size_mm(rows), top),
        interpolation="bilinear",
        aspect="auto",
    )
    set_extent(axes, scene, plane)


def draw_outlines(
    axes: Axes, scene: Scene, plane: Plane, index: int, linewidth: float = 1.1
) -> None:
    """Draw the outline of each label in its color and its line."""
    labels = scene.labels.data.take(index, axis=plane.normal).T
    for style in STYLES:
        outline(axes, labels == style.label, scene, plane, style, linewidth)


def outline(
    axes: Axes,
    mask: npt.NDArray[np.bool_],
    scene: Scene,
    plane: Plane,
    style: Style,
    linewidth: float,
) -> None:
    """Draw the outline of one mask, shape (rows, columns); nothing where it is empty."""
    if not mask.any():
        return
    padded = np.pad(mask.astype(np.float32), 1)
    columns, rows = plane.axes
    axes.contour(
        (np.arange(padded.shape[1]) - 1) * scene.spacing_mm[columns],
        (np.arange(padded.shape[0]) - 1) * scene.spacing_mm[rows],
        padded,
        levels=[_OUTLINE_LEVEL],
        colors=[style.color],
        linestyles=[style.dashes],
        linewidths=[linewidth],
    )


def draw_letters(axes: Axes, plane: Plane, size: float = 9.0) -> None:
    """Write R, L, A, P, S, I at the edges that they lie at."""
    left, right, top, bottom = plane.letters
    places = ((0.02, 0.5, left), (0.98, 0.5, right), (0.5, 0.98, top), (0.5, 0.02, bottom))
    for x, y, letter in places:
        horizontal = {0.02: "left", 0.98: "right"}.get(x, "center")
        vertical = {0.02: "bottom", 0.98: "top"}.get(y, "center")
        axes.text(
            x,
            y,
            letter,
            transform=axes.transAxes,
            ha=horizontal,
            va=vertical,
            color=WHITE,
            fontsize=size,
            fontfamily=FONT,
            fontweight="bold",
            path_effects=list(_HALO),
            gid=f"letter-{letter}",
        )


def draw_scale_bar(axes: Axes) -> None:
    """Draw a bar of 5 cm in the lower right corner, in the mm of the panel."""
    right, bottom = axes.get_xlim()[1], axes.get_ylim()[0]
    x = np.array([right - 5.0 - BAR_MM, right - 5.0])
    y = np.full(2, bottom - 5.0)
    axes.plot(x, y, color=WHITE, linewidth=2.0, solid_capstyle="butt", gid="scale-bar")
    axes.text(
        float(x.mean()),
        float(y[0]) - 2.5,
        "5 cm",
        ha="center",
        va="bottom",
        color=WHITE,
        fontsize=7.5,
        fontfamily=FONT,
        path_effects=list(_HALO),
    )


def write_corner(axes: Axes, text: str, size: float = 8.0) -> None:
    """Write what the panel is into its upper left corner."""
    axes.text(
        0.02,
        0.98,
        text,
        transform=axes.transAxes,
        ha="left",
        va="top",
        color=WHITE,
        fontsize=size,
        fontfamily=FONT,
        path_effects=list(_HALO),
    )


def draw_legend(figure: Figure, present: Iterable[Style], extra: Iterable[Line2D] = ()) -> None:
    """Explain colors and lines below the panels."""
    handles = [
        Line2D([], [], color=s.color, linestyle=s.dashes, linewidth=2.0, label=s.name)
        for s in present
    ]
    handles += list(extra)
    if not handles:
        return
    figure.legend(
        handles=handles,
        loc="lower center",
        ncols=len(handles),
        frameon=False,
        labelcolor=WHITE,
        handlelength=3.2,
        borderaxespad=0.3,
        prop={"family": FONT, "size": 8.0},
    )


def styles_present(scene: Scene) -> tuple[Style, ...]:
    """Return the styles of the labels that the case has."""
    return tuple(style for style in STYLES if bool((scene.labels.data == style.label).any()))


def to_png(figure: Figure) -> tuple[bytes, int, int]:
    """Return the PNG without any metadata, its width and its height."""
    raw = io.BytesIO()
    figure.savefig(raw, format="rgba", dpi=DPI, facecolor=figure.get_facecolor())
    width, height = figure.canvas.get_width_height()
    pixels = np.frombuffer(raw.getvalue(), dtype=np.uint8).reshape(height, width, 4)
    pixels = np.ascontiguousarray(pixels[..., :3])
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG", compress_level=6)
    return stream.getvalue(), pixels.shape[1], pixels.shape[0]
