"""What removing the face removes, what it leaves, and what it does to the segmentation.

    .venv/bin/python benchmarks/defacing.py --patients 1 --json docs/benchmarks/defacing.json
    .venv/bin/python benchmarks/defacing.py --picture docs/images/defacing.png

Each patient is segmented through the product's own path: as scanned; as scanned, the series aligned
from other random samples (the control: what changes although nothing was erased); after
`glioscope.privacy` has erased the face; after Quickshear has (PyPI `quickshear` 1.2.0, the peer,
not installed with Glioscope), which gets the same brain mask on each series and its own buffer of
10 voxels.  GLIOSCOPE_DATA names the folder with the real data; without it that half is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import nibabel as nib
import numpy as np
import numpy.typing as npt
from quickshear import quickshear
from scipy import ndimage

from glioscope.core import Case, Region, Segmentation, Sequence, Series, Study, Volume, region_mask
from glioscope.evaluation import dice
from glioscope.io import read_study
from glioscope.preparation import (
    PrepareConfig,
    RegisterConfig,
    canonical,
    prepare,
    resampled_mask,
)
from glioscope.privacy.face.erase import erase_face
from glioscope.privacy.face.place import Place, place_all
from glioscope.privacy.face.search import MARGIN_MM
from glioscope.privacy.face.skin import left_percent, skin
from glioscope.segmentation import segment, to_patient_grid
from glioscope.simulation import SimulationConfig, simulate_patient

DATA = Path(os.environ.get("GLIOSCOPE_DATA", Path(__file__).parents[2] / "shared" / "data"))
FIRST_SEED = 900_101
REGIONS = (Region.WT, Region.TC, Region.ET)

Mask = npt.NDArray[np.bool_]
Row = dict[str, Any]


def studies(patients: int, spacing_mm: float) -> Iterator[tuple[str, Study]]:
    """Yield the real study and the simulated ones, each with its name."""
    real = DATA / "raw" / "TCGA-FG-6692" / "series"
    if real.exists():
        yield "TCGA-FG-6692", read_study(real, case_id="TCGA-FG-6692")
    for seed in range(FIRST_SEED, FIRST_SEED + patients):
        patient = simulate_patient(seed, SimulationConfig(spacing_mm=spacing_mm))
        yield f"simulated {seed}", patient.study


def ours(place: Place) -> Mask:
    """Return what `glioscope.privacy` erases of a series."""
    return place.head.region.on(place.series.volume, to_reference=place.to_reference).data


def peer(place: Place) -> Mask:
    """Return what Quickshear erases of a series; a voxel that was 0 before can't tell."""
    volume = place.series.volume
    brain = nib.Nifti1Image(brain_of(place).astype(np.uint8), volume.affine)
    ones = nib.Nifti1Image(np.ones(volume.shape, dtype=np.uint8), volume.affine)
    kept: Mask = np.asarray(quickshear(ones, brain).dataobj).astype(bool)
    return ~kept


def brain_of(place: Place) -> Mask:
    """Return the brain on the grid of a series."""
    back = np.asarray(np.linalg.inv(place.to_reference), dtype=np.float64)
    brain = place.head.anatomy.brain
    return resampled_mask(brain, like=place.series.volume, to_reference=back).data


def erased(study: Study, masks: dict[str, Mask]) -> Study:
    """Return the study without what the masks cover."""

    def one(series: Series) -> Series:
        mask = series.volume.with_data(masks[series.series_id])
        return replace(series, volume=erase_face(series.volume, mask))

    return replace(study, series=tuple(one(series) for series in study.series))


def removed(place: Place, mask: Mask) -> Row:
    """Say what of one series a mask erases, and how near it comes to the brain."""
    volume, anatomy = place.series.volume, place.head.anatomy
    below = anatomy.level.height_mm(volume, to_reference=place.to_reference) < 0
    front = anatomy.front.height_mm(volume, to_reference=place.to_reference) > 0
    surface = skin(volume).data & below
    brain = brain_of(place)
    away_mm = ndimage.distance_transform_edt(~brain, sampling=volume.spacing_mm)
    return {
        "series": place.series.acquisition.series_description or place.series.series_id[:12],
        "face_skin_left_percent": left_percent(surface & front, mask),
        "other_skin_left_percent": left_percent(surface & ~front, mask),
        "nearest_to_brain_mm": float(away_mm[mask].min()) if mask.any() else None,
        "voxels_erased_within_margin": int(np.count_nonzero(mask & (away_mm < MARGIN_MM))),
    }


def segmented(study: Study, *, seed: int = 1) -> tuple[Case, Segmentation]:
    """Run the product's preparation and segmentation; the seed is that of the alignment."""
    case = prepare(study, PrepareConfig(register=RegisterConfig(seed=seed)))
    return case, segment(case)


def same_input(place: Place, mask: Mask) -> bool:
    """Tell whether the network sees the same, bit by bit, where brain and alignment are given.

    One series needs no alignment, and its brain is given; so whatever differs was erased.
    """
    volume = place.series.volume
    named = replace(place.series, declared=Sequence.T1C, by_user=True)
    brain = volume.with_data(brain_of(place))
    study = Study(case_id="alone", series=(named,), brain_mask=brain)
    one, other = (
        prepare(each, PrepareConfig(content=False)).images[Sequence.T1C].data
        for each in (study, erased(study, {place.series.series_id: mask}))
    )
    return bool(np.array_equal(one, other))


def compared(before: tuple[Case, Segmentation], after: tuple[Case, Segmentation]) -> Row:
    """Compare two runs on the grid of the reference series, which no run changes."""
    runs = (before, after)
    brains = [resampled_mask(case.brain, like=case.reference_grid).data for case, _ in runs]
    labels = [to_patient_grid(found.labels, case) for case, found in runs]
    row: Row = {"brain_dice": dice(*brains)}
    for region in REGIONS:
        masks = [region_mask(one, region) for one in labels]
        before_ml, after_ml = (float(one.data.sum()) * one.voxel_volume_ml for one in masks)
        row[str(region)] = {
            "dice": dice(masks[0].data, masks[1].data),
            "before_ml": before_ml,
            "after_ml": after_ml,
        }
    return row


def measured(name: str, study: Study) -> Iterator[Row]:
    """Yield a row of each way to remove the face of one patient."""
    before = segmented(study)
    yield {
        "patient": name,
        "way": "control",
        "segmentation": compared(before, segmented(study, seed=2)),
    }
    start = time.perf_counter()
    places = place_all(study, margin_mm=MARGIN_MM)
    found_s = time.perf_counter() - start
    ways: dict[str, Callable[[Place], Mask]] = {"glioscope": ours, "quickshear": peer}
    for way, masked in ways.items():
        start = time.perf_counter()
        masks = {place.series.series_id: masked(place) for place in places}
        masked_s = time.perf_counter() - start
        after = segmented(erased(study, masks))
        yield {
            "patient": name,
            "way": way,
            "finding_the_brain_s": found_s,
            "masks_s": masked_s,
            "series": [removed(place, masks[place.series.series_id]) for place in places],
            "same_input_of_the_network": [
                same_input(place, masks[place.series.series_id]) for place in places
            ],
            "segmentation": compared(before, after),
        }


def shaded(head: Volume, mask: Mask | None, *, turn_deg: float) -> npt.NDArray[np.float64]:
    """Return the surface of a head, seen from the front and lit from above, without a mask."""
    data = head.data if mask is None else np.where(mask, head.data.min(), head.data)
    upright = canonical(head.with_data(ndimage.gaussian_filter(data.astype(np.float32), 0.8)))
    low, high = np.percentile(upright.data, (0.5, 99.0))
    solid = upright.data > low + 0.15 * (high - low)
    spun = ndimage.rotate(solid.astype(np.float32), turn_deg, axes=(0, 1), reshape=False, order=1)
    seen = spun[:, ::-1, :].transpose(0, 2, 1) > 0.5
    hit = seen.any(axis=-1)
    depth = ndimage.gaussian_filter(np.where(hit, seen.argmax(axis=-1), seen.shape[-1]) * 1.0, 1.0)
    across, up = np.gradient(depth)
    light = (1.0 + 0.4 * up - 0.2 * across) / np.sqrt(1.0 + across**2 + up**2)
    return np.asarray(np.where(hit, light, 0.0).T, dtype=np.float64)


def draw(study: Study, path: Path) -> None:
    """Draw the finest series of a study as scanned and after each way, from the front and aside."""
    places = place_all(study, margin_mm=MARGIN_MM)
    finest = min(places, key=lambda place: place.series.volume.voxel_volume_ml)
    ways = {"as scanned": None, "Glioscope": ours(finest), "Quickshear": peer(finest)}
    figure, axes = plt.subplots(2, len(ways), figsize=(7.2, 4.4))
    for column, (name, mask) in enumerate(ways.items()):
        for row, turn_deg in enumerate((0.0, 40.0)):
            picture = shaded(finest.series.volume, mask, turn_deg=turn_deg)
            axes[row, column].imshow(picture, origin="lower", cmap="bone", vmin=0.0, vmax=1.2)
            axes[row, column].axis("off")
        axes[0, column].set_title(name)
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def line(row: Row) -> str:
    """Return a row as a line of text."""
    regions = row["segmentation"]
    told = "  ".join(
        f"{region} {regions[str(region)]['dice']:.3f}"
        f" ({regions[str(region)]['before_ml']:.1f} to {regions[str(region)]['after_ml']:.1f} ml)"
        for region in REGIONS
    )
    text = f"{row['patient']:18} {row['way']:10} {told}  brain {regions['brain_dice']:.4f}"
    if "series" not in row:
        return text
    keys = ("face_skin_left_percent", "other_skin_left_percent")
    face, rest = (max(one[key] for one in row["series"]) for key in keys)
    nearest = min(one["nearest_to_brain_mm"] for one in row["series"])
    return (
        f"{text}; at most {face:.1f}% of the face's skin and {rest:.1f}% of other skin left,"
        f" {nearest:.1f} mm from the brain, same input {row['same_input_of_the_network']};"
        f" {row['finding_the_brain_s']:.1f} + {row['masks_s']:.1f} s"
    )


def main() -> None:
    """Print a line a patient and way, as each is known; write all at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=1)
    parser.add_argument("--spacing-mm", type=float, default=1.0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path, help="Draw the first simulated patient only.")
    args = parser.parse_args()
    if args.picture:
        draw(simulate_patient(FIRST_SEED, SimulationConfig()).study, args.picture)
        return
    rows: list[Row] = []
    for name, study in studies(args.patients, args.spacing_mm):
        for row in measured(name, study):
            rows.append(row)
            print(line(row), flush=True)
            if args.json:
                args.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
