"""A tumor grown by reaction and diffusion in the patient's own white and gray matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import Label
from glioscope.simulation.noise import smooth_noise

Floats = npt.NDArray[np.float32]

STEP_MM: Final = 2.0
"""Usual grid of the growth."""

_DIFFUSION_WHITE: Final = 0.65
_DIFFUSION_GRAY: Final = 0.13
"""mm2 a day (Swanson, Alvord, Murray 2000, Cell Prolif 33:317: 0.0065 and 0.0013 cm2 a day)."""

_PROLIFERATION: Final = 0.05
"""Per day; within the 0.012 to 0.1 of the same paper and of Swanson et al. 2008."""

VISIBLE_EDGE: Final = 0.16
CORE_EDGE: Final = 0.80
"""Share of the largest cell density that shows on T2 and on T1 with contrast (Swanson et al. 2008,
Br J Cancer 98:113)."""

_GRAY_SPARED: Final = 2.5
"""By how much more the density must rise in gray matter until it swells: edema keeps to white."""

_DAYS: Final = 0.8
"""A step of the explicit scheme; stable up to h2 / (6 D), which caps the diffusion."""

_MOST_STEPS: Final = 1000
_ENOUGH: Final = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Tumor:
    """What to grow.

    Args:
        center_mm: Seed, RAS+ mm of the patient; moved to the nearest white or gray matter.
        core_radius_mm: Growth stops when the core has the volume of a ball of this radius.
        rim_mm: Thickness of the enhancing rim around necrosis; 0 for a tumor that does not enhance.
        push_mm: Largest displacement of the tissue around it.
        visible_edge: Cell density at which edema begins in white matter; less means more edema.
    """

    center_mm: tuple[float, float, float]
    core_radius_mm: float
    rim_mm: float
    push_mm: float
    visible_edge: float = VISIBLE_EDGE


def grow(
    white: Floats,
    gray: Floats,
    seed: tuple[int, int, int],
    *,
    core_radius_mm: float,
    rng: np.random.Generator,
    step_mm: float = STEP_MM,
) -> Floats:
    r"""Return the cell density, 0 to 1, shape of the tissue maps.

    $$\partial u/\partial t = \nabla \cdot (D \nabla u) + \rho u (1 - u)$$ with no flow into fluid
    or out of the brain; explicit Euler.  D and rho vary smoothly from place to place, so that no
    tumor is round.

    Args:
        white: Share of white matter in each voxel.
        gray: Share of gray matter.
        seed: Voxel where it starts.
        core_radius_mm: See ``Tumor``; a tumor that can't grow so large stays as large as it gets.
        rng: Source of the variation.
        step_mm: Spacing of the maps.
    """
    spread = np.exp(0.6 * smooth_noise(white.shape, step_mm, 14.0, rng))
    diffusion = (_DIFFUSION_WHITE * white + _DIFFUSION_GRAY * gray) * spread
    diffusion = np.minimum(diffusion, 0.95 * step_mm**2 / (6.0 * _DAYS)).astype(np.float32)
    inside = (white + gray) >= 0.5
    diffusion[~inside] = 0.0
    rate = _PROLIFERATION * _DAYS * np.exp(0.5 * smooth_noise(white.shape, step_mm, 18.0, rng))
    rate = np.where(inside, rate, 0.0).astype(np.float32)
    flows = [_between(diffusion, axis) * np.float32(_DAYS / step_mm**2) for axis in range(3)]
    density = _first_cells(seed, inside)
    wanted = 4.0 / 3.0 * np.pi * core_radius_mm**3 / step_mm**3
    for step in range(_MOST_STEPS):
        change = rate * density * (1.0 - density)
        for axis in range(3):
            _add_flow(change, density, flows[axis], axis)
        density += change
        if step % 8 == 7 and (
            (density >= CORE_EDGE).sum() >= wanted or float(np.abs(change).max()) < _ENOUGH
        ):
            break
    return np.clip(density, 0.0, 1.0)


def _first_cells(seed: tuple[int, int, int], inside: npt.NDArray[np.bool_]) -> Floats:
    density = np.zeros(inside.shape, dtype=np.float32)
    density[seed] = 1.0
    density = ndimage.gaussian_filter(density, 1.0) * inside
    return np.asarray(density / max(float(density.max()), 1e-6), dtype=np.float32)


def _between(diffusion: Floats, axis: int) -> Floats:
    """Harmonic mean on the faces: none where one side does not conduct."""
    size = diffusion.shape[axis]
    one = diffusion.take(range(size - 1), axis=axis)
    two = diffusion.take(range(1, size), axis=axis)
    return np.asarray(2.0 * one * two / np.maximum(one + two, 1e-9), dtype=np.float32)


def _add_flow(change: Floats, density: Floats, between: Floats, axis: int) -> None:
    """Add to each voxel what flows in and take what flows out, in place."""
    through = np.diff(density, axis=axis)
    through *= between
    low = [slice(None)] * 3
    high = [slice(None)] * 3
    low[axis], high[axis] = slice(None, -1), slice(1, None)
    change[tuple(low)] += through
    change[tuple(high)] -= through


def labels_of(
    density: Floats, gray: Floats, tumor: Tumor, *, spacing_mm: float, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Return labels (``core.Label``) of a density.

    A core that does not enhance is ``NECROSIS``, as BraTS labels it.

    Args:
        density: 0 to 1.
        gray: Share of gray matter, same grid: it swells later than white.
        tumor: Where its edema begins, and how thick its rim is, which varies smoothly by half but
            is nowhere less than a voxel.
        spacing_mm: Of the grid.
        rng: Source of the variation.
    """
    labels = np.zeros(density.shape, dtype=np.uint8)
    uneven = smooth_noise(density.shape, spacing_mm, 8.0, rng)
    edge = tumor.visible_edge * (1.0 + _GRAY_SPARED * gray) * np.exp(0.35 * uneven)
    swollen = ndimage.gaussian_filter(density / edge, 0.8 / spacing_mm) >= 1.0
    core = density * np.exp(-0.06 * uneven) >= CORE_EDGE
    labels[swollen | core] = Label.EDEMA
    labels[core] = Label.NECROSIS
    if tumor.rim_mm > 0 and core.any():
        depth = ndimage.distance_transform_edt(core, sampling=spacing_mm)
        varied = np.maximum(tumor.rim_mm * np.clip(1.0 + 0.45 * uneven, 0.35, 2.2), spacing_mm)
        labels[core & (depth <= varied)] = Label.ENHANCING
    return labels
