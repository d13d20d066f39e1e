"""Measure 1,000 random phantoms whose volumes and diameters are known on paper.

    .venv/bin/python benchmarks/measurement.py [--json docs/benchmarks/measurement.json]

Each phantom holds one to three ellipsoids, turned at random, each with an enhancing shell around
a necrotic middle inside its edema.  Half of them lie on a grid of 1 mm, half on one of 0.5 to
1 mm in plane and slices of 1 to 3 mm; every grid is tilted by up to 15 degrees.  Semi-axes are 6
to 30 mm, none more than twice another.  Prints a table and, with ``--json``, writes it.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from glioscope.core import (
    Diameters,
    Hemisphere,
    Label,
    Measurements,
    MidlinePlane,
    Region,
    Segmentation,
    Volume,
)
from glioscope.measurement import measure

Array = npt.NDArray[np.float64]

SHELL = 0.7
"""The enhancing shell reaches to this share of the semi-axes of the edema."""
MIDDLE = 0.4
"""The necrotic middle, likewise; a shell of less than 2 mm is no phantom of a tumor."""
GAP_MM = 6.0


@dataclass(frozen=True)
class Ellipsoid:
    """One lesion: its center and semi-axes in the grid's own frame, mm.

    Args:
        center_mm: Index times spacing.
        semi_axes_mm: Three lengths.
        form: Shape ``(3, 3)``: inside is ``x' form x <= 1``.
    """

    center_mm: Array
    semi_axes_mm: Array
    form: Array

    def volume_ml(self, share: float) -> float:
        """Return the volume of the ellipsoid shrunk to a share of its axes."""
        return float(4 / 3 * np.pi * np.prod(self.semi_axes_mm) * share**3 / 1000)

    def reach_mm(self) -> float:
        """Return half the extent across the slices."""
        return float(np.sqrt(np.linalg.inv(self.form)[2, 2]))

    def diameters_mm(self, share: float, slice_mm: float) -> tuple[float, float]:
        """Return both diameters on the slice that lies nearest to the center.

        The grid has slices at the multiples of ``slice_mm`` (0: at every height).
        """
        offset = 0.0
        if slice_mm > 0:
            away = self.center_mm[2] / slice_mm
            offset = abs(away - round(away)) * slice_mm
        shrink = np.sqrt(1 - (offset / (self.reach_mm() * share)) ** 2)
        # A plane through the middle cuts out the 2 x 2 corner of the form.
        lengths = 2 * share * shrink / np.sqrt(np.linalg.eigvalsh(self.form[:2, :2]))
        return float(lengths[0]), float(lengths[1])


@dataclass(frozen=True)
class Phantom:
    """A segmentation and what is true of it."""

    segmentation: Segmentation
    lesions: tuple[Ellipsoid, ...]
    midline: MidlinePlane
    hemispheres: tuple[Hemisphere, ...]


def random_ellipsoid(rng: np.random.Generator) -> Ellipsoid:
    """Draw one around the origin."""
    axes = rng.uniform(6, 30, 3)
    axes = np.minimum(axes, 2 * axes.min())
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    return Ellipsoid(np.zeros(3), axes, turn @ np.diag(axes**-2.0) @ turn.T)


def random_spacing(rng: np.random.Generator, *, isotropic: bool) -> Array:
    """Draw the grid."""
    if isotropic:
        return np.ones(3)
    in_plane = rng.uniform(0.5, 1.0)
    return np.array([in_plane, in_plane, rng.uniform(1.0, 3.0)])


def side_by_side(rng: np.random.Generator) -> tuple[Ellipsoid, ...]:
    """Place one to three ellipsoids one beside the other, apart by the gap."""
    placed: list[Ellipsoid] = []
    front_mm = 8.0
    for _ in range(rng.integers(1, 4)):
        new = random_ellipsoid(rng)
        extent = np.sqrt(np.diag(np.linalg.inv(new.form)))
        center = extent + 8.0 + rng.uniform(0, 4, 3)
        center[0] = front_mm + extent[0] + rng.uniform(0, 4)
        front_mm = center[0] + extent[0] + GAP_MM
        placed.append(Ellipsoid(center, new.semi_axes_mm, new.form))
    return tuple(placed)


def random_phantom(seed: int) -> Phantom:
    """Draw one; even seeds lie on a grid of 1 mm."""
    rng = np.random.default_rng(seed)
    spacing = random_spacing(rng, isotropic=seed % 2 == 0)
    lesions = side_by_side(rng)
    far = np.max([one.center_mm + one.semi_axes_mm.max() for one in lesions], axis=0) + 8
    shape = np.ceil(far / spacing).astype(int)
    labels = np.zeros(shape, dtype=np.uint8)
    for lesion in lesions:
        draw(labels, lesion, spacing)
    affine = tilted(rng, spacing)
    volume = Volume(data=labels, affine=affine)
    midline, hemispheres = random_midline(rng, lesions, affine, spacing)
    return Phantom(
        Segmentation(case_id=f"phantom-{seed}", labels=volume), lesions, midline, hemispheres
    )


def draw(labels: npt.NDArray[np.uint8], lesion: Ellipsoid, spacing: Array) -> None:
    """Write the labels of one lesion; a voxel belongs to what its center lies in."""
    extent = np.sqrt(np.diag(np.linalg.inv(lesion.form)))
    low = np.floor((lesion.center_mm - extent) / spacing).astype(int)
    high = np.ceil((lesion.center_mm + extent) / spacing).astype(int) + 1
    axes = [
        np.arange(first, last) * step - middle
        for first, last, step, middle in zip(low, high, spacing, lesion.center_mm, strict=True)
    ]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    radius = np.sqrt(((points @ lesion.form) * points).sum(axis=-1))
    around = labels[tuple(map(slice, low, high))]
    around[radius <= 1] = Label.EDEMA
    around[radius <= SHELL] = Label.ENHANCING
    around[radius <= MIDDLE] = Label.NECROSIS


def tilted(rng: np.random.Generator, spacing: Array) -> Array:
    """Return an affine turned by up to 15 degrees, with each axis flipped or not."""
    around = rng.normal(size=3)
    around *= np.deg2rad(rng.uniform(0, 15)) / np.linalg.norm(around)
    cross = np.cross(np.eye(3), around)
    angle = np.linalg.norm(around)
    turn = np.eye(3) + np.sin(angle) / angle * cross
    turn += (1 - np.cos(angle)) / angle**2 * cross @ cross
    affine = np.eye(4)
    affine[:3, :3] = turn * rng.choice([-1, 1], 3) * spacing
    affine[:3, 3] = rng.uniform(-80, 80, 3)
    return affine


def random_midline(
    rng: np.random.Generator, lesions: tuple[Ellipsoid, ...], affine: Array, spacing: Array
) -> tuple[MidlinePlane, tuple[Hemisphere, ...]]:
    """Draw a plane through the middle of a lesion, or beside all, and say who lies where."""
    turn = affine[:3, :3] / spacing
    normal = turn[:, 0] * np.sign(turn[0, 0])
    chosen = lesions[rng.integers(len(lesions))]
    across = chosen.center_mm[0] if rng.random() < 0.5 else chosen.center_mm[0] + 40.0
    point = affine[:3, 3] + turn @ np.array([across, 0, 0])
    plane = MidlinePlane(point_mm=tuple(point.tolist()), normal_mm=tuple(normal.tolist()))
    return plane, tuple(true_hemisphere(one, across, np.sign(turn[0, 0])) for one in lesions)


def true_hemisphere(lesion: Ellipsoid, across: float, right: float) -> Hemisphere:
    """Compare the cap of the ellipsoid beyond the plane with 5% of its volume."""
    extent = np.sqrt(np.linalg.inv(lesion.form)[0, 0])
    height = np.clip((lesion.center_mm[0] - across) / extent, -1, 1)
    # Share of a ball beyond a plane at this height of its radius.
    above = (2 + 3 * height - height**3) / 4
    right_share = above if right > 0 else 1 - above
    if 0.05 <= right_share <= 0.95:
        return Hemisphere.BOTH
    return Hemisphere.RIGHT if right_share > 0.5 else Hemisphere.LEFT


def errors(phantom: Phantom, found: Measurements) -> dict[str, float]:
    """Compare one phantom with the paper: percent for volumes, mm for diameters."""
    spacing = phantom.segmentation.labels.spacing_mm
    result: dict[str, float] = {}
    shares = {Region.WT: (1.0, 0.0), Region.TC: (SHELL, 0.0), Region.ET: (SHELL, MIDDLE)}
    for region, (outer, inner) in shares.items():
        true = sum(one.volume_ml(outer) - one.volume_ml(inner) for one in phantom.lesions)
        result[f"volume {region.name} %"] = 100 * (value(found.volumes[region].value) / true - 1)
    for region, share in ((Region.WT, 1.0), (Region.ET, SHELL)):
        measured = found.diameters[region]
        lesion = nearest_lesion(phantom, np.mean(measured.longest_ends_mm, axis=0))
        on_slice = lesion.diameters_mm(share, spacing[2])
        result |= diameter_errors(measured, on_slice, region.name)
        result |= diameter_errors(
            measured, lesion.diameters_mm(share, 0.0), f"{region.name} center"
        )
        result[f"product {region.name} %"] = product_error(phantom, measured, share)
    if len(phantom.lesions) == 1:
        longest = 2 * phantom.lesions[0].semi_axes_mm.max()
        result["3D WT mm"] = value(found.maximum_3d_diameter[Region.WT].value) - longest
    return result


def nearest_lesion(phantom: Phantom, point_mm: Array) -> Ellipsoid:
    """Return the lesion whose center is nearest to a point of the world."""
    volume = phantom.segmentation.labels
    place = volume.index(point_mm) * np.array(volume.spacing_mm)
    return min(phantom.lesions, key=lambda one: float(np.linalg.norm(one.center_mm - place)))


def product_error(phantom: Phantom, measured: Diameters, share: float) -> float:
    """Compare the product with the largest of all lesions: was the right one taken?"""
    slice_mm = phantom.segmentation.labels.spacing_mm[2]
    largest = max(float(np.prod(one.diameters_mm(share, slice_mm))) for one in phantom.lesions)
    return 100 * (value(measured.product.value) / largest - 1)


def diameter_errors(measured: Diameters, true: tuple[float, float], name: str) -> dict[str, float]:
    """Return both errors in mm."""
    return {
        f"longest {name} mm": value(measured.longest.value) - true[0],
        f"perpendicular {name} mm": value(measured.perpendicular.value) - true[1],
    }


def value(number: float | None) -> float:
    """Return a quantity that must be there."""
    if number is None:
        msg = "a phantom with a tumor was measured as if it had none"
        raise ValueError(msg)
    return number


def same_lesions(phantom: Phantom, found: Measurements) -> tuple[bool, bool]:
    """Say whether number and hemispheres of the lesions are right."""
    number = len(found.lesions) == len(phantom.lesions)
    sides = True
    for lesion in found.lesions:
        nearest = nearest_lesion(phantom, np.array(lesion.centroid_mm))
        true = phantom.hemispheres[[one is nearest for one in phantom.lesions].index(True)]
        sides &= lesion.hemisphere == true
    return number, sides


def summary(phantoms: int) -> dict[str, Any]:
    """Measure all and gather the errors by grid."""
    rows: dict[str, dict[int, float]] = {}
    right = {"number of lesions": 0, "hemispheres": 0}
    seconds: list[float] = []
    for seed in range(phantoms):
        phantom = random_phantom(seed)
        start = time.process_time()
        found = measure(phantom.segmentation, midline=phantom.midline)
        seconds.append(time.process_time() - start)
        grid = "1 mm" if seed % 2 == 0 else "anisotropic"
        for name, error in errors(phantom, found).items():
            rows.setdefault(f"{grid}: {name}", {})[seed] = error
        number, sides = same_lesions(phantom, found)
        right["number of lesions"] += number
        right["hemispheres"] += sides
    table = {name: describe(by_seed) for name, by_seed in sorted(rows.items())}
    median = float(np.median(seconds))
    return {"phantoms": phantoms, "right": right, "seconds": median, "errors": table}


def describe(by_seed: dict[int, float]) -> dict[str, float]:
    """Return bias, spread and the worst, and how many keep the limit."""
    found = np.array(list(by_seed.values()))
    return {
        "n": len(found),
        "mean": float(found.mean()),
        "sd": float(found.std()),
        "p99": float(np.quantile(np.abs(found), 0.99)),
        "worst": float(np.abs(found).max()),
        "worst seed": max(by_seed, key=lambda seed: abs(by_seed[seed])),
        "within 1": float(np.mean(np.abs(found) <= 1.0)),
        "within 0.5": float(np.mean(np.abs(found) <= 0.5)),
    }


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phantoms", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    result = summary(given.phantoms)
    print(
        f"{result['phantoms']} phantoms, right: {result['right']}, {result['seconds']:.2f} s each"
    )
    print(
        f"{'error of':44}{'n':>6}{'mean':>8}{'sd':>8}{'p99':>8}{'worst':>8}{'<=1':>8}{'<=0.5':>8}"
    )
    for name, row in result["errors"].items():
        cells = "".join(f"{row[key]:8.3f}" for key in ("mean", "sd", "p99", "worst"))
        shares = f"{row['within 1']:8.1%}{row['within 0.5']:8.1%}"
        print(f"{name:44}{row['n']:6.0f}{cells}{shares}")
    if given.json:
        given.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
