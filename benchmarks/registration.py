"""How exactly a known misalignment comes back: random cases on a head phantom.

    .venv/bin/python benchmarks/registration.py --cases 40 --json registration.json

The head is the MNI template with a skull and scalp around it, in the contrast of T1, T1c, T2 or
FLAIR, scanned with partial volume, a bias field and Rician noise of 3%.  The fixed image is a T1c;
the moving one was turned by up to 15 degrees about a random axis and shifted by up to 20 mm.  The
error is the mean distance over the brain between where points came back to and where they belong.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial.transform import Rotation

from glioscope.core import Volume
from glioscope.io import load_template
from glioscope.preparation import register_rigid, resampled

# grey matter, white matter, fluid, fluid below the skull, skull, scalp
CONTRASTS = {
    "t1": (100.0, 140.0, 40.0, 30.0, 10.0, 160.0),
    "t1c": (110.0, 130.0, 45.0, 90.0, 10.0, 170.0),
    "t2": (110.0, 80.0, 220.0, 200.0, 10.0, 120.0),
    "flair": (120.0, 100.0, 25.0, 30.0, 10.0, 110.0),
}
GRIDS = {"1 mm": (1.0, 1.0, 1.0), "5.5 mm slices": (0.9, 0.9, 5.5)}
LIMITS_MM = {"1 mm": 0.3, "5.5 mm slices": 1.0}
MIDDLE_MM = np.array([0.0, -18.0, 10.0])


@dataclass(frozen=True, kw_only=True)
class Result:
    """One case."""

    grid: str
    contrast: str
    stripped: bool
    moved_mm: float
    error_mm: float
    seconds: float


@lru_cache(maxsize=8)
def head(contrast: str, *, stripped: bool) -> Volume:
    """Return the whole head at 1 mm in template world."""
    values, template = CONTRASTS[contrast], load_template()
    tissues = (template.gray, template.white, template.fluid)
    image = sum(value * part.data for value, part in zip(values, tissues, strict=False))
    if not stripped:
        depth_mm = _outside_mm(template.brain)
        shells = ((0.0, 3.0), (3.0, 9.0), (9.0, 16.0))
        for value, (low, high) in zip(values[3:], shells, strict=True):
            image = np.where((depth_mm > low) & (depth_mm <= high), value, image)
    smooth = ndimage.gaussian_filter(np.asarray(image, dtype=np.float32), 0.6)
    return template.t1.with_data(smooth)


@lru_cache(maxsize=1)
def _outside_mm(brain: Volume) -> npt.NDArray[np.float32]:
    """Return the distance to the brain, computed at 2 mm."""
    coarse = ndimage.distance_transform_edt(~brain.data[::2, ::2, ::2], sampling=2.0)
    like = Volume(data=coarse.astype(np.float32), affine=brain.affine @ np.diag([2, 2, 2, 1]))
    return resampled(like, like=brain, outside=100.0).data


def scan(
    anatomy: Volume,
    pose: npt.NDArray[np.float64],
    spacing_mm: tuple[float, float, float],
    rng: np.random.Generator,
) -> Volume:
    """Scan a head that lies in a pose: thick slices average, shading and noise are added."""
    spacing = np.array(spacing_mm)
    shape = np.round(np.array((210.0, 236.0, 176.0)) / spacing).astype(int)
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = -(shape - 1) / 2 * spacing + (0.0, -18.0, 15.0)
    like = Volume(data=np.zeros(tuple(shape.tolist()), dtype=bool), affine=affine)
    thin = max(1, round(spacing_mm[2]))
    total = np.zeros(like.shape, dtype=np.float32)
    for offset in ((np.arange(thin) - (thin - 1) / 2) / thin * spacing_mm[2]).tolist():
        shifted = pose.copy()
        shifted[2, 3] -= offset
        total += resampled(anatomy, like=like, to_reference=shifted).data / thin
    x, y, _ = np.meshgrid(*(np.linspace(-1, 1, n) for n in like.shape), indexing="ij", sparse=True)
    shaded = total * (1.0 + 0.15 * x * y + 0.1 * x)
    noise = rng.normal(0.0, 4.5, (2, *like.shape))
    return like.with_data(np.hypot(shaded + noise[0], noise[1]).astype(np.float32))


def random_pose(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return a rigid map: up to 15 degrees about the middle of the head, up to 20 mm."""
    axis, shift = rng.normal(size=(2, 3))
    angle = np.deg2rad(rng.uniform(0.0, 15.0))
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_rotvec(axis / np.linalg.norm(axis) * angle).as_matrix()
    shift *= rng.uniform(0.0, 20.0) / np.linalg.norm(shift)
    pose[:3, 3] = MIDDLE_MM - pose[:3, :3] @ MIDDLE_MM + shift
    return pose


def one_case(seed: int, *, grid: str, stripped: bool = False) -> Result:
    """Scan twice, register, and measure the error over the brain."""
    rng = np.random.default_rng(seed)
    contrast = ("t1", "t2", "flair")[seed % 3]
    fixed = scan(head("t1c", stripped=stripped), np.eye(4), GRIDS[grid], rng)
    pose = random_pose(rng)
    moving = scan(head(contrast, stripped=stripped), pose, GRIDS[grid], rng)
    start = time.process_time()
    fit = register_rigid(moving, fixed=fixed)
    seconds = time.process_time() - start
    return Result(
        grid=grid,
        contrast=contrast,
        stripped=stripped,
        moved_mm=_mean_mm(pose),
        error_mm=_mean_mm(fit.to_fixed @ pose),
        seconds=seconds,
    )


def _mean_mm(matrix: npt.NDArray[np.float64]) -> float:
    brain = load_template().brain
    points = brain.world(np.argwhere(brain.data)[::499])
    return float(np.linalg.norm(points @ matrix[:3, :3].T + matrix[:3, 3] - points, axis=1).mean())


def main() -> None:
    """Run all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=40, help="random cases a row")
    parser.add_argument("--json", type=Path, help="where all cases are written")
    options = parser.parse_args()
    results = []
    print("| grid | head | cases | moved, mm | mean error, mm | worst, mm | within | CPU s |")
    print("|---|---|---|---|---|---|---|---|")
    for grid, limit_mm in LIMITS_MM.items():
        for stripped in (False, True):
            found = [one_case(n, grid=grid, stripped=stripped) for n in range(options.cases)]
            results += found
            errors = np.array([result.error_mm for result in found])
            print(
                f"| {grid} | {'stripped' if stripped else 'whole'} | {len(found)} |"
                f" up to {max(result.moved_mm for result in found):.1f} | {errors.mean():.3f} |"
                f" {errors.max():.3f} | {np.mean(errors <= limit_mm):.0%} <= {limit_mm} mm |"
                f" {np.mean([result.seconds for result in found]):.1f} |",
                flush=True,
            )
    if options.json:
        options.json.write_text(json.dumps([vars(result) for result in results], indent=1))


if __name__ == "__main__":
    main()
