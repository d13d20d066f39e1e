"""A patient: head, tumor, scans, and the exact truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from glioscope.core import Hemisphere, Sequence, Series, Study, Volume
from glioscope.simulation.acquire import Pose, SeriesPlan, acquire, draw_pose, slice_grid, tags
from glioscope.simulation.body import Body, grow_all, pushes_of
from glioscope.simulation.growth import Tumor
from glioscope.simulation.head import head_model
from glioscope.simulation.render import render
from glioscope.simulation.tumors import Entity, draw_tumors
from glioscope.simulation.warp import HeadShape, MassEffect, Points, draw_shape

HEADS = 8
"""Number of different heads (skull, scalp, face) around the brain, before they are bent."""

CLINICAL = (
    SeriesPlan(sequence=Sequence.T1, tilt_deg=8.0),
    SeriesPlan(
        sequence=Sequence.T1C, in_plane_mm=1.0, thickness_mm=1.0, distance_mm=1.0, noise=0.035
    ),
    SeriesPlan(sequence=Sequence.T2, in_plane_mm=0.75, tilt_deg=8.0),
    SeriesPlan(sequence=Sequence.FLAIR, tilt_deg=8.0),
)
"""A usual protocol: thin T1 with contrast, the others in tilted slices of 5 mm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationConfig:
    """What to simulate.

    Args:
        tumors: Those to grow; ``None`` draws them, ``()`` is a healthy head.
        entity: What to draw; any where ``None``.
        series: How it is scanned.
        spacing_mm: Of the head and the truth.
        shape: Strength of the individual shape, 0 to 1.
        shift_mm: Standard deviation, along each axis, by which the head lies elsewhere in each
            series but the one with contrast.
        angle_deg: Likewise for the turn about each axis.
        scanner: Name of the scanner, in the tags.
    """

    tumors: tuple[Tumor, ...] | None = None
    entity: Entity | None = None
    series: tuple[SeriesPlan, ...] = CLINICAL
    spacing_mm: float = 1.0
    shape: float = 1.0
    shift_mm: float = 1.5
    angle_deg: float = 1.5
    scanner: str = "simulated 1.5 T"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """What is known of a simulated patient, in the world of the reference series.

    Args:
        labels: ``core.Label``, uint8, on the head's grid.
        brain: Bool mask on the same grid.
        poses: By sequence; the reference's is the identity.
        hemisphere: Of the whole tumor by the healthy midline; ``None`` without tumor.
        midline_shift_mm: Largest sideways push of the septum pellucidum and third ventricle.
        tumors: As grown.
    """

    labels: Volume
    brain: Volume
    poses: Mapping[Sequence, Pose]
    hemisphere: Hemisphere | None
    midline_shift_mm: float
    tumors: tuple[Tumor, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedPatient:
    """A study and its truth.

    Args:
        seed: The same seed and configuration give the same patient.
        study: Series as a scanner would write them.
        truth: What is known.
        heads: The signal of each sequence in the head's own world, without noise, on the grid of
            the truth; what a perfect scanner would see.
    """

    seed: int
    study: Study
    truth: Truth
    heads: Mapping[Sequence, Volume] = field(default_factory=dict)


def simulate_patient(seed: int, config: SimulationConfig | None = None) -> SimulatedPatient:
    """Simulate a patient with known truth.

    Args:
        seed: 0 or more.
        config: A usual protocol and drawn tumors where ``None``.
    """
    config = config or SimulationConfig()
    rng = np.random.default_rng(seed)
    model = head_model(config.spacing_mm, seed % HEADS)
    shape = draw_shape(rng, strength=config.shape)
    tumors = config.tumors if config.tumors is not None else draw_tumors(rng, config.entity)
    body = Body(model=model, shape=shape, pushes=pushes_of(tumors))
    grid = model.grid
    templates = body.templates(grid)
    growth = grow_all(body, tumors, grid, templates, rng)
    wanted = dict.fromkeys(plan.sequence for plan in config.series)
    heads = render(model, grid, templates, growth, sequences=wanted, rng=rng)
    series, poses = _scan(heads, config, rng)
    truth = Truth(
        labels=grid.with_data(growth.labels),
        brain=grid.with_data(body.brain(templates)),
        poses=poses,
        hemisphere=_hemisphere(growth.labels, templates),
        midline_shift_mm=_midline_shift_mm(shape, body.pushes),
        tumors=tumors,
    )
    study = Study(case_id=f"SIMULATED-{seed:04d}", series=series)
    return SimulatedPatient(seed=seed, study=study, truth=truth, heads=heads)


def _scan(
    heads: Mapping[Sequence, Volume], config: SimulationConfig, rng: np.random.Generator
) -> tuple[tuple[Series, ...], dict[Sequence, Pose]]:
    still = Pose(to_reference=np.eye(4))
    series, poses = [], {}
    reference = _reference(config.series)
    for plan in config.series:
        drawn = draw_pose(rng, shift_mm=config.shift_mm, angle_deg=config.angle_deg)
        pose = still if plan.sequence is reference else drawn
        low, high = np.array([-92.0, -130.0, -80.0]), np.array([92.0, 118.0, 104.0])
        grid = slice_grid(plan, low_mm=low, high_mm=high)
        image = acquire(heads[plan.sequence], plan, pose, grid, rng)
        series.append(
            Series(
                series_id=str(plan.sequence),
                volume=image,
                acquisition=tags(plan, scanner=config.scanner),
            )
        )
        poses[plan.sequence] = pose
    return tuple(series), poses


def _reference(plans: tuple[SeriesPlan, ...]) -> Sequence:
    """T1c if it is there, as preparation chooses, else the first."""
    sequences = [plan.sequence for plan in plans]
    return Sequence.T1C if Sequence.T1C in sequences else sequences[0]


def _hemisphere(labels: npt.NDArray[np.uint8], templates: Points) -> Hemisphere | None:
    """Side of the whole tumor in the template; both where each side has 5% or more."""
    x = templates[..., 0][labels > 0]
    if not x.size:
        return None
    left = float((x < 0).mean())
    if 0.05 <= left <= 0.95:
        return Hemisphere.BOTH
    return Hemisphere.LEFT if left > 0.5 else Hemisphere.RIGHT


_MIDDLE_MM = np.array(
    [(0.0, y, z) for y in (-18.0, -6.0, 6.0, 18.0) for z in (-2.0, 8.0, 13.0)], dtype=np.float32
)
"""Third ventricle and septum pellucidum in the template."""


def _midline_shift_mm(shape: HeadShape, pushes: tuple[MassEffect, ...]) -> float:
    """How far the tumors push the middle structures sideways, in the patient."""
    points = _MIDDLE_MM
    for _ in range(30):
        points = points + (_MIDDLE_MM - shape.to_template(points))
    moved = points
    for push in reversed(pushes):
        moved = push.after(moved)
    right = np.linalg.inv(shape.matrix[:3, :3])[:, 0]
    sideways = (moved - points) @ (right / np.linalg.norm(right))
    return float(np.abs(sideways).max())
