"""A whole head around the template's brain: fluid, skull, scalp, eyes, air, neck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import Volume
from glioscope.io import load_template
from glioscope.simulation.tissue import Tissue

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Axes = tuple[Floats, Floats, Floats]
"""x, y and z of the voxels, RAS+ mm, each along its own axis only, so that they broadcast."""

_ORIGIN_MM: Final = (-104.0, -140.0, -116.0)
_EXTENT_MM: Final = (208, 256, 224)
_SHARPNESS: Final = 3.0
"""Exponent on the template's probabilities: an average of many heads is blurred, one is not."""

_CLOSING_MM: Final = 12.0
_NOSE: Final = ((0.0, 66.0, -58.0), (11.0, 24.0, 20.0))
"""Center and radii of the nasal cavity, mm."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadModel:
    """A healthy head in MNI space.

    Args:
        grid: The canvas: RAS+, wider than the template; its data is not used.
        fractions: Share of each tissue in each voxel, float32, shape of the grid; they sum to 1.
        brain: Bool: white and gray matter and the fluid inside.
        spacing_mm: Of the canvas.
    """

    grid: Volume
    fractions: Mapping[Tissue, Floats]
    brain: Mask
    spacing_mm: float


@lru_cache(maxsize=2)
def head_model(spacing_mm: float = 1.0) -> HeadModel:
    """Return the healthy head, made once a process.

    Args:
        spacing_mm: 1 for scans, 2 where a quick look is enough.
    """
    grid = _canvas(spacing_mm)
    brain_parts = _brain(grid)
    brain = np.asarray(sum(brain_parts.values()) > 0.5)
    depth_mm = _depth_outside_mm(brain, spacing_mm)
    axes = _axes(grid)
    labels = _shells(axes, depth_mm)
    _face(axes, labels, outside=depth_mm > 2.0, spacing_mm=spacing_mm)
    fractions = _fractions(labels, brain_parts)
    _vessels(axes, fractions, depth_mm)
    return HeadModel(grid=grid, fractions=fractions, brain=brain, spacing_mm=spacing_mm)


def _canvas(spacing_mm: float) -> Volume:
    shape = tuple(round(extent / spacing_mm) for extent in _EXTENT_MM)
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = _ORIGIN_MM
    return Volume(data=np.zeros(shape, dtype=np.uint8), affine=affine)


def _axes(grid: Volume) -> Axes:
    lines = [
        (grid.affine[axis, 3] + grid.spacing_mm[axis] * np.arange(count)).astype(np.float32)
        for axis, count in enumerate(grid.shape)
    ]
    x, y, z = np.meshgrid(*lines, indexing="ij", sparse=True)
    return (x, y, z)


def _brain(grid: Volume) -> dict[Tissue, Floats]:
    """The template's probabilities on the canvas, sharpened."""
    template = load_template()
    step = grid.spacing_mm[0]
    offset = template.t1.index(grid.affine[:3, 3])
    maps = {
        tissue: ndimage.affine_transform(
            volume.data,
            [[step, 0, 0], [0, step, 0], [0, 0, step]],
            offset,
            output_shape=grid.shape,
            order=1,
        )
        for tissue, volume in (
            (Tissue.GRAY, template.gray),
            (Tissue.WHITE, template.white),
            (Tissue.FLUID, template.fluid),
        )
    }
    inside = sum(maps.values())
    powers = {tissue: data**_SHARPNESS for tissue, data in maps.items()}
    total = np.maximum(sum(powers.values()), 1e-6)
    return {tissue: (data / total * inside).astype(np.float32) for tissue, data in powers.items()}


def _depth_outside_mm(brain: Mask, spacing_mm: float) -> Floats:
    """Distance from the brain whose clefts are closed, as dura and skull bridge them."""
    coarse = brain[::2, ::2, ::2]
    step = 2.0 * spacing_mm
    near = ndimage.distance_transform_edt(~coarse, sampling=step) < _CLOSING_MM
    closed = ndimage.distance_transform_edt(near, sampling=step) > _CLOSING_MM
    depth = ndimage.distance_transform_edt(~(closed | coarse), sampling=step)
    fine = ndimage.zoom(depth.astype(np.float32), 2, order=1, grid_mode=True, mode="nearest")
    return np.asarray(fine[: brain.shape[0], : brain.shape[1], : brain.shape[2]])


_ORDER: Final = (
    Tissue.AIR,
    Tissue.FLUID,
    Tissue.BONE,
    Tissue.MARROW,
    Tissue.FAT,
    Tissue.SOFT,
    Tissue.EYE,
)
"""Indices of the hard labels outside the brain."""


def _shells(axes: Axes, depth_mm: Floats) -> npt.NDArray[np.uint8]:
    """Fluid, inner table, diploe, outer table, fat, skin by their depth outside the brain.

    Thickness grows towards the back of the skull and the base, as it does in people.
    """
    x, y, z = axes
    thick = 1.0 + 0.25 * np.clip(-y / 100.0, 0, 1) + 0.35 * np.clip((-z - 20.0) / 60.0, 0, 1)
    depth = depth_mm / thick.astype(np.float32)
    labels = np.zeros(depth_mm.shape, dtype=np.uint8)
    for upper, tissue in (
        (13.5, Tissue.SOFT),
        (11.8, Tissue.FAT),
        (7.8, Tissue.BONE),
        (6.3, Tissue.MARROW),
        (3.9, Tissue.BONE),
        (2.4, Tissue.FLUID),
    ):
        labels[depth <= upper] = _ORDER.index(tissue)
    above = z > -75.0 + 0.25 * np.abs(x)
    labels[~above & (depth > 2.4)] = 0
    return labels


def _face(axes: Axes, labels: npt.NDArray[np.uint8], *, outside: Mask, spacing_mm: float) -> None:
    """Put face, neck, eyes and air spaces where the shells left air, in place."""
    z = axes[2]
    flesh = _ball(axes, (0.0, 42.0, -62.0), (60.0, 56.0, 60.0))
    flesh |= _ball(axes, (0.0, 96.0, -55.0), (12.0, 16.0, 18.0))
    flesh |= _tube(axes, (0.0, -32.0), (56.0, 62.0)) & (z < -55.0)
    flesh &= outside & (labels == 0)
    depth = _depth_inside_mm(flesh | (labels > 0), spacing_mm)
    labels[flesh] = _ORDER.index(Tissue.SOFT)
    labels[flesh & (depth > 2.0) & (depth < 6.5)] = _ORDER.index(Tissue.FAT)
    low = (z < -74.0) & outside
    labels[_tube(axes, (0.0, -40.0), (24.0, 24.0)) & low] = _ORDER.index(Tissue.MARROW)
    labels[_tube(axes, (0.0, -47.0), (9.0, 9.0)) & low] = _ORDER.index(Tissue.FLUID)
    for side in (-1.0, 1.0):
        for center, radii, tissue in (
            ((31.0, 52.0, -37.0), (19.0, 24.0, 17.0), Tissue.FAT),
            ((27.0, 58.0, -72.0), (12.0, 15.0, 15.0), Tissue.AIR),
            ((33.0, 60.0, -37.0), (12.0, 12.0, 12.0), Tissue.EYE),
        ):
            place = (side * center[0], center[1], center[2])
            labels[_ball(axes, place, radii) & outside] = _ORDER.index(tissue)
    for center, radii in (_NOSE, ((0.0, 22.0, -100.0), (10.0, 8.0, 40.0))):
        labels[_ball(axes, center, radii) & outside] = _ORDER.index(Tissue.AIR)


def _depth_inside_mm(head: Mask, spacing_mm: float) -> Floats:
    depth = ndimage.distance_transform_edt(head[::2, ::2, ::2], sampling=2.0 * spacing_mm)
    fine = ndimage.zoom(depth.astype(np.float32), 2, order=1, grid_mode=True, mode="nearest")
    return np.asarray(fine[: head.shape[0], : head.shape[1], : head.shape[2]])


def _ball(
    axes: Axes, center: tuple[float, float, float], radii: tuple[float, float, float]
) -> Mask:
    parts = [((a - c) / r) ** 2 for a, c, r in zip(axes, center, radii, strict=True)]
    return np.asarray(parts[0] + parts[1] + parts[2] <= 1.0)


def _tube(axes: Axes, center: tuple[float, float], radii: tuple[float, float]) -> Mask:
    """An upright tube."""
    across = ((axes[0] - center[0]) / radii[0]) ** 2 + ((axes[1] - center[1]) / radii[1]) ** 2
    return np.asarray(across <= 1.0)


def _fractions(
    labels: npt.NDArray[np.uint8], brain_parts: Mapping[Tissue, Floats]
) -> dict[Tissue, Floats]:
    """Soften the hard labels by partial volume and give the brain what it takes of each voxel."""
    left = np.clip(1.0 - sum(brain_parts.values()), 0.0, 1.0).astype(np.float32)
    soft = {
        tissue: ndimage.gaussian_filter((labels == index).astype(np.float32), 0.6)
        for index, tissue in enumerate(_ORDER)
    }
    total = np.maximum(sum(soft.values()), 1e-6)
    fractions = {tissue: share / total * left for tissue, share in soft.items()}
    for tissue, share in brain_parts.items():
        fractions[tissue] = fractions[tissue] + share if tissue in fractions else share
    fractions[Tissue.VESSEL] = np.zeros_like(left)
    return fractions


def _vessels(axes: Axes, fractions: dict[Tissue, Floats], depth_mm: Floats) -> None:
    """Sagittal sinus, falx, choroid plexus, pituitary, nasal mucosa: what enhances in health."""
    x, y, z = axes
    vessel = (np.abs(x) < 4.0) & (depth_mm > 0.2) & (depth_mm < 4.5) & (z > -15.0)
    vessel &= (y < 60.0) | (z > 20.0)
    vessel |= (np.abs(x) < 0.8) & (depth_mm <= 0.2) & (z > 5.0) & (fractions[Tissue.FLUID] > 0.3)
    for side in (-1.0, 1.0):
        vessel |= _ball(axes, (side * 22.0, -36.0, 10.0), (3.0, 7.0, 4.0))
    vessel |= _ball(axes, (0.0, 4.0, -33.0), (6.0, 4.0, 4.0))
    lining = _ball(axes, _NOSE[0], (13.0, 26.0, 22.0)) & ~_ball(axes, *_NOSE)
    vessel |= lining & (depth_mm > 4.0)
    share = ndimage.gaussian_filter(vessel.astype(np.float32), 0.6)
    for tissue, fraction in fractions.items():
        fractions[tissue] = fraction * (1 - share)
    fractions[Tissue.VESSEL] = share
