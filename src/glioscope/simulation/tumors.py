"""Which tumor a simulated patient has."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from glioscope.simulation.growth import Tumor


class Entity(StrEnum):
    """Kinds of tumors by their look."""

    RING = "ring_enhancing"
    LOW_GRADE = "non_enhancing"
    MULTIFOCAL = "multifocal"
    SMALL = "small"


_SHARES = {Entity.RING: 0.5, Entity.LOW_GRADE: 0.25, Entity.MULTIFOCAL: 0.125, Entity.SMALL: 0.125}


def draw_tumors(rng: np.random.Generator, entity: Entity | None = None) -> tuple[Tumor, ...]:
    """Draw the tumors of a patient.

    Args:
        rng: Source of randomness.
        entity: What to draw; any, most often a ring, where ``None``.
    """
    if entity is None:
        entity = Entity(str(rng.choice(list(_SHARES), p=list(_SHARES.values()))))
    if entity is Entity.LOW_GRADE:
        return (_low_grade(rng),)
    if entity is Entity.SMALL:
        return (_enhancing(rng, radius_mm=float(rng.uniform(3.5, 6.5))),)
    first = _enhancing(rng, radius_mm=float(rng.uniform(10.0, 19.0)))
    if entity is Entity.RING:
        return (first,)
    others = tuple(_satellite(rng, first) for _ in range(int(rng.integers(1, 3))))
    return (first, *others)


def _place(rng: np.random.Generator) -> tuple[float, float, float]:
    """A point in the cerebral white matter, by and large."""
    side = float(rng.choice([-1.0, 1.0]))
    up, front = float(rng.uniform(-12.0, 42.0)), float(rng.uniform(-68.0, 38.0))
    return (side * float(rng.uniform(22.0, 44.0)), front, up)


def _enhancing(rng: np.random.Generator, *, radius_mm: float) -> Tumor:
    return Tumor(
        center_mm=_place(rng),
        core_radius_mm=radius_mm,
        rim_mm=float(rng.uniform(0.16, 0.3)) * radius_mm + 1.0,
        push_mm=float(rng.uniform(0.2, 0.45)) * radius_mm,
        visible_edge=float(np.exp(rng.uniform(np.log(0.02), np.log(0.25)))),
    )


def _low_grade(rng: np.random.Generator) -> Tumor:
    radius = float(rng.uniform(9.0, 20.0))
    return Tumor(
        center_mm=_place(rng),
        core_radius_mm=radius,
        rim_mm=0.0,
        push_mm=float(rng.uniform(0.08, 0.25)) * radius,
        visible_edge=float(rng.uniform(0.2, 0.5)),
    )


def _satellite(rng: np.random.Generator, first: Tumor) -> Tumor:
    """A smaller tumor at least four radii from the first."""
    drawn = _enhancing(rng, radius_mm=float(rng.uniform(4.0, 0.6 * first.core_radius_mm)))
    for _ in range(50):
        apart = np.linalg.norm(np.array(drawn.center_mm) - np.array(first.center_mm))
        if apart >= 4.0 * first.core_radius_mm:
            break
        drawn = _enhancing(rng, radius_mm=drawn.core_radius_mm)
    return drawn
