"""A glass brain: three views through a transparent brain onto the tumour's surface."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from scipy.ndimage import gaussian_filter

from glioscope.report.panels import STYLES, outline, set_extent
from glioscope.report.scene import Plane, Scene

_LIGHT: Final = np.array([-0.4, -0.5, 0.77])
_BRAIN_COLOR: Final = (0.78, 0.82, 0.88)
_BRAIN_SMOOTHING_MM: Final = 2.0
_LABEL_SMOOTHING_MM: Final = 0.8
_OPACITY: Final = (0.45, 0.95, 0.8)

VIEW_NAMES: Final = {
    Plane.AXIAL: "from the feet",
    Plane.CORONAL: "from the front",
    Plane.SAGITTAL: "from the left",
}

Field = npt.NDArray[np.float32]


def smoothed(mask: npt.NDArray[np.bool_], scene: Scene, sigma_mm: float) -> Field:
    """Return a soft mask whose level 0.5 is a smooth surface."""
    sigma = [sigma_mm / spacing for spacing in scene.spacing_mm]
    soft: Field = gaussian_filter(mask.astype(np.float32), sigma, truncate=2.5, mode="constant")
    return soft


def brain_field(scene: Scene) -> Field:
    """Return the soft brain mask, made once for the three views."""
    return smoothed(scene.brain.data, scene, _BRAIN_SMOOTHING_MM)


def label_fields(scene: Scene) -> tuple[Field | None, ...]:
    """Return the soft mask of each style; ``None`` for a label that is absent."""
    masks = [scene.labels.data == style.label for style in STYLES]
    return tuple(smoothed(m, scene, _LABEL_SMOOTHING_MM) if m.any() else None for m in masks)


def draw_glass(
    axes: Axes, scene: Scene, plane: Plane, brain: Field, labels: tuple[Field | None, ...]
) -> None:
    """Draw one view: the brain as glass, the labels as lit surfaces with their outlines."""
    columns, rows = plane.axes
    left, top = (-scene.spacing_mm[axis] / 2 for axis in (columns, rows))
    axes.imshow(
        np.clip(_glass(brain, scene, plane, labels), 0.0, 1.0),
        extent=(left, left + scene.size_mm(columns), top + scene.size_mm(rows), top),
        interpolation="bilinear",
        aspect="auto",
    )
    for field, style in zip(labels, STYLES, strict=True):
        if field is not None:
            shadow = np.asarray((field > 0.5).any(axis=plane.normal).T)
            outline(axes, shadow, scene, plane, style, 1.0)
    set_extent(axes, scene, plane)


def _glass(
    brain: Field, scene: Scene, plane: Plane, labels: tuple[Field | None, ...]
) -> npt.NDArray[np.float64]:
    shade, facing = _lit_surface(brain, scene, plane)
    glow = np.nan_to_num(shade * (0.34 + 0.66 * (1.0 - facing) ** 1.2))[..., None]
    picture = glow * np.array(_BRAIN_COLOR)
    for field, style, opacity in zip(labels, STYLES, _OPACITY, strict=True):
        if field is None:
            continue
        lit, _ = _lit_surface(field, scene, plane)
        alpha = np.where(np.isfinite(lit), opacity, 0.0)[..., None]
        color = np.array(to_rgb(style.color)) * np.where(np.isfinite(lit), lit, 0.0)[..., None]
        picture = picture * (1 - alpha) + color * alpha
    return np.asarray(picture)


def _lit_surface(
    field: Field, scene: Scene, plane: Plane
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return brightness and how far the surface faces the viewer, both (rows, columns).

    Both are nan where there is no surface.
    """
    columns, rows = plane.axes
    depth = _depth_mm(field, plane, scene.spacing_mm[plane.normal])
    hit = np.isfinite(depth)
    behind = np.where(hit, depth, np.nanmax(depth) + 5.0)
    down, across = np.gradient(behind, scene.spacing_mm[rows], scene.spacing_mm[columns])
    normal = np.stack([across, down, np.ones_like(behind)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    bright = 0.35 + 0.65 * np.clip(normal @ _LIGHT, 0.0, None)
    return np.where(hit, bright, np.nan), np.where(hit, normal[..., 2], np.nan)


def _depth_mm(field: Field, plane: Plane, spacing_mm: float) -> npt.NDArray[np.float64]:
    """Return the distance from the viewer to level 0.5, (rows, columns); nan beside it."""
    along = np.moveaxis(field, plane.normal, 0)
    if plane is not Plane.CORONAL:
        along = along[::-1]
    inside = along > 0.5
    first = inside.argmax(axis=0)
    at = np.take_along_axis(along, first[None], axis=0)[0].astype(np.float64)
    before = np.take_along_axis(along, np.maximum(first - 1, 0)[None], axis=0)[0]
    step = np.maximum(at - np.where(first > 0, before, 0.0), 1e-6)
    depth = (first - (at - 0.5) / step) * spacing_mm
    return np.where(inside.any(axis=0), depth, np.nan).T
