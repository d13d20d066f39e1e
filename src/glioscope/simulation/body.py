"""One patient's anatomy: the model head, bent to an individual and pushed by tumors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import Volume
from glioscope.simulation.growth import STEP_MM, Tumor, grow, labels_of
from glioscope.simulation.head import HeadModel
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
        count = [n // every + 2 for n in grid.shape]
        coarse = Volume(data=np.zeros(count, dtype=np.uint8), affine=affine)
        points = self.to_template(world_points(coarse).astype(np.float32))
        result = np.empty((*grid.shape, 3), dtype=np.float32)
        for axis in range(3):
            result[..., axis] = ndimage.affine_transform(
                points[..., axis],
                np.eye(3) / every,
                output_shape=grid.shape,
                order=1,
                output=np.float32,
            )
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
    density = np.zeros(grid.shape, dtype=np.float32)
    labels = np.zeros(grid.shape, dtype=np.uint8)
    closed = np.zeros(grid.shape, dtype=bool)
    gray = sample(body.model.gray, body.model.grid, templates) if tumors else density
    brain = body.brain(templates)
    for tumor in tumors:
        own = np.where(brain, _grown(body, tumor, grid, rng, step_mm), np.float32(0.0))
        part = labels_of(own, gray, tumor, spacing_mm=grid.spacing_mm[0], rng=rng)
        part[~brain] = 0
        denser = (part > 0) & ((own > density) | (labels == 0))
        labels[denser] = part[denser]
        closed[denser] = tumor.rim_mm <= 0
        density = np.maximum(density, own)
    return Growth(density=density, labels=labels, closed=closed)


def _grown(
    body: Body, tumor: Tumor, grid: Volume, rng: np.random.Generator, step_mm: float
) -> Floats:
    """Density of one tumor on a grid."""
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
    ratio = grid.spacing_mm[0] / step_mm
    return np.asarray(
        ndimage.affine_transform(
            density,
            ratio * np.eye(3),
            box.index(grid.affine[:3, 3]),
            output_shape=grid.shape,
            order=1,
        )
    )


def _seed(matter: Floats) -> tuple[int, int, int]:
    """The voxel of brain nearest to the middle of a box."""
    where = np.argwhere(matter > 0.9)
    middle = (np.array(matter.shape) - 1) / 2
    i, j, k = where[np.argmin(((where - middle) ** 2).sum(axis=1))].tolist()
    return (i, j, k)
