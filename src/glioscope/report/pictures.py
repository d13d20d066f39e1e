"""The pictures of the report, drawn from one scene, with their captions and alternative texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from glioscope.core import CaseResult, Diameters, Measurements, Region, Sequence, region_mask
from glioscope.report.document import Picture
from glioscope.report.glass import VIEW_NAMES, brain_field, draw_glass, label_fields
from glioscope.report.panels import (
    LEGEND_INCHES,
    WHITE,
    black_figure,
    draw_legend,
    draw_letters,
    draw_outlines,
    draw_scale_bar,
    draw_slice,
    place_panel,
    styles_present,
    to_png,
    write_corner,
)
from glioscope.report.prose import diameters_text
from glioscope.report.scene import Plane, Scene, best_slice, make_scene
from glioscope.report.words import REGION_NAMES, SEQUENCE_NAMES, main_diameters

WIDTH_INCHES: Final = 8.6
_GAP_INCHES: Final = 0.05
_MOSAIC: Final = (2, 4)
_CONVENTION: Final = "Radiological convention: the patient's left is on the right of the picture."


def make_pictures(result: CaseResult) -> tuple[Picture, ...]:
    """Draw three planes of the one or two best sequences, a mosaic, and a glass brain."""
    scene = make_scene(result)
    measurements = result.findings.measurements
    first, *others = scene.images
    diameters = drawn_diameters(measurements, first)
    slices = shown_slices(scene, diameters)
    pictures = [_planes(scene, slices, first, diameters, outlined=True)]
    if others:
        second = drawn_diameters(measurements, others[0])
        pictures.append(
            _planes(scene, shown_slices(scene, second), others[0], second, outlined=True)
        )
    elif scene.region is not None:
        pictures.append(_planes(scene, slices, first, None, outlined=False))
    return (*pictures, _mosaic(scene, slices[Plane.AXIAL], first), _glass(scene))


def drawn_diameters(measurements: Measurements, sequence: Sequence) -> Diameters | None:
    """Return what a radiologist measures on a sequence: enhancement on T1c, else the whole."""
    found = main_diameters(measurements)
    wanted = (Region.ET, Region.WT) if sequence is Sequence.T1C else (Region.WT, Region.ET)
    return next((found[region] for region in wanted if region in found), None)


def planes_figure(
    scene: Scene, draw: Callable[[Axes, Plane], None]
) -> tuple[Figure, dict[Plane, Axes]]:
    """Lay out an axial, a coronal and a sagittal panel at one scale of mm to the inch."""
    planes = tuple(Plane)
    widths_mm = [scene.size_mm(plane.axes[0]) for plane in planes]
    heights_mm = [scene.size_mm(plane.axes[1]) for plane in planes]
    scale = (WIDTH_INCHES - 4 * _GAP_INCHES) / sum(widths_mm)
    height = max(heights_mm) * scale
    figure = black_figure(WIDTH_INCHES, height + LEGEND_INCHES + _GAP_INCHES)
    left = _GAP_INCHES
    panels = {}
    for plane, wide, high in zip(planes, widths_mm, heights_mm, strict=True):
        bottom = LEGEND_INCHES + (height - high * scale) / 2
        axes = place_panel(figure, (left, bottom, wide * scale, high * scale))
        draw(axes, plane)
        panels[plane] = axes
        left += wide * scale + _GAP_INCHES
    return figure, panels


def draw_planes(
    scene: Scene,
    slices: Mapping[Plane, int],
    sequence: Sequence,
    diameters: Diameters | None,
    *,
    outlined: bool,
) -> tuple[Figure, dict[Plane, Axes]]:
    """Draw three planes of one sequence, with letters, scale bars and, if wanted, outlines."""

    def draw(axes: Axes, plane: Plane) -> None:
        draw_slice(axes, scene, plane, slices[plane], sequence)
        if outlined:
            draw_outlines(axes, scene, plane, slices[plane])
        draw_letters(axes, plane)
        draw_scale_bar(axes)
        write_corner(axes, f"{SEQUENCE_NAMES[sequence]} {plane.name.lower()}")

    figure, panels = planes_figure(scene, draw)
    extra = []
    if diameters is not None:
        extra.append(_draw_diameters(panels[Plane.AXIAL], scene, diameters))
    if outlined:
        draw_legend(figure, styles_present(scene), extra)
    return figure, panels


def shown_slices(scene: Scene, diameters: Diameters | None) -> dict[Plane, int]:
    """Return the slice of each plane: the largest cross-section, axial that of the diameters."""
    slices = {plane: best_slice(scene, plane) for plane in Plane}
    if diameters is not None:
        along = scene.labels.index(diameters.longest_ends_mm).mean(axis=0)[Plane.AXIAL.normal]
        slices[Plane.AXIAL] = int(np.clip(round(along), 0, scene.labels.shape[2] - 1))
    return slices


def _planes(
    scene: Scene,
    slices: Mapping[Plane, int],
    sequence: Sequence,
    diameters: Diameters | None,
    *,
    outlined: bool,
) -> Picture:
    figure, _ = draw_planes(scene, slices, sequence, diameters, outlined=outlined)
    name = f"planes_{sequence}" if outlined else f"planes_{sequence}_plain"
    return _finished(figure, name, *_planes_text(scene, sequence, diameters, outlined=outlined))


def _planes_text(
    scene: Scene, sequence: Sequence, diameters: Diameters | None, *, outlined: bool
) -> tuple[str, str]:
    shown = f"{SEQUENCE_NAMES[sequence]} in three planes"
    if scene.region is None:
        text = f"{shown} through the middle of the brain; no tumor was found. {_CONVENTION}"
        return (f"{shown} through the middle of the brain; no outlines.", text)
    where = f"through the largest cross-section of the {REGION_NAMES[scene.region]}"
    if diameters is not None:
        where += "; axial: the plane of the diameters"
    how = "with the outlines of the segmentation" if outlined else "without outlines"
    text = f"{shown} {where}, {how}. {_CONVENTION}"
    return (f"{shown} {where}, {how}.", text)


def _mosaic(scene: Scene, main: int, sequence: Sequence) -> Picture:
    rows, columns = _MOSAIC
    indices = _mosaic_slices(scene, rows * columns)
    wide_mm, high_mm = (scene.size_mm(axis) for axis in Plane.AXIAL.axes)
    wide = (WIDTH_INCHES - (columns + 1) * _GAP_INCHES) / columns
    high = wide * high_mm / wide_mm
    figure = black_figure(WIDTH_INCHES, rows * (high + _GAP_INCHES) + LEGEND_INCHES)
    for number, index in enumerate(indices):
        row, column = divmod(number, columns)
        left = _GAP_INCHES + column * (wide + _GAP_INCHES)
        bottom = LEGEND_INCHES + (rows - 1 - row) * (high + _GAP_INCHES)
        axes = place_panel(figure, (left, bottom, wide, high))
        draw_slice(axes, scene, Plane.AXIAL, index, sequence)
        draw_outlines(axes, scene, Plane.AXIAL, index, linewidth=0.9)
        draw_letters(axes, Plane.AXIAL, size=7.5)
        up_mm = (main - index) * scene.spacing_mm[2]
        write_corner(axes, f"{up_mm:+.0f} mm" if round(up_mm) else "0 mm", size=7.5)
        if number == rows * columns - 1:
            draw_scale_bar(axes)
    draw_legend(figure, styles_present(scene))
    through = "the brain" if scene.region is None else "the whole tumor"
    what = f"{len(indices)} axial {SEQUENCE_NAMES[sequence]} slices through {through}"
    caption = (
        f"{what}, from the top down; in the corner of each, how far it lies above (+) or below (-)"
        f" the axial slice of the first picture. {_CONVENTION}"
    )
    return _finished(figure, "mosaic", f"{what}.", caption)


def _mosaic_slices(scene: Scene, number: int) -> list[int]:
    tumor = region_mask(scene.labels, Region.WT).data
    mask = tumor if scene.region is not None else scene.brain.data
    filled = np.flatnonzero(mask.any(axis=(0, 1)))
    first, last = int(filled[0]), int(filled[-1])
    inset = (last - first) / (2 * number)
    places = np.linspace(first + inset, last - inset, number).round().astype(int)
    return [int(place) for place in places]


def _glass(scene: Scene) -> Picture:
    brain, labels = brain_field(scene), label_fields(scene)

    def draw(axes: Axes, plane: Plane) -> None:
        draw_glass(axes, scene, plane, brain, labels)
        draw_letters(axes, plane)
        draw_scale_bar(axes)
        write_corner(axes, f"seen {VIEW_NAMES[plane]}")

    figure, _ = planes_figure(scene, draw)
    draw_legend(figure, styles_present(scene))
    what = "Glass brain: the tumor seen through the brain's surface, from three sides"
    if scene.region is None:
        what = "Glass brain: the brain's surface from three sides; no tumor was found"
    return _finished(figure, "glass_brain", f"{what}.", f"{what}. {_CONVENTION}")


def _finished(figure: Figure, name: str, alt: str, caption: str) -> Picture:
    png, width_px, height_px = to_png(figure)
    return Picture(
        name=name, png=png, width_px=width_px, height_px=height_px, alt=alt, caption=caption
    )


def _draw_diameters(axes: Axes, scene: Scene, diameters: Diameters) -> Line2D:
    columns, rows = Plane.AXIAL.axes
    for ends in (diameters.longest_ends_mm, diameters.perpendicular_ends_mm):
        places = scene.place_mm(ends)
        axes.plot(
            places[:, columns], places[:, rows], color="black", linewidth=2.4, solid_capstyle="butt"
        )
        axes.plot(
            places[:, columns], places[:, rows], color=WHITE, linewidth=1.1, solid_capstyle="butt"
        )
    region = diameters.longest.region
    whose = f" of the {REGION_NAMES[region]}" if region else ""
    label = f"diameters{whose} {diameters_text(diameters)}"
    return Line2D([], [], color=WHITE, linewidth=1.1, label=label)
