"""What a scanner makes of a head: slices, motion, shading, noise."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import Acquisition, Sequence, Volume
from glioscope.simulation.noise import upsampled
from glioscope.simulation.tissue import PROTOCOL
from glioscope.simulation.warp import Points, rotation

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPlan:
    """How one series is scanned.

    Args:
        sequence: Its contrast.
        in_plane_mm: Voxel size in the slice.
        thickness_mm: Of a slice; the signal is averaged over it.
        distance_mm: Between the centers of neighboring slices.
        tilt_deg: Of the slices about the left-right axis.
        gain: What the scanner multiplies all intensities with.
        noise: Standard deviation of each of the two channels of the noise, as a share of the
            signal of white matter; the magnitude is Rician.
        shading: Standard deviation of the logarithm of the bias field at its control points.
        ghost: Amplitude of a ghost half a field of view away, as a share of the image; 0 is none.
    """

    sequence: Sequence
    in_plane_mm: float = 0.9375
    thickness_mm: float = 5.0
    distance_mm: float = 5.5
    tilt_deg: float = 0.0
    gain: float = 1000.0
    noise: float = 0.025
    shading: float = 0.12
    ghost: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pose:
    """How the head lay during one series.

    Args:
        to_reference: Shape ``(4, 4)``: world of the series (RAS+ mm) to the head's own world.
    """

    to_reference: npt.NDArray[np.float64]


def draw_pose(rng: np.random.Generator, *, shift_mm: float, angle_deg: float) -> Pose:
    """Draw a rigid pose with standard deviations for each axis; about the head's middle."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(np.radians(rng.normal(0.0, angle_deg, 3)))
    matrix[:3, 3] = rng.normal(0.0, shift_mm, 3)
    return Pose(to_reference=matrix)


def slice_grid(plan: SeriesPlan, *, low_mm: Points, high_mm: Points) -> Volume:
    """Return the grid of a series: axial slices over a box, tilted about the left-right axis.

    Rows run to the patient's left and columns to the back, as scanners write axial slices, so
    the first two axes point against RAS+.
    """
    count = int(np.ceil((high_mm[2] - low_mm[2]) / plan.distance_mm)) + 1
    size = int(np.ceil(max(high_mm[0] - low_mm[0], high_mm[1] - low_mm[1]) / plan.in_plane_mm))
    turn = rotation([np.radians(plan.tilt_deg), 0.0, 0.0])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([-plan.in_plane_mm, -plan.in_plane_mm, plan.distance_mm])
    middle = (np.array([size, size, count]) - 1) / 2
    affine[:3, 3] = (low_mm + high_mm) / 2 - affine[:3, :3] @ middle
    return Volume(data=np.zeros((size, size, count), dtype=np.float32), affine=affine)


def acquire(
    head: Volume, plan: SeriesPlan, pose: Pose, grid: Volume, rng: np.random.Generator
) -> Volume:
    """Scan a head.

    Args:
        head: Signal in the head's world, float32, axis-aligned.
        plan: Of the series.
        pose: Where the head lay.
        grid: Of the series (``slice_grid``).
        rng: Source of shading and noise.

    Returns:
        Whole numbers of 0 or more, float32, on the grid.
    """
    to_head = np.linalg.inv(head.affine) @ pose.to_reference @ grid.affine
    along = to_head[:3, 2] / np.linalg.norm(grid.affine[:3, 2])
    steps = max(1, round(plan.thickness_mm / 1.25))
    total = np.zeros(grid.shape, dtype=np.float32)
    for offset_mm in ((np.arange(steps) + 0.5) / steps - 0.5) * plan.thickness_mm:
        start = to_head[:3, 3] + offset_mm * along
        total += ndimage.affine_transform(
            head.data, to_head[:3, :3], start, output_shape=grid.shape, order=1, output=np.float32
        )
    image = total / np.float32(steps) * _shading(grid.shape, plan.shading, rng)
    if plan.ghost > 0:
        image = image + np.float32(plan.ghost) * np.roll(image, grid.shape[1] // 2, axis=1)
    return grid.with_data(_measured(image, plan, rng))


def tags(plan: SeriesPlan, *, scanner: str) -> Acquisition:
    """Return the tags of a series."""
    return replace(
        PROTOCOL[plan.sequence],
        slice_thickness_mm=plan.thickness_mm,
        manufacturer="Glioscope",
        manufacturer_model_name=scanner,
        acquisition_date="20200101",
        acquisition_time="120000",
        image_type=("ORIGINAL", "PRIMARY", "M", "ND"),
    )


def _shading(shape: tuple[int, int, int], strength: float, rng: np.random.Generator) -> Floats:
    coarse = rng.normal(0.0, strength, (4, 4, 4)).astype(np.float32)
    smooth = ndimage.zoom(coarse, 8, order=3, mode="nearest", grid_mode=True)
    return np.exp(upsampled(smooth, shape))


def _measured(image: Floats, plan: SeriesPlan, rng: np.random.Generator) -> Floats:
    """Add Rician noise and digitize."""
    inside = image[image > 0.05 * float(image.max())]
    level = plan.noise * (float(np.median(inside)) if inside.size else 1.0)
    real = image + np.float32(level) * rng.standard_normal(image.shape, dtype=np.float32)
    other = np.float32(level) * rng.standard_normal(image.shape, dtype=np.float32)
    return np.asarray(np.rint(np.hypot(real, other) * np.float32(plan.gain)), dtype=np.float32)
