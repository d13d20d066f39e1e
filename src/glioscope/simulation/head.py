"""A whole head around the template's brain: fluid, dura, skull, scalp, and the face below."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import Volume
from glioscope.io import load_template
from glioscope.simulation.face import paint_face, surface_below_vault
from glioscope.simulation.noise import smooth_noise, upsampled
from glioscope.simulation.paint import Canvas, Mask
from glioscope.simulation.tissue import Tissue

Floats = npt.NDArray[np.float32]

_ORIGIN_MM: Final = (-104.0, -140.0, -116.0)
_EXTENT_MM: Final = (208, 264, 224)
_COARSE_MM: Final = 2.0
"""Finest grid of the distances, which are smooth."""

_SHARPNESS: Final = 3.0
"""Exponent on the template's probabilities: an average of heads is blurred, one head is not."""

_SULCI: Final = 2.2
"""Weight of fluid before the exponent's competition: the average closes what one head has open."""

_CLOSING_MM: Final = 12.0
_CISTERN_MM: Final = 5.5
"""Below the brain, what is farther from it is bone, not fluid."""

_FLUID_MM, _DURA_MM, _INNER_MM, _DIPLOE_MM, _OUTER_MM = 1.6, 2.4, 3.8, 6.2, 7.8
"""Depth outside the brain at which each shell ends, where the skull is thinnest."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeadModel:
    """A healthy head in MNI space.

    Args:
        grid: The canvas: RAS+, wider than the template; its data is not used.
        around: Tissue around the brain, index into ``list(Tissue)``, uint8.
        white: Share of white matter in each voxel, float32.
        gray: Share of gray matter.
        fluid: Share of fluid inside the brain's outline.
        vessel: Share of vessels, dura and plexus in and on the brain: what enhances in health.
        brain: Bool: white and gray matter and the fluid inside.
    """

    grid: Volume
    around: npt.NDArray[np.uint8]
    white: Floats
    gray: Floats
    fluid: Floats
    vessel: Floats
    brain: Mask

    @property
    def spacing_mm(self) -> float:
        """Of the canvas."""
        return self.grid.spacing_mm[0]


@lru_cache(maxsize=2)
def head_model(spacing_mm: float = 1.0, variant: int = 0) -> HeadModel:
    """Return a healthy head.

    Args:
        spacing_mm: 1 for scans, 2 where a quick look is enough.
        variant: Seed of all that is not brain: thickness of skull and scalp, fat, face.
    """
    rng = np.random.default_rng(variant)
    grid = _canvas(spacing_mm)
    white, gray, fluid = _brain(grid)
    brain = (white + gray + fluid) > 0.5
    canvas = Canvas.over(grid)
    coarse_mm = max(_COARSE_MM, spacing_mm)
    depth_mm, from_brain_mm = (upsampled(field, grid.shape) for field in _distances_mm(coarse_mm))
    skull_mm = depth_mm / _thickness(canvas, rng)
    skin_mm = upsampled(_below_skin_mm(coarse_mm, rng), grid.shape)
    _tissues_below_skin(canvas, skin_mm, rng)
    paint_face(canvas, outside=skull_mm > _FLUID_MM, rng=rng)
    _vault(canvas, skull_mm, rng)
    _base(canvas, (skull_mm <= _FLUID_MM) & (from_brain_mm > _CISTERN_MM), rng)
    vessel = _vessels(canvas, fluid, skull_mm)
    keep = 1.0 - vessel
    return HeadModel(
        grid=grid,
        around=canvas.labels,
        white=white * keep,
        gray=gray * keep,
        fluid=fluid * keep,
        vessel=vessel,
        brain=brain,
    )


def _canvas(spacing_mm: float) -> Volume:
    shape = tuple(round(extent / spacing_mm) for extent in _EXTENT_MM)
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = _ORIGIN_MM
    return Volume(data=np.zeros(shape, dtype=np.uint8), affine=affine)


def _brain(grid: Volume) -> tuple[Floats, Floats, Floats]:
    """The template's probabilities of white, gray and fluid on the canvas, sharpened."""
    template = load_template()
    step = grid.spacing_mm[0]
    offset = template.t1.index(grid.affine[:3, 3])
    maps = [
        ndimage.affine_transform(
            volume.data, np.diag([step] * 3), offset, output_shape=grid.shape, order=1
        )
        for volume in (template.white, template.gray, template.fluid)
    ]
    inside = maps[0] + maps[1] + maps[2]
    powers = [maps[0] ** _SHARPNESS, maps[1] ** _SHARPNESS, (maps[2] * _SULCI) ** _SHARPNESS]
    total = np.maximum(powers[0] + powers[1] + powers[2], 1e-6)
    white, gray, fluid = (np.asarray(power / total * inside, dtype=np.float32) for power in powers)
    return white, gray, fluid


@lru_cache(maxsize=2)
def _distances_mm(spacing_mm: float) -> tuple[Floats, Floats]:
    """Signed distance outside the brain's outline, and distance from the brain itself.

    The outline bridges the brain's clefts, as dura and skull do.
    """
    white, gray, fluid = _brain(_canvas(spacing_mm))
    brain = (white + gray + fluid) > 0.5
    from_brain = ndimage.distance_transform_edt(~brain, sampling=spacing_mm)
    near = from_brain < _CLOSING_MM
    closed = ndimage.distance_transform_edt(near, sampling=spacing_mm) > _CLOSING_MM
    filled = closed | brain
    outside = ndimage.distance_transform_edt(~filled, sampling=spacing_mm)
    inside = ndimage.distance_transform_edt(filled, sampling=spacing_mm)
    signed = ndimage.gaussian_filter((outside - inside).astype(np.float32), 2.0 / spacing_mm)
    return signed, from_brain.astype(np.float32)


def _thickness(canvas: Canvas, rng: np.random.Generator) -> Floats:
    """How much thicker the skull is than where it is thinnest: back, base, and by chance."""
    back = 0.25 * np.clip(-canvas.y / 100.0, 0, 1)
    base = 0.3 * np.clip((-canvas.z - 20.0) / 60.0, 0, 1)
    side = -0.25 * np.clip((np.abs(canvas.x) - 45.0) / 25.0, 0, 1) * (canvas.z < 30.0)
    chance = 0.10 * smooth_noise(canvas.grid.shape, canvas.grid.spacing_mm[0], 40.0, rng)
    return np.asarray(
        (float(rng.uniform(0.95, 1.15)) + back + base + side + chance).clip(0.6), dtype=np.float32
    )


def _below_skin_mm(spacing_mm: float, rng: np.random.Generator) -> Floats:
    """Signed distance from the skin, positive inside the head."""
    canvas = Canvas.over(_canvas(spacing_mm))
    temple = np.exp(-(((canvas.y - 15.0) / 28.0) ** 2) - ((canvas.z + 12.0) / 30.0) ** 2)
    temple = temple * np.clip((np.abs(canvas.x) - 35.0) / 20.0, 0, 1)
    scalp = float(rng.uniform(12.5, 15.0)) + 8.0 * temple + 2.0 * (canvas.y < -60.0)
    scalp = scalp + 0.8 * smooth_noise(canvas.grid.shape, spacing_mm, 30.0, rng)
    vault = _distances_mm(spacing_mm)[0] <= scalp
    vault &= canvas.z > -70.0 + 0.15 * np.abs(canvas.x)
    whole = vault | surface_below_vault(canvas, rng)
    soft = ndimage.gaussian_filter(whole.astype(np.float32), 3.2 / spacing_mm)
    head = np.where(canvas.z > -20.0, whole, soft > 0.5)
    inside = ndimage.distance_transform_edt(head, sampling=spacing_mm)
    outside = ndimage.distance_transform_edt(~head, sampling=spacing_mm)
    distance = (inside - outside).astype(np.float32)
    return np.asarray(ndimage.gaussian_filter(distance, 1.4 / spacing_mm), dtype=np.float32)


def _tissues_below_skin(canvas: Canvas, skin_mm: Floats, rng: np.random.Generator) -> None:
    """Skin, fat of varying thickness, and muscle parted by planes of fat."""
    step = canvas.grid.spacing_mm[0]
    wide = smooth_noise(canvas.grid.shape, step, 25.0, rng)
    close = smooth_noise(canvas.grid.shape, step, 9.0, rng)
    fat_mm = float(rng.uniform(5.5, 8.0)) + 1.6 * wide
    canvas.put(skin_mm > 0.0, Tissue.FAT)
    planes = (np.abs(close) < 0.12) & (wide > -0.3)
    canvas.put((skin_mm > fat_mm) & ~planes & (close < 1.6), Tissue.SOFT)
    canvas.put((skin_mm > 0.0) & (skin_mm < 1.8), Tissue.SKIN)


def _vault(canvas: Canvas, skull_mm: Floats, rng: np.random.Generator) -> None:
    """Outer table, diploe, inner table, dura and fluid, from outside to inside."""
    patchy = smooth_noise(canvas.grid.shape, canvas.grid.spacing_mm[0], 14.0, rng)
    vault = canvas.z > -66.0 + 0.1 * np.abs(canvas.x)
    spongy = (skull_mm > _INNER_MM) & (skull_mm <= _DIPLOE_MM) & (patchy > -1.1)
    bone = (skull_mm > _DURA_MM) & (skull_mm <= _OUTER_MM) & vault
    canvas.put(bone & (canvas.labels != canvas.code(Tissue.AIR)), Tissue.BONE)
    canvas.put(bone & spongy & (canvas.labels != canvas.code(Tissue.AIR)), Tissue.MARROW)
    canvas.put((skull_mm <= _DURA_MM) & vault, Tissue.DURA)
    canvas.put(skull_mm <= _FLUID_MM, Tissue.FLUID)


def _base(canvas: Canvas, far: Mask, rng: np.random.Generator) -> None:
    """Bone of the base of the skull where the outline bridges more than a cistern."""
    patchy = smooth_noise(canvas.grid.shape, canvas.grid.spacing_mm[0], 9.0, rng)
    low = far & (canvas.z < 2.0)
    canvas.put(low, Tissue.BONE)
    canvas.put(low & (patchy > -0.2), Tissue.MARROW)


def _vessels(canvas: Canvas, fluid: Floats, skull_mm: Floats) -> Floats:
    """Sagittal sinus, falx, tentorium, plexus, pituitary, large arteries; smoothed shares."""
    x, y, z = canvas.x, canvas.y, canvas.z
    sinus = (np.abs(x) < 4.0) & (skull_mm > 0.3) & (skull_mm < 4.0) & (z > -15.0)
    sinus &= (y < 60.0) | (z > 20.0)
    cleft = (skull_mm <= 0.3) & (fluid > 0.25)
    falx = (np.abs(x) < 0.8) & cleft & (z > 12.0 - 0.1 * y)
    straight = (np.abs(x) < 2.0) & (np.abs(z - 2.0 - 0.35 * (-50.0 - y)) < 2.5) & (y < -50.0)
    share = (sinus | falx | (straight & cleft)).astype(np.float32)
    inside = Canvas(canvas.grid, np.zeros(canvas.grid.shape, dtype=np.uint8), x, y, z)
    for side in (-1.0, 1.0):
        inside.ball((side * 22.0, -36.0, 10.0), (2.5, 6.0, 3.5), Tissue.VESSEL)
        inside.rod((side * 8.0, 4.0, -28.0), (side * 40.0, 2.0, -20.0), 1.6, Tissue.VESSEL)
        inside.rod((side * 13.0, 0.0, -60.0), (side * 11.0, 4.0, -28.0), 2.3, Tissue.VESSEL)
        inside.rod((side * 2.5, 8.0, -22.0), (side * 2.0, 34.0, 0.0), 1.4, Tissue.VESSEL)
    inside.rod((0.0, -24.0, -60.0), (0.0, -16.0, -24.0), 1.8, Tissue.VESSEL)
    inside.ball((0.0, 4.0, -35.0), (6.0, 4.0, 3.5), Tissue.VESSEL)
    share[inside.labels > 0] = 1.0
    width = 0.55 / canvas.grid.spacing_mm[0]
    return np.asarray(ndimage.gaussian_filter(share, width), dtype=np.float32)
