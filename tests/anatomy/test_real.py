"""Location of real patients whose tumors bend the brain, with the experts' labels."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from glioscope.anatomy import locate
from glioscope.core import Hemisphere, Segmentation
from glioscope.io import read_labels, read_study
from glioscope.preparation import prepare, resampled_mask

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("GLIOSCOPE_DATA", ROOT.parent / "shared" / "data")) / "brats"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="no real patients; set GLIOSCOPE_DATA to their folder"
)


@pytest.mark.parametrize(
    ("patient", "lobe", "side"),
    [
        ("BraTS2021_01482", "parietal lobe", Hemisphere.LEFT),
        ("BraTS2021_01479", "frontal lobe", Hemisphere.BOTH),
    ],
)
def test_a_brain_bent_by_a_tumor_is_not_refused(patient: str, lobe: str, side: Hemisphere) -> None:
    case = prepare(read_study(DATA / patient))
    expert = read_labels(next((DATA / patient).glob("*seg*")))
    labels = np.zeros(case.brain.shape, dtype=np.uint8)
    for label in (1, 2, 3):
        part = resampled_mask(expert.with_data(expert.data == label), like=case.brain)
        labels[part.data] = label
    segmentation = Segmentation(case_id=patient, labels=case.brain.with_data(labels))

    location = locate(case, segmentation)

    assert location.main_lobe == lobe
    assert location.hemisphere is side
