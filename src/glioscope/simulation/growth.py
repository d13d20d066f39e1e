"""A tumor grown by reaction and diffusion in the patient's own white and gray matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import Label

Floats = npt.NDArray[np.float32]

STEP_MM: Final = 2.0
"""Grid of the growth."""

_DIFFUSION_WHITE: Final = 0.65
_DIFFUSION_GRAY: Final = 0.13
"""mm2 a day (Swanson, Alvord, Murray 2000, Cell Prolif 33:317: 0.0065 and 0.0013 cm2 a day)."""

_PROLIFERATION: Final = 0.05
"""Per day; within the 0.012 to 0.1 of the same paper and of Swanson et al. 2008."""

VISIBLE_EDGE: Final = 0.16
CORE_EDGE: Final = 0.80
"""Share of the largest cell density that shows on T2 and on T1 with contrast (Swanson et al. 2008,
Br J Cancer 98:113)."""

_DAYS: Final = 0.8
"""A step of the explicit scheme; stable below h2 / (6 D) = 1.03 days."""

_MOST_STEPS: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tumor:
    """What to grow.

    Args:
        center_mm: Seed, RAS+ mm of the patient; moved to the nearest white or gray matter.
        core_radius_mm: Growth stops when the core has the volume of a ball of this radius.
        rim_mm: Thickness of the enhancing rim around necrosis; 0 for a tumor that does not enhance.
        push_mm: Largest displacement of the tissue around it.
    """

    center_mm: tuple[float, float, float]
    core_radius_mm: float
    rim_mm: float
    push_mm: float


def grow(
    white: Floats, gray: Floats, seed: tuple[int, int, int], *, core_radius_mm: float
) -> Floats:
    r"""Return the cell density, 0 to 1, shape of the tissue maps.

    $$\partial u/\partial t = \nabla \cdot (D \nabla u) + \rho u (1 - u)$$ with no flow into fluid
    or out of the brain; explicit Euler on the ``STEP_MM`` grid.

    Args:
        white: Share of white matter in each voxel.
        gray: Share of gray matter.
        seed: Voxel where it starts.
        core_radius_mm: See ``Tumor``; a tumor that can't grow so large stays as large as it gets.
    """
    diffusion = _DIFFUSION_WHITE * white + _DIFFUSION_GRAY * gray
    diffusion[white + gray < 0.5] = 0.0
    inside = diffusion > 0
    between = [_between(diffusion, axis) for axis in range(3)]
    density = np.zeros(white.shape, dtype=np.float32)
    density[seed] = 1.0
    density = ndimage.gaussian_filter(density, 1.0) * inside
    density /= max(float(density.max()), 1e-6)
    wanted = 4.0 / 3.0 * np.pi * core_radius_mm**3 / STEP_MM**3
    for step in range(_MOST_STEPS):
        change = _PROLIFERATION * density * (1.0 - density) * inside
        for axis in range(3):
            change += _flow(density, between[axis], axis)
        density = np.clip(density + np.float32(_DAYS) * change, 0.0, 1.0)
        if step % 10 == 9 and (density >= CORE_EDGE).sum() >= wanted:
            break
    return density


def _between(diffusion: Floats, axis: int) -> Floats:
    """Harmonic mean on the faces: none where one side does not conduct."""
    size = diffusion.shape[axis]
    one = diffusion.take(range(size - 1), axis=axis)
    two = diffusion.take(range(1, size), axis=axis)
    return np.asarray(2.0 * one * two / np.maximum(one + two, 1e-9), dtype=np.float32)


def _flow(density: Floats, between: Floats, axis: int) -> Floats:
    through = between * np.diff(density, axis=axis) / np.float32(STEP_MM**2)
    pad = [(1, 1) if other == axis else (0, 0) for other in range(3)]
    return np.diff(np.pad(through, pad), axis=axis)


def labels_of(
    density: Floats, *, rim_mm: float, spacing_mm: float, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Return labels (``core.Label``) of a density.

    Args:
        density: 0 to 1, on the grid of the scan.
        rim_mm: Mean thickness of the enhancing rim, which varies smoothly by half; 0 for none.
        spacing_mm: Of the grid.
        rng: Source of the rim's variation.
    """
    labels = np.zeros(density.shape, dtype=np.uint8)
    core = density >= CORE_EDGE
    labels[density >= VISIBLE_EDGE] = Label.EDEMA
    labels[core] = Label.NECROSIS
    if rim_mm > 0 and core.any():
        depth = ndimage.distance_transform_edt(core, sampling=spacing_mm)
        coarse = rng.normal(0.0, 1.0, [max(2, n // 8) for n in core.shape])
        zoom = [n / m for n, m in zip(core.shape, coarse.shape, strict=True)]
        varied = rim_mm * np.clip(1.0 + 0.4 * ndimage.zoom(coarse, zoom, order=1), 0.4, 2.0)
        labels[core & (depth <= varied)] = Label.ENHANCING
    return labels
