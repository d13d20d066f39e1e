"""The smallest patients that every part of learning can be tried on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from glioscope.core import Label, Sequence, Volume
from glioscope.learning.data.about import About, tumor_box
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.entry import ABOUT, arrays_of
from glioscope.learning.data.listing import Facts, ListedCase
from glioscope.learning.data.truth import Truth
from glioscope.learning.data.writing import write_folder
from glioscope.learning.sample import Sample


def brain_with_tumor(*, shape: tuple[int, int, int] = (20, 24, 20), seed: int = 0) -> Sample:
    """A box of brain with a box of tumor off its centre, all four sequences, noise within.

    Args:
        shape: Voxels.
        seed: Of the noise.
    """
    generator = torch.Generator().manual_seed(seed)
    brain = torch.zeros(1, *shape)
    brain[:, 3:-3, 3:-3, 3:-3] = 1
    regions = torch.zeros(3, *shape)
    regions[0, 5:12, 6:14, 7:13] = 1
    regions[1, 6:10, 7:12, 8:12] = 1
    regions[2, 7:9, 8:10, 9:11] = 1
    image = torch.randn(4, *shape, generator=generator) + 3 * regions[0]
    return Sample(
        image=image * brain,
        regions=regions,
        brain=brain,
        presence=torch.ones(4),
        known=torch.ones(3),
    )


def phantom_cases(
    folder: Path, *, patients: int = 6, shape: tuple[int, int, int] = (20, 24, 20)
) -> tuple[tuple[ListedCase, ...], CaseCache]:
    """Write phantoms into a cache as if they had been prepared, without preparing anything.

    Grades, IDH and 1p/19q alternate; every third patient is of another data set.

    Args:
        folder: Of the cache.
        patients: How many.
        shape: Voxels of each, at 2 mm.
    """
    cache = CaseCache(folder=folder, grid="brain-2mm")
    cases = tuple(_listed(folder, number) for number in range(patients))
    for number, case in enumerate(cases):
        _write(cache, case.case_id, brain_with_tumor(shape=shape, seed=number))
    return cases, cache


def _listed(folder: Path, number: int) -> ListedCase:
    name = f"PHANTOM-{number:02d}"
    grade = 2 + number % 3
    return ListedCase(
        case_id=name,
        patient=name,
        source="phantoms B" if number % 3 == 2 else "phantoms A",
        images={sequence: folder / f"{name}-{sequence}.nii.gz" for sequence in Sequence},
        labels=folder / f"{name}-seg.nii.gz",
        facts=Facts(
            grade=grade,
            tumor_type=("oligodendroglioma", "astrocytoma", "glioblastoma")[number % 3],
            idh_mutant=grade < 4,
            codeleted=grade == 2,
            age_years=40.0 + number,
            sex="FM"[number % 2],
            survival_days=300.0 * (number + 1),
            dead=True,
        ),
    )


def _write(cache: CaseCache, case_id: str, sample: Sample) -> None:
    whole, core, enhancing = (region > 0.5 for region in sample.regions.numpy())
    labels = np.zeros(whole.shape, dtype=np.uint8)
    for mask, label in ((whole, Label.EDEMA), (core, Label.NECROSIS), (enhancing, Label.ENHANCING)):
        labels[mask] = int(label)
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    i, j, k = labels.shape
    rows = tuple(tuple(row) for row in affine.tolist())
    about = About(
        case_id=case_id,
        made_from={},
        presence=(1, 1, 1, 1),
        known=(1, 1, 1),
        shape=(i, j, k),
        affine=rows,
        spacing_mm=(2.0, 2.0, 2.0),
        case_shape=(i, j, k),
        case_affine=rows,
        tumor_ml=float(whole.sum()) * 0.008,
        tumor=tumor_box(whole.astype(np.float32)),
    )
    truth = Truth(
        labels=Volume(data=labels, affine=affine),
        regions=sample.regions.numpy(),
        known=(1, 1, 1),
    )
    brain = Volume(data=sample.brain[0].numpy() > 0.5, affine=affine)
    write_folder(
        cache.place / case_id,
        arrays_of(sample, truth, brain),
        about=(ABOUT, about.as_json()),
        is_current=lambda: False,
    )
