"""A patient: head, tumor, scans, and the exact truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import Hemisphere, Label, Sequence, Series, Study, Volume
from glioscope.simulation.acquire import Pose, SeriesPlan, acquire, draw_pose, slice_grid, tags
from glioscope.simulation.growth import STEP_MM, Tumor, grow, labels_of
from glioscope.simulation.head import HeadModel, head_model
from glioscope.simulation.phantoms import world_points
from glioscope.simulation.tissue import Tissue, signal
from glioscope.simulation.warp import HeadShape, MassEffect, Points, draw_shape, sample

Floats = npt.NDArray[np.float32]

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
        tumors: Those to grow; ``None`` draws one, ``()`` is a healthy head.
        series: How it is scanned.
        spacing_mm: Of the head and the truth.
        shape: Strength of the individual shape, 0 to 1.
        shift_mm: Standard deviation, along each axis, by which the head lies elsewhere in each
            series but the one with contrast.
        angle_deg: Likewise for the turn about each axis.
        scanner: Name of the scanner, in the tags.
    """

    tumors: tuple[Tumor, ...] | None = None
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Body:
    """The patient's own anatomy on the head's grid, the tumor's push included."""

    model: HeadModel
    grid: Volume
    shape: HeadShape
    pushes: tuple[MassEffect, ...]

    def to_template(self, points_mm: Points) -> Points:
        for push in self.pushes:
            points_mm = push.before(points_mm)
        return self.shape.to_template(points_mm)


def simulate_patient(seed: int, config: SimulationConfig | None = None) -> SimulatedPatient:
    """Simulate a patient with known truth.

    Args:
        seed: 0 or more.
        config: A usual protocol and one drawn tumor where ``None``.
    """
    config = config or SimulationConfig()
    rng = np.random.default_rng(seed)
    model = head_model(config.spacing_mm)
    shape = draw_shape(rng, strength=config.shape)
    tumors = config.tumors if config.tumors is not None else (draw_tumor(rng),)
    pushes = tuple(
        MassEffect(
            center_mm=tumor.center_mm,
            radius_mm=max(tumor.core_radius_mm, 8.0),
            push_mm=min(tumor.push_mm, 0.6 * max(tumor.core_radius_mm, 8.0)),
        )
        for tumor in tumors
        if tumor.push_mm > 0
    )
    body = _Body(model=model, grid=model.grid, shape=shape, pushes=pushes)
    templates = _template_points(body)
    density = _density(body, tumors)
    labels = _labels(density, tumors, model, rng)
    brain = model.grid.with_data(
        sample(model.brain.astype(np.float32), model.grid, templates) > 0.5
    )
    heads = _heads(model, templates, density, labels, config, rng)
    series, poses = _scan(heads, config, rng)
    truth = Truth(
        labels=model.grid.with_data(np.where(brain.data, labels, 0).astype(np.uint8)),
        brain=brain,
        poses=poses,
        hemisphere=_hemisphere(labels, templates),
        midline_shift_mm=_midline_shift_mm(shape, pushes),
        tumors=tumors,
    )
    study = Study(case_id=f"SIMULATED-{seed:04d}", series=series)
    return SimulatedPatient(seed=seed, study=study, truth=truth, heads=heads)


def _template_points(body: _Body) -> Points:
    """Template point of every voxel: computed at every fourth, as it is smooth, and between."""
    grid, every = body.grid, 4
    affine = grid.affine.copy()
    affine[:3, :3] *= every
    count = [n // every + 2 for n in grid.shape]
    coarse = Volume(data=np.zeros(count, dtype=np.uint8), affine=affine)
    points = body.to_template(world_points(coarse).astype(np.float32))
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


def draw_tumor(rng: np.random.Generator) -> Tumor:
    """Draw a tumor: two in three are ring-enhancing glioblastomas, the others do not enhance."""
    side = rng.choice([-1.0, 1.0])
    place = (
        float(side * rng.uniform(22.0, 45.0)),
        float(rng.uniform(-65.0, 35.0)),
        float(rng.uniform(0.0, 40.0)),
    )
    enhances = rng.random() < 2.0 / 3.0
    radius = float(rng.uniform(9.0, 18.0))
    return Tumor(
        center_mm=place,
        core_radius_mm=radius,
        rim_mm=float(rng.uniform(2.0, 4.5)) if enhances else 0.0,
        push_mm=float(rng.uniform(0.2, 0.45)) * radius if enhances else 0.1 * radius,
    )


def _density(body: _Body, tumors: tuple[Tumor, ...]) -> Floats:
    """Density of all tumors on the head's grid, grown on a coarser one in the pushed brain."""
    grid = body.grid
    total = np.zeros(grid.shape, dtype=np.float32)
    for tumor in tumors:
        reach = 3.2 * tumor.core_radius_mm + 24.0
        count = int(2 * reach / STEP_MM)
        affine = np.diag([STEP_MM, STEP_MM, STEP_MM, 1.0])
        affine[:3, 3] = np.array(tumor.center_mm) - (count - 1) / 2 * STEP_MM
        box = Volume(data=np.zeros((count,) * 3, dtype=np.float32), affine=affine)
        places = body.to_template(world_points(box).astype(np.float32))
        white, gray = (
            sample(body.model.fractions[tissue], body.model.grid, places)
            for tissue in (Tissue.WHITE, Tissue.GRAY)
        )
        grown = grow(white, gray, _seed(white + gray), core_radius_mm=tumor.core_radius_mm)
        total = np.maximum(total, _onto(grown, box, grid))
    return total


def _seed(matter: Floats) -> tuple[int, int, int]:
    """The voxel of brain nearest to the middle of a box."""
    where = np.argwhere(matter > 0.9)
    middle = (np.array(matter.shape) - 1) / 2
    i, j, k = where[np.argmin(((where - middle) ** 2).sum(axis=1))].tolist()
    return (i, j, k)


def _onto(data: Floats, box: Volume, grid: Volume) -> Floats:
    """Bring a box to the head's grid, 0 around it."""
    ratio = grid.spacing_mm[0] / box.spacing_mm[0]
    offset = box.index(grid.affine[:3, 3])
    return np.asarray(
        ndimage.affine_transform(data, ratio * np.eye(3), offset, output_shape=grid.shape, order=1)
    )


def _labels(
    density: Floats, tumors: tuple[Tumor, ...], model: HeadModel, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Labels of all tumors; each has its own rim."""
    labels = np.zeros(density.shape, dtype=np.uint8)
    if len(tumors) < 2:
        for tumor in tumors:
            labels = labels_of(density, rim_mm=tumor.rim_mm, spacing_mm=model.spacing_mm, rng=rng)
        return labels
    points = world_points(model.grid)
    nearest = np.argmin(
        [((points - np.array(tumor.center_mm)) ** 2).sum(axis=-1) for tumor in tumors], axis=0
    )
    for index, tumor in enumerate(tumors):
        own = np.where(nearest == index, density, np.float32(0.0))
        part = labels_of(own, rim_mm=tumor.rim_mm, spacing_mm=model.spacing_mm, rng=rng)
        labels = np.maximum(labels, part)
    return labels


def _heads(
    model: HeadModel,
    templates: Points,
    density: Floats,
    labels: npt.NDArray[np.uint8],
    config: SimulationConfig,
    rng: np.random.Generator,
) -> dict[Sequence, Volume]:
    """The signal of each sequence, tumor included."""
    enhances = any(tumor.rim_mm > 0 for tumor in config.tumors or ()) or (labels == 3).any()
    shares = {
        Tissue.EDEMA: _soft(labels == Label.EDEMA) * np.clip(density / 0.5, 0.35, 1.0),
        Tissue.NECROSIS: _soft(labels == Label.NECROSIS),
        Tissue.SOLID: _soft(labels == Label.ENHANCING),
    }
    texture = 1.0 + 0.035 * _texture(model.grid.shape, rng)
    heads = {}
    for sequence in dict.fromkeys(plan.sequence for plan in config.series):
        healthy = sum(
            fraction * np.float32(signal(tissue, sequence))
            for tissue, fraction in model.fractions.items()
        )
        image = sample(np.asarray(healthy), model.grid, templates)
        image *= 1.0 - np.minimum(sum(shares.values()), 1.0)
        for tissue, share in shares.items():
            seen = _seen(tissue, sequence, enhances=bool(enhances))
            image += share * np.float32(seen)
        heads[sequence] = model.grid.with_data((image * texture).astype(np.float32))
    return heads


def _seen(tissue: Tissue, sequence: Sequence, *, enhances: bool) -> float:
    """A core that does not enhance is solid tumor behind a closed barrier, not necrosis."""
    if tissue is Tissue.NECROSIS and not enhances:
        without = Sequence.T1 if sequence is Sequence.T1C else sequence
        return signal(Tissue.SOLID, without)
    return signal(tissue, sequence)


def _soft(mask: npt.NDArray[np.bool_]) -> Floats:
    return np.asarray(ndimage.gaussian_filter(mask.astype(np.float32), 0.7))


def _texture(shape: tuple[int, int, int], rng: np.random.Generator) -> Floats:
    """Smooth noise of standard deviation 1: tissue is never quite even."""
    coarse = rng.normal(0.0, 1.0, [n // 2 for n in shape]).astype(np.float32)
    coarse = ndimage.gaussian_filter(coarse, 0.8)
    fine = ndimage.zoom(coarse, 2, order=1, grid_mode=True, mode="nearest")
    return np.asarray(fine / fine.std(), dtype=np.float32)


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
