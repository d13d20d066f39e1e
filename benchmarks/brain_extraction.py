"""How well the brain is found: on a real patient with HD-BET masks, and on simulated patients.

    .venv/bin/python benchmarks/brain_extraction.py --patients 8 --json brain.json

`--cortex` also prepares the 19 heads of TCGA-LGG and counts how much of each expert's outline lies
outside of the mask.

GLIOSCOPE_DATA names the folder with the real data; without it that half is left out.  The seeds
of the simulated patients are none that any training has seen.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from glioscope.core import Case, Label, Sequence, Volume
from glioscope.io import read_study, read_volume
from glioscope.preparation import prepare
from glioscope.preparation.brain import extract_brain
from glioscope.preparation.grid import resampled_mask
from glioscope.simulation import SimulationConfig, simulate_patient

DATA = Path(os.environ.get("GLIOSCOPE_DATA", "../shared/data"))
FIRST_SEED = 900_001
SERIES = {"t1": "_t1.nii.gz", "t1c": "_t1c.nii.gz", "t2": "_t2.nii.gz", "flair": "_fla.nii.gz"}

Row = dict[str, str | float]
Mask = npt.NDArray[np.bool_]


def compare(head: Volume, truth: Mask, *, name: str, tumor: Mask | None = None) -> Row:
    """Extract the brain and compare it with the truth; volumes in ml, time in seconds."""
    start = time.perf_counter()
    found = extract_brain(head, case_id=name).data
    seconds = time.perf_counter() - start
    row = compared(found, truth, name=name, voxel_ml=head.voxel_volume_ml, seconds=seconds)
    if tumor is not None and tumor.any():
        row["tumor_kept"] = float(found[tumor].mean())
    return row


def compared(found: Mask, truth: Mask, *, name: str, voxel_ml: float, seconds: float) -> Row:
    """Return overlap and volumes of two masks."""
    return {
        "image": name,
        "dice": 2.0 * int((found & truth).sum()) / int(found.sum() + truth.sum()),
        "found_ml": float(found.sum()) * voxel_ml,
        "true_ml": float(truth.sum()) * voxel_ml,
        "too_much_ml": float((found & ~truth).sum()) * voxel_ml,
        "missed_ml": float((truth & ~found).sum()) * voxel_ml,
        "seconds": seconds,
    }


def real() -> Iterator[Row]:
    """Compare on the raw series of TCGA-FG-6692."""
    folder = DATA / "raw" / "TCGA-FG-6692"
    for name, end in SERIES.items():
        image = next((folder / "series").glob(f"*{end}"), None)
        mask = next((folder / "brain-masks").glob(f"*{end}"), None)
        if image is not None and mask is not None:
            truth = read_volume(mask).data > 0
            yield compare(read_volume(image), truth, name=f"TCGA-FG-6692 {name}")


def voted() -> Iterator[Row]:
    """Compare the mask of the case, voted by all series, brought back to each of them."""
    folder = DATA / "raw" / "TCGA-FG-6692"
    if not folder.exists():
        return
    start = time.perf_counter()
    case = prepare(read_study(folder / "series"))
    seconds = time.perf_counter() - start
    for name, end in SERIES.items():
        truth = read_volume(next((folder / "brain-masks").glob(f"*{end}")))
        found = _brought_back(case, Sequence(name), truth)
        yield compared(
            found,
            truth.data > 0,
            name=f"TCGA-FG-6692 case on {name}",
            voxel_ml=truth.voxel_volume_ml,
            seconds=seconds,
        )


def _brought_back(case: Case, sequence: Sequence, like: Volume) -> Mask:
    (moved,) = (one.to_reference for one in case.alignments if one.sequence is sequence)
    back = np.asarray(np.linalg.inv(np.asarray(moved)))
    return resampled_mask(case.brain, like=like, to_reference=back).data


def cortex() -> dict[str, float]:
    """Return by patient the percent of the FLAIR abnormality outside of the brain."""
    outside = {}
    for folder in sorted((DATA / "tcga_lgg").glob("TCGA*")):
        case = prepare(read_study(folder))
        outline = read_volume(next(folder.glob("*abnormality*")))
        (moved,) = (a.to_reference for a in case.alignments if a.sequence is Sequence.FLAIR)
        mask = outline.with_data(outline.data > 0)
        tumor = resampled_mask(mask, like=case.brain, to_reference=np.asarray(moved)).data
        outside[folder.name] = 100.0 * float((tumor & ~case.brain.data).sum() / tumor.sum())
        print(f"{folder.name:28} {outside[folder.name]:5.1f}% outside", flush=True)
    return outside


def simulated(patients: int, spacing_mm: float) -> Iterator[Row]:
    """Compare on every series of simulated patients; each has one tumor."""
    for seed in range(FIRST_SEED, FIRST_SEED + patients):
        patient = simulate_patient(seed, SimulationConfig(spacing_mm=spacing_mm))
        labels = patient.truth.labels
        tumor = labels.with_data(labels.data != Label.BACKGROUND)
        for series in patient.study.series:
            pose = patient.truth.poses[Sequence(series.series_id)]
            back = np.asarray(np.linalg.inv(pose.to_reference))
            grid = series.volume
            brain = resampled_mask(patient.truth.brain, like=grid, to_reference=back).data
            inside = resampled_mask(tumor, like=grid, to_reference=back).data
            yield compare(grid, brain, name=f"seed {seed} {series.series_id}", tumor=inside)


def main() -> None:
    """Print a line an image, then the worst and the mean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=4)
    parser.add_argument("--spacing-mm", type=float, default=1.0)
    parser.add_argument("--cortex", action="store_true")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    groups = {
        "real": list(real()),
        "case": list(voted()),
        "simulated": list(simulated(args.patients, args.spacing_mm)),
    }
    for name, rows in groups.items():
        print(
            f"\n{name:28} {'Dice':>7} {'found':>6} {'true':>6} {'extra':>6} {'missed':>6} {'s':>5}"
        )
        for row in rows:
            numbers = [row[key] for key in ("found_ml", "true_ml", "too_much_ml", "missed_ml")]
            text = " ".join(f"{number:6.0f}" for number in numbers)
            kept = f"  tumor kept {row['tumor_kept']:.4f}" if "tumor_kept" in row else ""
            print(f"{row['image']:28} {row['dice']:7.4f} {text} {row['seconds']:5.2f}{kept}")
        if rows:
            dices = [float(row["dice"]) for row in rows]
            print(f"{'mean; least':28} {np.mean(dices):7.4f} {min(dices):7.4f}")
    result = {**groups, "outside_percent": cortex()} if args.cortex else groups
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
