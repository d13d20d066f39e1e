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

_MARGIN_MM = 3.0
"""A tumor's softened edge ends well within it."""


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
    near = _around(growth.labels > 0, _MARGIN_MM / grid.spacing_mm[0])
    shares = _tumor_shares(growth, near, grid.spacing_mm[0], rng)
    healthy_share = 1.0 - np.minimum(sum(shares.values()), np.float32(1.0))
    inside = _head(model, templates) if where is None else where
    places = templates[inside]
    texture = _texture(grid, rng)
    heads = {}
    for sequence in sequences:
        image = np.zeros(grid.shape, dtype=np.float32)
        image[inside] = sample(_healthy(model, sequence), model.grid, places)
        image[near] *= healthy_share
        for tissue, share in shares.items():
            image[near] += share * np.float32(signal(tissue, sequence))
        if where is not None:
            image *= where
        heads[sequence] = grid.with_data(image * texture)
    return heads


def _around(mask: npt.NDArray[np.bool_], margin: float) -> tuple[slice, slice, slice]:
    """The box of a mask and a margin of voxels; the first voxel where it is empty."""
    parts = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        found = np.flatnonzero(mask.any(axis=others))
        first, last = (int(found[0]), int(found[-1])) if found.size else (0, 0)
        wide = int(np.ceil(margin))
        parts.append(slice(max(first - wide, 0), min(last + wide + 1, mask.shape[axis])))
    return (parts[0], parts[1], parts[2])


def _head(model: HeadModel, templates: Points) -> npt.NDArray[np.bool_]:
    """Where the model has anything but air nearby, decided for cubes of four voxels."""
    every = 4
    solid = (model.around != list(Tissue).index(Tissue.AIR)) | model.brain
    wide = ndimage.binary_dilation(solid[::every, ::every, ::every], iterations=3)
    corners = templates[::every, ::every, ::every]
    cells = model.grid.index(corners) / every
    limit = np.array(wide.shape) - 1
    found = wide[tuple(np.moveaxis(np.rint(cells).astype(int).clip(0, limit), -1, 0))]
    for axis in range(3):
        found = found.repeat(every, axis=axis)
    i, j, k = templates.shape[:3]
    return np.asarray(found[:i, :j, :k])


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


def _tumor_shares(
    growth: Growth,
    near: tuple[slice, slice, slice],
    spacing_mm: float,
    rng: np.random.Generator,
) -> dict[Tissue, Floats]:
    """Return the share of each tumor tissue, softened at its edges; nothing of a tumor is even."""
    labels, closed = growth.labels[near], growth.closed[near]
    shape = labels.shape
    coarse = smooth_noise(shape, spacing_mm, 7.0, rng)
    fine = smooth_noise(shape, spacing_mm, 3.0, rng)
    mixed = np.clip(0.5 + 0.25 * coarse + 0.15 * fine, 0.0, 1.0)
    edema = _soft(labels == Label.EDEMA, spacing_mm)
    edema *= np.clip(0.45 + growth.density[near], 0.0, 1.0) * (0.75 + 0.25 * mixed)
    core = labels == Label.NECROSIS
    necrosis = _soft(core & ~closed, spacing_mm)
    solid = _soft(core & closed, spacing_mm)
    rim = _soft(labels == Label.ENHANCING, spacing_mm)
    even = (0.7 + 0.3 * mixed).astype(np.float32)
    rest = (1.0 - even).astype(np.float32)
    return {
        Tissue.EDEMA: edema.astype(np.float32),
        Tissue.NECROSIS: necrosis * even + rim * rest,
        Tissue.SOLID: rim * even,
        Tissue.INFILTRATED: necrosis * rest + solid * even,
    }


def _soft(mask: npt.NDArray[np.bool_], spacing_mm: float) -> Floats:
    return np.asarray(ndimage.gaussian_filter(mask.astype(np.float32), 0.7 / spacing_mm))


def _texture(grid: Volume, rng: np.random.Generator) -> Floats:
    """Factor of mean 1: tissue is never quite even."""
    spacing = grid.spacing_mm[0]
    fine = smooth_noise(grid.shape, spacing, 2.5, rng)
    broad = smooth_noise(grid.shape, spacing, 12.0, rng)
    return np.asarray(1.0 + 0.03 * fine + 0.02 * broad, dtype=np.float32)
