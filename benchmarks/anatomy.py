"""How right the location is: atlas, real patients, phantoms, midline shift, refusals.

Run: .venv/bin/python benchmarks/anatomy.py SECTION... [--count N] [--json FILE], of the sections
lobes, patients, phantoms, shift, simulated, refusal.

`lobes` and `patients` compare with `atlas/reduced_lobes_brain.nii.gz` of the data folder (the
environment variable GLIOSCOPE_DATA, ../shared/data by default), which is for comparison only.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt, map_coordinates

from glioscope.anatomy import LocateConfig, fit_anatomy, load_atlas, locate
from glioscope.anatomy.atlas import Atlas
from glioscope.anatomy.midline import SEPTUM_MM, THIRD_VENTRICLE_MM
from glioscope.anatomy.regions import hemisphere_of
from glioscope.core import Case, Label, Segmentation, Sequence, Volume
from glioscope.io import read_labels, read_study, read_volume, write_volume
from glioscope.preparation import (
    TemplateFit,
    load_template,
    prepare,
    robust_zscore,
    warp_labels_to_case,
)
from glioscope.simulation import (
    CLINICAL,
    MassEffect,
    SimulationConfig,
    Truth,
    draw_shape,
    phantom_case,
    simulate_patient,
)

DATA = Path(os.environ.get("GLIOSCOPE_DATA", "../shared/data"))
REDUCED = {
    210: ("frontal lobe", "left"),
    211: ("frontal lobe", "right"),
    218: ("temporal lobe", "left"),
    219: ("temporal lobe", "right"),
    6: ("parietal lobe", "left"),
    2: ("parietal lobe", "right"),
    8: ("occipital lobe", "left"),
    4: ("occipital lobe", "right"),
    67: ("cerebellum", "left"),
    76: ("cerebellum", "right"),
    20: ("brainstem", ""),
    3: ("lateral ventricle", "left"),
    9: ("lateral ventricle", "right"),
    232: ("third ventricle", ""),
    233: ("fourth ventricle", ""),
    39: ("caudate", "left"),
    53: ("caudate", "right"),
    14: ("putamen", "left"),
    16: ("putamen", "right"),
    102: ("thalamus", "left"),
    203: ("thalamus", "right"),
    33: ("subthalamic nucleus", "left"),
    23: ("subthalamic nucleus", "right"),
    12: ("pallidum", "left"),
    11: ("pallidum", "right"),
    29: ("fornix", "left"),
    254: ("fornix", "right"),
}
"""What the labels of the comparison atlas mean; 255 is fluid outside the brain and left out."""

LOBES = ("frontal lobe", "parietal lobe", "temporal lobe", "occipital lobe")
OTHERS = ("cerebellum", "brainstem", "thalamus", "caudate", "putamen", "pallidum")
FLUID = ("lateral ventricle", "third ventricle", "fourth ventricle")


def identity_fit() -> TemplateFit:
    """Return the map of a case that lies in template space already."""
    return TemplateFit(
        affine=np.eye(4),
        displacement_mm=np.zeros((2, 2, 2, 3), dtype=np.float32),
        displacement_affine=np.eye(4),
        similarity=1.0,
        affine_similarity=1.0,
    )


def comparison_config(folder: Path) -> LocateConfig:
    """Write the comparison atlas without its outer fluid, and its table, into a folder."""
    volume = read_volume(DATA / "atlas" / "reduced_lobes_brain.nii.gz")
    labels = np.where(volume.data == 255, 0, volume.data).astype(np.uint8)
    write_volume(volume.with_data(labels), folder / "reduced.nii.gz")
    rows = [f"{index},{name},{side}" for index, (name, side) in REDUCED.items()]
    (folder / "reduced.csv").write_text("index,name,hemisphere\n" + "\n".join(rows) + "\n")
    return LocateConfig(atlas=folder / "reduced.nii.gz", atlas_names=folder / "reduced.csv")


def lobes(_count: int) -> dict[str, float]:
    """Return the Dice of each structure with the comparison atlas, both sides together."""
    with tempfile.TemporaryDirectory() as folder:
        theirs = load_atlas(comparison_config(Path(folder)))
    ours = load_atlas()
    same_grid = warp_labels_to_case(ours.labels, identity_fit(), like=theirs.labels)
    result = {}
    for name in (*LOBES, *OTHERS, *FLUID):
        one = np.isin(same_grid.data, ours.indices(name))
        other = np.isin(theirs.labels.data, theirs.indices(name))
        result[name] = 2.0 * float((one & other).sum()) / float(one.sum() + other.sum())
        print(f"{name:<20}{result[name]:>8.3f}")
    return result


def labeled_case(folder: Path) -> tuple[Case, Segmentation]:
    """Prepare a BraTS patient and bring the expert's labels to the grid of the case."""
    (expert,) = folder.glob("*seg.nii.gz")
    with tempfile.TemporaryDirectory() as parent:
        scans = Path(parent) / folder.name
        scans.mkdir()
        for file in folder.iterdir():
            if file != expert:
                (scans / file.name).symlink_to(file.resolve())
        case = prepare(read_study(scans))
    labels = warp_labels_to_case(read_labels(expert), identity_fit(), like=case.brain)
    return case, Segmentation(case_id=case.case_id, labels=labels)


def patients(_count: int) -> list[dict[str, Any]]:
    """Locate the labeled patients with both atlases and one registration."""
    shifts = {row["id"]: row for row in read_table("brats23_glioma_volumes_vasari.csv")}
    rows = []
    with tempfile.TemporaryDirectory() as parent:
        config = comparison_config(Path(parent))
        for folder in sorted((DATA / "brats").iterdir()):
            rows.append(one_patient(folder, config, shifts.get(folder.name)))
            print(rows[-1], flush=True)
    agree = sum(row["ours"] == row["theirs"] for row in rows)
    print(f"main lobe agrees in {agree} of {len(rows)}")
    return rows


def one_patient(
    folder: Path, config: LocateConfig, vasari: dict[str, str] | None
) -> dict[str, Any]:
    """Locate one patient with both atlases."""
    case, segmentation = labeled_case(folder)
    start = time.perf_counter()
    fit = fit_anatomy(case, segmentation)
    fitted = time.perf_counter()
    ours = locate(case, segmentation, LocateConfig(least_similarity=-1.0), fit=fit)
    end = time.perf_counter()
    their_config = LocateConfig(
        atlas=config.atlas, atlas_names=config.atlas_names, least_similarity=-1.0
    )
    theirs = locate(case, segmentation, their_config, fit=fit)
    largest = None if vasari is None else abs(float(vasari["global__max_midline_shift_mm"]))
    return {
        "case": case.case_id,
        "ours": ours.main_lobe,
        "theirs": theirs.main_lobe,
        "hemisphere": ours.hemisphere,
        "similarity": round(fit.similarity, 3),
        "inside": round(ours.registration_quality, 3),
        "shift_mm": round(ours.midline_shift.value or 0.0, 1),
        "towards": ours.midline_shift_towards,
        "table_shift_mm": largest,
        "crosses": ours.crosses_midline,
        "fit_s": round(fitted - start, 1),
        "locate_s": round(end - fitted, 1),
    }


def read_table(name: str) -> list[dict[str, str]]:
    """Read a table of the data folder."""
    with (DATA / "tables" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def phantoms(count: int) -> dict[str, int]:
    """Count balls of random place and size whose lobe, side or hemisphere came out wrong."""
    atlas = load_atlas()
    rng = np.random.default_rng(2024)
    wrong = {"lobe": 0, "side of the lobe": 0, "hemisphere": 0, "left percent": 0}
    for place, radius, lobe, side in random_balls(atlas, rng, count):
        case, segmentation = ball_case(place, radius, rng)
        location = locate(case, segmentation, fit=identity_fit())
        left = 100.0 * left_share(place[0], radius)
        wrong["lobe"] += location.main_lobe != lobe
        wrong["side of the lobe"] += location.main_lobe_hemisphere != side
        wrong["left percent"] += abs((location.left_percent or 0.0) - left) > 3.0
        if min(abs(left - 5.0), abs(left - 95.0)) > 1.0:
            wrong["hemisphere"] += location.hemisphere is not hemisphere_of(left)
    print(f"of {count} phantoms wrong: {wrong}")
    return wrong


def random_balls(
    atlas: Atlas, rng: np.random.Generator, count: int
) -> Iterator[tuple[npt.NDArray[np.float64], float, str, str]]:
    """Yield center, radius, lobe and side of balls that lie inside one lobe of one side."""
    names = [(name, side) for name in (*LOBES, "cerebellum") for side in ("left", "right")]
    depths = {}
    for name, side in names:
        wanted = [
            s.index for s in atlas.structures if name in (s.name, s.lobe) and s.hemisphere == side
        ]
        mask = np.isin(atlas.labels.data, wanted)
        depths[name, side] = distance_transform_edt(mask | (atlas.labels.data == 0) & near(mask))
    for _ in range(count):
        name, side = names[rng.integers(len(names))]
        depth = depths[name, side]
        voxels = np.argwhere(depth > 6.0)
        voxel = voxels[rng.integers(len(voxels))]
        radius = float(rng.uniform(4.0, min(25.0, depth[tuple(voxel)] - 1.5)))
        yield atlas.labels.world(voxel), radius, name, side


def near(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return what lies within 2 mm: sulci that the atlas leaves unnamed."""
    return np.asarray(distance_transform_edt(~mask) <= 2.0)


def ball_case(
    place: npt.NDArray[np.float64], radius: float, rng: np.random.Generator
) -> tuple[Case, Segmentation]:
    """Return a case on a 2.5 mm grid of random offset with a ball of enhancing tumor."""
    affine = np.diag([2.5, 2.5, 2.5, 1.0])
    affine[:3, 3] = np.array([-90.0, -126.0, -72.0]) + rng.uniform(-1.0, 1.0, 3)
    brain = Volume(data=np.ones((73, 88, 73), dtype=bool), affine=affine)
    points = brain.world(np.moveaxis(np.indices(brain.shape), 0, -1))
    inside = ((points - place) ** 2).sum(axis=-1) <= radius**2
    t1 = load_template().t1
    nearest = np.rint(t1.index(points)).astype(int).clip(0, np.array(t1.shape) - 1)
    image = brain.with_data(t1.data[tuple(np.moveaxis(nearest, -1, 0))])
    case = phantom_case(image, brain=brain)
    labels = brain.with_data((inside * int(Label.ENHANCING)).astype(np.uint8))
    return case, Segmentation(case_id="phantom", labels=labels)


def left_share(x_mm: float, radius: float) -> float:
    """Return the share of a ball left of x = 0 (a spherical cap)."""
    height = float(np.clip(radius - x_mm, 0.0, 2.0 * radius))
    return height**2 * (3.0 * radius - height) / (4.0 * radius**3)


def shift(count: int) -> list[dict[str, float]]:
    """Push the template by tumors of known strength; compare measured with true shift."""
    rng = np.random.default_rng(7)
    rows = []
    for push_mm in np.linspace(0.0, 16.0, min(count, 9)):
        case, segmentation, moved = pushed_template(float(push_mm), rng)
        location = locate(case, segmentation)
        value = location.midline_shift.value or 0.0
        rows.append({"push_mm": float(push_mm), "true_mm": moved, "measured_mm": value})
        print({key: round(number, 1) for key, number in rows[-1].items()}, flush=True)
    error = [abs(row["measured_mm"] - abs(row["true_mm"])) for row in rows]
    print(f"mean error {np.mean(error):.1f} mm, largest {max(error):.1f} mm")
    return rows


def pushed_template(push_mm: float, rng: np.random.Generator) -> tuple[Case, Segmentation, float]:
    """Return the template, pushed away from a ball in one hemisphere, and its true shift.

    The push falls off as a Gaussian around the ball and vanishes at the surface of the brain.
    """
    template = load_template()
    side = -1.0 if rng.random() < 0.5 else 1.0
    center = np.array([side * rng.uniform(26, 34), rng.uniform(-5, 20), rng.uniform(8, 24)])
    depth = distance_transform_edt(template.brain.data)
    hold = template.brain.with_data(np.clip(depth / 20.0, 0.0, 1.0).astype(np.float32))
    move = pusher(center, push_mm, hold)
    points = template.t1.world(np.moveaxis(np.indices(template.t1.shape), 0, -1))
    source = template.t1.index(points - move(points))
    t1 = sample(template.t1.data, source)
    brain = template.brain
    image = brain.with_data(((t1 - 0.75) / 0.12 * brain.data).astype(np.float32))
    image = image.with_data(
        image.data + rng.normal(0.0, 0.15, image.shape).astype(np.float32) * brain.data
    )
    tumor = ((points - center) ** 2).sum(axis=-1) < (12.0 + push_mm) ** 2
    labels = (tumor & brain.data & (side * points[..., 0] > 2.0)) * int(Label.EDEMA)
    case = phantom_case(image, brain=brain, case_id="pushed")
    middle = np.array(SEPTUM_MM + THIRD_VENTRICLE_MM)
    now = middle
    for _ in range(60):
        now = middle + move(now)
    moved = now[np.argmax(np.abs(now[:, 0])), 0]
    labels_volume = brain.with_data(labels.astype(np.uint8))
    return case, Segmentation(case_id="pushed", labels=labels_volume), float(moved)


def pusher(
    center: npt.NDArray[np.float64], push_mm: float, hold: Volume
) -> Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    """Return the displacement at points of the pushed brain, mm."""

    def move(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        away = points - center
        distance = np.linalg.norm(away, axis=-1, keepdims=True)
        held = sample(hold.data, hold.index(points))[..., None]
        strength = push_mm * np.exp(-((distance / 45.0) ** 2)) * (1 - np.exp(-distance / 10.0))
        return np.asarray(strength * held * away / np.maximum(distance, 1e-6))

    return move


def sample(data: npt.NDArray[np.float32], index: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    """Interpolate a volume at fractional indices, shape (..., 3)."""
    return np.asarray(map_coordinates(data, np.moveaxis(index, -1, 0), order=1))


def simulated(count: int) -> list[dict[str, Any]]:
    """Locate simulated patients: individual shape, mass effect, registration and all."""
    rows = []
    for seed in range(count):
        rows.append(one_simulated(seed))
        print(rows[-1], flush=True)
    errors = [abs(row["shift_mm"] - row["true_shift_mm"]) for row in rows]
    right = {key: sum(row[key] for row in rows) for key in ("lobe_right", "hemisphere_right")}
    print(f"of {count}: {right}; shift: mean error {np.mean(errors):.1f} mm")
    return rows


def one_simulated(seed: int) -> dict[str, Any]:
    """Simulate one patient on a 2 mm head and locate the true labels."""
    config = SimulationConfig(series=CLINICAL[1:2], spacing_mm=2.0)
    patient = simulate_patient(seed, config)
    truth = patient.truth
    image = robust_zscore(
        patient.heads[Sequence.T1C], brain=truth.brain, case_id=f"simulated-{seed}"
    )
    case = phantom_case(
        image, brain=truth.brain, sequence=Sequence.T1C, case_id=f"simulated-{seed}"
    )
    location = locate(case, Segmentation(case_id=case.case_id, labels=truth.labels))
    return {
        "seed": seed,
        "lobe_right": location.main_lobe == true_lobe(seed, truth),
        "lobe": location.main_lobe,
        "hemisphere_right": location.hemisphere == truth.hemisphere,
        "similarity": round(location.registration_quality, 3),
        "shift_mm": round(location.midline_shift.value or 0.0, 1),
        "true_shift_mm": round(truth.midline_shift_mm, 1),
    }


def true_lobe(seed: int, truth: Truth) -> str:
    """Return the main lobe by the map that the simulation used (its first draw is the shape)."""
    shape = draw_shape(np.random.default_rng(seed))
    points = truth.labels.world(np.argwhere(truth.labels.data > 0)).astype(np.float32)
    for tumor in truth.tumors:
        radius = max(tumor.core_radius_mm, 8.0)
        push = MassEffect(
            center_mm=tumor.center_mm,
            radius_mm=radius,
            push_mm=min(tumor.push_mm, 0.6 * radius),
        )
        points = push.before(points)
    atlas = load_atlas()
    index = np.rint(atlas.labels.index(shape.to_template(points))).astype(int)
    index = index.clip(0, np.array(atlas.labels.shape) - 1)
    found = atlas.labels.data[tuple(index.T)]
    votes: dict[str, int] = {}
    for structure in atlas.structures:
        count = int((found == structure.index).sum())
        votes[structure.lobe] = votes.get(structure.lobe, 0) + count
    return max(votes, key=lambda lobe: votes[lobe])


def refusal(_count: int) -> list[dict[str, Any]]:
    """Fit brains that are turned the wrong way: their match inside the brain must lie below it."""
    rows = []
    for name in ("BraTS-GLI-00009-000",):
        case, segmentation = labeled_case(DATA / "brats" / name)
        for wrong, turn in WRONG.items():
            other, labels = turned(case, turn), segmentation_of(segmentation, turn)
            fit = fit_anatomy(other, labels)
            inside = locate(other, labels, fit=fit).registration_quality
            rows.append(
                {
                    "case": name,
                    "wrong": wrong,
                    "similarity": round(fit.similarity, 3),
                    "inside": round(inside, 3),
                }
            )
            print(rows[-1], flush=True)
    return rows


WRONG: dict[str, Callable[[npt.NDArray[Any]], npt.NDArray[Any]]] = {
    "upside down": lambda data: data[:, :, ::-1],
    "back to front": lambda data: data[:, ::-1, :],
    "upper half only": lambda data: np.where(
        np.arange(data.shape[2]) > math.floor(0.6 * data.shape[2]), data, np.zeros_like(data)
    ),
}


def turned(case: Case, turn: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]) -> Case:
    """Return a case whose voxels lie the wrong way while its affine stays."""

    def volume(one: Volume) -> Volume:
        return Volume(data=np.ascontiguousarray(turn(one.data)), affine=one.affine)

    images = {sequence: volume(image) for sequence, image in case.images.items()}
    return Case(
        case_id=case.case_id,
        images=images,
        brain=volume(case.brain),
        heads={},
        reference=case.reference,
        reference_grid=case.reference_grid,
    )


def segmentation_of(
    segmentation: Segmentation, turn: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]
) -> Segmentation:
    """Turn the labels likewise."""
    labels = segmentation.labels
    data = np.ascontiguousarray(turn(labels.data))
    return Segmentation(
        case_id=segmentation.case_id, labels=Volume(data=data, affine=labels.affine)
    )


SECTIONS: dict[str, Callable[[int], Any]] = {
    "lobes": lobes,
    "patients": patients,
    "phantoms": phantoms,
    "shift": shift,
    "simulated": simulated,
    "refusal": refusal,
}


def main() -> None:
    """Run the named sections and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="+", choices=tuple(SECTIONS))
    parser.add_argument("--count", type=int, default=1000, help="Of phantoms.")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = {name: SECTIONS[name](options.count) for name in options.sections}
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
