"""Aligned, stripped four-sequence samples with labels, fast enough to train on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from glioscope.core import Sequence, Volume
from glioscope.simulation.body import Body, grow_all, pushes_of
from glioscope.simulation.head import head_model
from glioscope.simulation.phantoms import empty_grid
from glioscope.simulation.render import render
from glioscope.simulation.tumors import Entity, draw_tumors
from glioscope.simulation.warp import draw_shape

_EXTENT_MM: Final = (168.0, 210.0, 183.0)
_CENTER_MM: Final = (0.0, -16.0, 6.0)
"""A box that holds every bent brain."""

_GROWTH_MM: Final = 3.0
"""Coarser than for a scan: the shape of a tumor is smooth."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingSample:
    """What a network sees of a simulated patient.

    Args:
        images: Shape ``(4, I, J, K)`` in the order of ``Sequence``, float32, 0 outside the brain;
            signal of a perfect scanner (no shading, no noise, not normalized).
        labels: ``core.Label``, uint8, shape ``(I, J, K)``.
        brain: Bool.
        affine: Index to RAS+ mm.
    """

    images: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8]
    brain: npt.NDArray[np.bool_]
    affine: npt.NDArray[np.float64]


def training_sample(
    seed: int, *, spacing_mm: float = 1.5, entity: Entity | None = None, model_mm: float = 1.0
) -> TrainingSample:
    """Simulate one patient's stripped brain; the first call of a process also builds the head.

    Args:
        seed: The same seed gives the same sample.
        spacing_mm: Of the sample.
        entity: Kind of tumor; any where ``None``.
        model_mm: Spacing of the head that it is sampled from.
    """
    rng = np.random.default_rng(seed)
    model = head_model(model_mm)
    shape = draw_shape(rng)
    tumors = draw_tumors(rng, entity)
    body = Body(model=model, shape=shape, pushes=pushes_of(tumors))
    step = (spacing_mm, spacing_mm, spacing_mm)
    grid: Volume = empty_grid(extent_mm=_EXTENT_MM, spacing_mm=step, center_mm=_CENTER_MM)
    templates = body.templates(grid)
    brain = body.brain(templates)
    growth = grow_all(body, tumors, grid, templates, rng, step_mm=_GROWTH_MM)
    heads = render(model, grid, templates, growth, sequences=tuple(Sequence), rng=rng, where=brain)
    images = np.stack([heads[sequence].data for sequence in Sequence])
    return TrainingSample(images=images, labels=growth.labels, brain=brain, affine=grid.affine)
