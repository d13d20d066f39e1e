"""One patient's anatomy: the model head, bent to an individual and pushed by tumors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import Volume
from glioscope.simulation.growth import STEP_MM, Tumor, grow, labels_of
from glioscope.simulation.head import HeadModel
from glioscope.simulation.noise import linear
from glioscope.simulation.phantoms import world_points
from glioscope.simulation.render import Growth
from glioscope.simulation.warp import HeadShape, MassEffect, Points, sample

Floats = npt.NDArray[np.float32]

_SMOOTH_MM = 4.0
"""Grid on which the map to the template is computed; it bends over centimeters."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Body:
    """A patient's own anatomy, the tumors' push included.

    Args:
        model: The healthy head.
        shape: The individual.
        pushes: Of the tumors.
    """

    model: HeadModel
    shape: HeadShape
    pushes: tuple[MassEffect, ...]

    def to_template(self, points_mm: Points) -> Points:
        """Map patient points, RAS+ mm, shape ``(..., 3)``, to the template's world."""
        for push in self.pushes:
            points_mm = push.before(points_mm)
        return self.shape.to_template(points_mm)

    def templates(self, grid: Volume) -> Points:
        """Return the template point of every voxel of an axis-aligned grid."""
        every = max(1, round(_SMOOTH_MM / grid.spacing_mm[0]))
        affine = grid.affine.copy()
        affine[:3, :3] *= every
        coarse_shape = [n // every + 2 for n in grid.shape]
        coarse = Volume(data=np.zeros(coarse_shape, dtype=np.uint8), affine=affine)
        points = self.to_template(world_points(coarse).astype(np.float32))
        result = np.empty((*grid.shape, 3), dtype=np.float32)
        for component in range(3):
            field = points[..., component]
            for axis, count in enumerate(grid.shape):
                field = linear(field, np.arange(count) / every, axis)
            result[..., component] = field
        return result

    def brain(self, templates: Points) -> npt.NDArray[np.bool_]:
        """Return where the brain is, at template points of any shape ``(..., 3)``."""
        return sample(self.model.brain.astype(np.float32), self.model.grid, templates) > 0.5


def pushes_of(tumors: tuple[Tumor, ...]) -> tuple[MassEffect, ...]:
    """Return what each tumor pushes; less than it draws where that would fold tissue."""
    return tuple(
        MassEffect(
            center_mm=tumor.center_mm,
            radius_mm=max(tumor.core_radius_mm, 8.0),
            push_mm=min(tumor.push_mm, 0.6 * max(tumor.core_radius_mm, 8.0)),
        )
        for tumor in tumors
        if tumor.push_mm > 0
    )


def grow_all(
    body: Body,
    tumors: tuple[Tumor, ...],
    grid: Volume,
    templates: Points,
    rng: np.random.Generator,
    *,
    step_mm: float = STEP_MM,
) -> Growth:
    """Grow all tumors in the pushed brain.

    Args:
        body: The patient.
        tumors: Each grows alone; where two meet, the denser one shows.
        grid: Of the result, axis-aligned, equal spacing.
        templates: Of its voxels (``Body.templates``).
        rng: Source of the variation.
        step_mm: Grid of the growth.
    """
    result = Growth(
        density=np.zeros(grid.shape, dtype=np.float32),
        labels=np.zeros(grid.shape, dtype=np.uint8),
        closed=np.zeros(grid.shape, dtype=bool),
    )
    for tumor in tumors:
        _add(result, body, tumor, grid, templates, rng, step_mm)
    return result


def _add(
    growth: Growth,
    body: Body,
    tumor: Tumor,
    grid: Volume,
    templates: Points,
    rng: np.random.Generator,
    step_mm: float,
) -> None:
    """Grow one tumor and add it, in place, where it is denser than those that are there."""
    box, grown = _grown(body, tumor, rng, step_mm)
    part = _overlap(grid, box)
    ratio = grid.spacing_mm[0] / step_mm
    first = grid.world([one.start for one in part])
    shape = tuple(one.stop - one.start for one in part)
    own = ndimage.affine_transform(
        grown, ratio * np.eye(3), box.index(first), output_shape=shape, order=1
    )
    places = templates[part]
    brain = body.brain(places)
    own *= brain
    gray = sample(body.model.gray, body.model.grid, places)
    labels = labels_of(own, gray, tumor, spacing_mm=grid.spacing_mm[0], rng=rng)
    labels[~brain] = 0
    labels[~_largest(labels > 0)] = 0
    denser = (labels > 0) & ((own > growth.density[part]) | (growth.labels[part] == 0))
    growth.labels[part][denser] = labels[denser]
    growth.closed[part][denser] = tumor.rim_mm <= 0
    growth.density[part] = np.maximum(growth.density[part], own)


def _grown(
    body: Body, tumor: Tumor, rng: np.random.Generator, step_mm: float
) -> tuple[Volume, Floats]:
    """Density of one tumor in a box around it."""
    reach = 2.4 * tumor.core_radius_mm + 26.0
    count = int(2 * reach / step_mm)
    affine = np.diag([step_mm, step_mm, step_mm, 1.0])
    affine[:3, 3] = np.array(tumor.center_mm) - (count - 1) / 2 * step_mm
    box = Volume(data=np.zeros((count,) * 3, dtype=np.float32), affine=affine)
    places = body.to_template(world_points(box).astype(np.float32))
    white, gray = (
        sample(share, body.model.grid, places) for share in (body.model.white, body.model.gray)
    )
    density = grow(
        white,
        gray,
        _seed(white + gray),
        core_radius_mm=tumor.core_radius_mm,
        rng=rng,
        step_mm=step_mm,
    )
    return box, density


def _largest(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Without the specks that uneven edges leave: one tumor is one lesion."""
    parts, count = ndimage.label(mask, structure=np.ones((3, 3, 3)))
    if count < 2:
        return mask
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray(parts == sizes.argmax())


def _overlap(grid: Volume, box: Volume) -> tuple[slice, slice, slice]:
    """The part of a grid that a box covers."""
    low = np.floor(grid.index(box.world((0, 0, 0)))).astype(int)
    high = np.ceil(grid.index(box.world(np.array(box.shape) - 1))).astype(int) + 1
    i, j, k = (slice(max(a, 0), min(b, n)) for a, b, n in zip(low, high, grid.shape, strict=True))
    return (i, j, k)


def _seed(matter: Floats) -> tuple[int, int, int]:
    """The voxel of brain nearest to the middle of a box."""
    where = np.argwhere(matter > 0.9)
    middle = (np.array(matter.shape) - 1) / 2
    i, j, k = where[np.argmin(((where - middle) ** 2).sum(axis=1))].tolist()
    return (i, j, k)
