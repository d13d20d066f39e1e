"""Bring the labelled patients to the working grid, by the product's own preparation.

`python experiments/prepare_tumor.py` writes one file a patient below `runs/cases` (1 mm, for the
evaluation) and `runs/cache` (1.5 mm, for training).  Patients that are there already are skipped.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from glioscope.core import Case, CaseError, Label, Sequence, Volume
from glioscope.io import read_labels, read_study, read_volume
from glioscope.learning.sample import SPACING_MM, Sample, save_sample
from glioscope.preparation import prepare
from glioscope.preparation.grid import resampled
from glioscope.segmentation import NetworkGrid

DATA = Path(os.environ.get("GLIOSCOPE_DATA", "../shared/data"))
MARGIN_MM = 12.0
SETS = {
    "brats": ("*seg*", (1, 1, 1)),
    "brats2013": ("OTMultiClass*", (1, 1, 1)),
    "tcga_lgg": ("*abnormality*", (1, 0, 0)),
}
Array = npt.NDArray[np.float32]


def regions_of(path: Path, case: Case, *, whole_only: bool) -> tuple[Array, Volume]:
    """Return WT, TC and ET in 0 to 1 on the case's grid, and the labels as the expert drew them."""
    labels = read_volume(path) if whole_only else read_labels(path)
    moved = {one.sequence: one.to_reference for one in case.alignments}[Sequence.FLAIR]
    wanted = [(1, 2, 3), (Label.NECROSIS, Label.ENHANCING), (Label.ENHANCING,)]
    if whole_only:
        labels = labels.with_data((labels.data > 0).astype(np.uint8))
        wanted = [(1,), (), ()]
    masks = [labels.with_data(np.isin(labels.data, values)) for values in wanted]
    stack = [resampled(mask, like=case.brain, to_reference=moved).data for mask in masks]
    return np.stack(stack).astype(np.float32), labels


def with_scalp(case: Case) -> dict[Sequence, Volume]:
    """Return the images with the head around the brain, scaled as the brain was."""
    result = {}
    for sequence, image in case.images.items():
        inside, head = case.brain.data & (image.data != 0), case.heads[sequence].data
        slope, offset = np.polyfit(head[inside][::20], image.data[inside][::20], 1)
        around = np.clip(slope * head + offset, -6, 12) * (head != 0)
        result[sequence] = image.with_data(np.where(case.brain.data, image.data, around))
    return result


def to_sample(case: Case, regions: Array, known: tuple[int, int, int]) -> Sample:
    """Return a patient on the working grid, with a margin around the brain."""
    grid = NetworkGrid.around(case.brain, spacing_mm=SPACING_MM, margin_mm=MARGIN_MM, stride=1)
    image = np.zeros((len(Sequence), *grid.shape), dtype=np.float32)
    presence = np.zeros(len(Sequence), dtype=np.float32)
    for channel, sequence in enumerate(Sequence):
        if sequence in case.images:
            image[channel] = grid.from_case(with_scalp(case)[sequence].data)
            presence[channel] = 1
    masks = np.stack([grid.from_case(region) for region in regions])
    brain = grid.from_case(case.brain.data.astype(np.float32))[None]
    return Sample(
        image=torch.from_numpy(image),
        regions=torch.from_numpy(masks.clip(0, 1)),
        brain=torch.from_numpy(brain.clip(0, 1)),
        presence=torch.from_numpy(presence),
        known=torch.tensor(known, dtype=torch.float32),
    )


def main() -> None:
    """Prepare all patients of the sets named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", default=list(SETS))
    parser.add_argument("--out", type=Path, default=Path("runs"))
    options = parser.parse_args()
    for name in options.sets:
        for folder in sorted((DATA / name).iterdir()):
            if not (options.out / "cache" / f"{folder.name}.npz").exists():
                _prepare(folder, *SETS[name], out=options.out)


def _prepare(folder: Path, pattern: str, known: tuple[int, int, int], *, out: Path) -> None:
    try:
        case = prepare(read_study(folder))
    except CaseError as error:
        print(folder.name, "refused:", error, flush=True)
        return
    regions, labels = regions_of(next(folder.glob(pattern)), case, whole_only=not known[1])
    for place in ("cases", "cache"):
        (out / place).mkdir(parents=True, exist_ok=True)
    images = {str(sequence): image.data for sequence, image in case.images.items()}
    truth = np.zeros(case.brain.shape, dtype=np.uint8)
    for region, label in zip(regions, (2, 1, 3), strict=True):
        truth[region >= 0.5] = label
    np.savez(
        out / "cases" / f"{folder.name}.npz",
        **{name: data.astype(np.float16) for name, data in images.items()},
        brain=case.brain.data,
        affine=case.brain.affine,
        truth=truth,
        native=labels.data,
        native_affine=labels.affine,
        known=np.array(known),
    )
    save_sample(to_sample(case, regions, known), out / "cache" / f"{folder.name}.npz")
    moved = max(one.moved_mm for one in case.alignments)
    outside = float((truth[~case.brain.data] > 0).sum() / max((truth > 0).sum(), 1))
    print(
        f"{folder.name}: brain {case.brain.data.sum() / 1000:.0f} ml, tumor outside it"
        f" {100 * outside:.1f}%, moved {moved:.1f} mm,"
        f" {[notice.code for notice in case.notices]}",
        flush=True,
    )


if __name__ == "__main__":
    main()
