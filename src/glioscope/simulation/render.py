"""The signal of a head, tumor included, before any scanner touches it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import Label, Sequence, Volume
from glioscope.simulation.head import HeadModel
from glioscope.simulation.noise import smooth_noise
from glioscope.simulation.tissue import Tissue, signal
from glioscope.simulation.warp import Points, sample

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Growth:
    """All tumors of a patient on one grid.

    Args:
        density: Of cells, 0 to 1, float32.
        labels: ``core.Label``, uint8.
        closed: Bool: core of a tumor that does not enhance.
    """

    density: Floats
    labels: npt.NDArray[np.uint8]
    closed: npt.NDArray[np.bool_]


def render(
    model: HeadModel,
    grid: Volume,
    templates: Points,
    growth: Growth,
    *,
    sequences: Iterable[Sequence],
    rng: np.random.Generator,
    where: npt.NDArray[np.bool_] | None = None,
) -> dict[Sequence, Volume]:
    """Return the signal of each sequence on a grid.

    Args:
        model: The healthy head.
        grid: Of the result; axis-aligned, equal spacing.
        templates: Where each voxel lies in the model, RAS+ mm, shape ``(I, J, K, 3)``.
        growth: The tumors, on the grid.
        sequences: Which to make.
        rng: Source of the texture.
        where: Bool: only there, 0 elsewhere; everywhere if ``None``.
    """
    shares = tumor_shares(growth, grid.spacing_mm[0], rng)
    healthy_share = 1.0 - np.minimum(sum(shares.values()), np.float32(1.0))
    texture = _texture(grid, rng)
    heads = {}
    for sequence in sequences:
        image = _sampled(_healthy(model, sequence), model, templates, where) * healthy_share
        for tissue, share in shares.items():
            image += share * np.float32(signal(tissue, sequence))
        if where is not None:
            image *= where
        heads[sequence] = grid.with_data(image * texture)
    return heads


def _sampled(
    data: Floats, model: HeadModel, templates: Points, where: npt.NDArray[np.bool_] | None
) -> Floats:
    if where is None:
        return sample(data, model.grid, templates)
    image = np.zeros(where.shape, dtype=np.float32)
    image[where] = sample(data, model.grid, templates[where])
    return image


@lru_cache(maxsize=4)
def _healthy(model: HeadModel, sequence: Sequence) -> Floats:
    table = np.array([signal(tissue, sequence) for tissue in Tissue], dtype=np.float32)
    image = np.zeros(model.grid.shape, dtype=np.float32)
    left = np.ones(model.grid.shape, dtype=np.float32)
    for tissue, share in (
        (Tissue.WHITE, model.white),
        (Tissue.GRAY, model.gray),
        (Tissue.FLUID, model.fluid),
        (Tissue.VESSEL, model.vessel),
    ):
        image += share * np.float32(signal(tissue, sequence))
        left -= share
    return np.asarray(image + np.maximum(left, 0.0) * table[model.around], dtype=np.float32)


def tumor_shares(
    growth: Growth, spacing_mm: float, rng: np.random.Generator
) -> dict[Tissue, Floats]:
    """Return the share of each tumor tissue, softened at its edges; nothing of a tumor is even."""
    shape = growth.labels.shape
    coarse = smooth_noise(shape, spacing_mm, 7.0, rng)
    fine = smooth_noise(shape, spacing_mm, 3.0, rng)
    mixed = np.clip(0.5 + 0.25 * coarse + 0.15 * fine, 0.0, 1.0)
    edema = _soft(growth.labels == Label.EDEMA, spacing_mm)
    edema *= np.clip(0.45 + growth.density, 0.0, 1.0) * (0.75 + 0.25 * mixed)
    core = growth.labels == Label.NECROSIS
    necrosis = _soft(core & ~growth.closed, spacing_mm)
    closed = _soft(core & growth.closed, spacing_mm)
    rim = _soft(growth.labels == Label.ENHANCING, spacing_mm)
    even = (0.7 + 0.3 * mixed).astype(np.float32)
    rest = (1.0 - even).astype(np.float32)
    return {
        Tissue.EDEMA: edema.astype(np.float32),
        Tissue.NECROSIS: necrosis * even + rim * rest,
        Tissue.SOLID: rim * even,
        Tissue.INFILTRATED: necrosis * rest + closed * even,
    }


def _soft(mask: npt.NDArray[np.bool_], spacing_mm: float) -> Floats:
    return np.asarray(ndimage.gaussian_filter(mask.astype(np.float32), 0.7 / spacing_mm))


def _texture(grid: Volume, rng: np.random.Generator) -> Floats:
    """Factor of mean 1: tissue is never quite even."""
    spacing = grid.spacing_mm[0]
    fine = smooth_noise(grid.shape, spacing, 2.5, rng)
    broad = smooth_noise(grid.shape, spacing, 12.0, rng)
    return np.asarray(1.0 + 0.03 * fine + 0.02 * broad, dtype=np.float32)
