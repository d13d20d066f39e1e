"""One slice with the outlines of the segmentation, as a radiologist looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from io import BytesIO
from typing import Final

import nibabel as nib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from glioscope.core import REGION_LABELS, Region, Volume, region_mask
from glioscope.io.dicom_out.segments import COLORS
from glioscope.io.results.measured import REGION_NAMES

_DPI: Final = 100
_WIDTH_PX: Final = 800
_PANEL_PX: Final = 800
_BAND_PX: Final = 112
"""Below the slice, for the legend: every picture has one size, as old viewers want of a series."""

_OUTLINED: Final = (Region.ED, Region.NCR, Region.ET)
_LEVEL: Final = 0.7
"""Lines of neighboring labels lie inside their own, not on each other."""

_BRIGHTEST_PERCENTILE: Final = 97.5
"""Of the head: the fat of the scalp may saturate so that the brain is seen."""
_SMALLEST_CORE_ML: Final = 0.1
_HALO: Final = (withStroke(linewidth=2.2, foreground="black"),)


class Plane(Enum):
    """A plane: its axis, its columns and rows, and the letters at its left, right, top, bottom."""

    AXIAL = (2, 0, 1, ("R", "L", "A", "P"))
    CORONAL = (1, 0, 2, ("R", "L", "S", "I"))
    SAGITTAL = (0, 1, 2, ("A", "P", "S", "I"))

    @property
    def normal(self) -> int:
        """The axis that the plane is perpendicular to."""
        return self.value[0]

    @property
    def axes(self) -> tuple[int, int]:
        """The axes along the columns (left to right) and the rows (top to bottom)."""
        return self.value[1:3]

    @property
    def letters(self) -> tuple[str, str, str, str]:
        """Left, right, top, bottom."""
        return self.value[3]

    @property
    def patient_orientation(self) -> list[str]:
        """PatientOrientation: where rows and columns run to, with DICOM's F for the feet."""
        return [self.letters[1], self.letters[3].replace("I", "F")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """An image and its labels, both from the patient's right to left, front to back, top down.

    Args:
        image: Intensities.
        labels: Integers of ``Label`` on the same grid.
    """

    image: Volume
    labels: Volume

    @property
    def window(self) -> tuple[float, float]:
        """Darkest and brightest intensity."""
        data = self.image.data
        head = data[data > data.mean()]
        if not head.size:
            return (float(data.min()) - 1.0, float(data.max()))
        return (float(data.min()), float(np.percentile(head, _BRIGHTEST_PERCENTILE)))

    @property
    def shown(self) -> Region | None:
        """The region whose largest cross-section is shown; ``None`` without a tumor."""
        core = float(region_mask(self.labels, Region.TC).data.sum())
        if core * self.labels.voxel_volume_ml >= _SMALLEST_CORE_ML:
            return Region.TC
        return Region.WT if self.labels.data.any() else None

    def best_slice(self, plane: Plane) -> int:
        """Return the slice with the largest cross-section; the middle one without a tumor."""
        if self.shown is None:
            return self.labels.shape[plane.normal] // 2
        return int(region_mask(self.labels, self.shown).data.sum(axis=plane.axes).argmax())


def as_seen(volume: Volume) -> Volume:
    """Turn the axes to run left, back and down; an oblique grid to the nearest such order."""
    target = nib.orientations.axcodes2ornt(("L", "P", "I"))
    turn = nib.orientations.ornt_transform(nib.orientations.io_orientation(volume.affine), target)
    return Volume(
        data=nib.orientations.apply_orientation(volume.data, turn),
        affine=volume.affine @ nib.orientations.inv_ornt_aff(turn, volume.shape),
    )


def draw_slice(
    scene: Scene, plane: Plane, *, title: str, legend: Mapping[Region, str], footer: str
) -> npt.NDArray[np.uint8]:
    """Draw one slice, true to scale whatever the voxels' shape.

    Args:
        scene: What is drawn.
        plane: Which way; through the largest cross-section.
        title: Into the upper left corner.
        legend: Text by region, in the color of its line.
        footer: Last line.

    Returns:
        RGB, shape ``(912, 800, 3)``.
    """
    size = (_WIDTH_PX / _DPI, (_PANEL_PX + _BAND_PX) / _DPI)
    figure = Figure(figsize=size, dpi=_DPI, facecolor="black")
    FigureCanvasAgg(figure)
    axes = _panel(figure, scene, plane)
    index = scene.best_slice(plane)
    low, high = scene.window
    extent = (*axes.get_xlim(), *axes.get_ylim())
    image = scene.image.data.take(index, axis=plane.normal).T
    axes.imshow(image, cmap="gray", vmin=low, vmax=high, extent=extent, interpolation="bilinear")
    for region in _OUTLINED:
        _outline(axes, scene, plane, index, region)
    _write_letters(figure, plane)
    _write(figure, (0.015, 0.985), title)
    _write_legend(figure, legend, footer)
    return _pixels(figure)


def _pixels(figure: Figure) -> npt.NDArray[np.uint8]:
    raw = BytesIO()
    figure.savefig(raw, format="rgba", dpi=_DPI, facecolor="black")
    pixels = np.frombuffer(raw.getvalue(), dtype=np.uint8)
    return np.ascontiguousarray(pixels.reshape(_PANEL_PX + _BAND_PX, _WIDTH_PX, 4)[..., :3])


def _panel(figure: Figure, scene: Scene, plane: Plane) -> Axes:
    """Add axes in mm from the first voxel's edge, as large as fits."""
    wide_mm, high_mm = (
        scene.image.shape[axis] * scene.image.spacing_mm[axis] for axis in plane.axes
    )
    scale = min(_WIDTH_PX / wide_mm, _PANEL_PX / high_mm)
    total = _PANEL_PX + _BAND_PX
    width, height = wide_mm * scale / _WIDTH_PX, high_mm * scale / total
    bottom = _BAND_PX / total + (_PANEL_PX / total - height) / 2
    axes = figure.add_axes(((1 - width) / 2, bottom, width, height))
    axes.set_axis_off()
    axes.set_xlim(0.0, wide_mm)
    axes.set_ylim(high_mm, 0.0)
    return axes


def _outline(axes: Axes, scene: Scene, plane: Plane, index: int, region: Region) -> None:
    labels = scene.labels.data.take(index, axis=plane.normal).T
    mask = np.isin(labels, [int(label) for label in REGION_LABELS[region]])
    if not mask.any():
        return
    padded = np.pad(mask.astype(np.float32), 1)
    columns_mm, rows_mm = (scene.labels.spacing_mm[axis] for axis in plane.axes)
    axes.contour(
        (np.arange(padded.shape[1]) - 0.5) * columns_mm,
        (np.arange(padded.shape[0]) - 0.5) * rows_mm,
        padded,
        levels=[_LEVEL],
        colors=[_color(region)],
        linewidths=[1.4],
    )


def _write_letters(figure: Figure, plane: Plane) -> None:
    band = _BAND_PX / (_PANEL_PX + _BAND_PX)
    middle = band + (1 - band) / 2
    places = (
        (0.015, middle, "left", "center"),
        (0.985, middle, "right", "center"),
        (0.5, 0.985, "center", "top"),
        (0.5, band + 0.01, "center", "bottom"),
    )
    for (x, y, across, along), letter in zip(places, plane.letters, strict=True):
        _write(figure, (x, y), letter, align=(across, along), bold=True)


def _write_legend(figure: Figure, legend: Mapping[Region, str], footer: str) -> None:
    for number, (region, text) in enumerate(legend.items()):
        row, column = divmod(number, 2)
        color = _color(region) if region in _OUTLINED else (1.0, 1.0, 1.0)
        place = (0.015 + column / 2, 0.118 - 0.032 * row)
        _write(figure, place, f"{REGION_NAMES[region]} {text}", color=color)
    _write(figure, (0.015, 0.012), footer, align=("left", "bottom"))


def _color(region: Region) -> tuple[float, float, float]:
    red, green, blue = (part / 255 for part in COLORS[region])
    return (red, green, blue)


def _write(
    figure: Figure,
    place: tuple[float, float],
    text: str,
    *,
    align: tuple[str, str] = ("left", "top"),
    bold: bool = False,
    color: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> None:
    figure.text(
        *place,
        text,
        ha=align[0],
        va=align[1],
        color=color,
        fontsize=14 if bold else 10.5,
        fontfamily="DejaVu Sans",
        fontweight="bold" if bold else "normal",
        path_effects=list(_HALO),
    )
