"""The reader on real patients, where GLIOSCOPE_DATA (or ../shared/data) holds them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from glioscope.core import Label, Sequence
from glioscope.io import find_patients, read_labels, read_study

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("GLIOSCOPE_DATA", ROOT.parent / "shared" / "data"))

pytestmark = pytest.mark.skipif(
    not (DATA / "raw").is_dir(), reason="no real patients; set GLIOSCOPE_DATA to their folder"
)


@pytest.mark.parametrize(
    ("folder", "count"),
    [("brats", 14), ("brats2013", 4), ("tcga_lgg", 19), ("raw/TCGA-FG-6692/series", 1)],
)
def test_the_cohorts_are_recognized(folder: str, count: int) -> None:
    patients = find_patients(DATA / folder)

    assert len(patients) == count
    assert (patients == (DATA / folder,)) is (count == 1)


@pytest.mark.parametrize(
    ("folder", "sequences"),
    [
        ("brats/BraTS2021_01479", set(Sequence)),
        ("brats/BraTS-GLI-00009-000", set(Sequence)),
        ("raw/TCGA-FG-6692/series", set(Sequence)),
        ("brats2013/brats_2013_pat0003_1", {Sequence.T1C, Sequence.FLAIR}),
        ("tcga_lgg/TCGA-CS-4941", {Sequence.T1, Sequence.T1C, Sequence.FLAIR}),
    ],
)
def test_each_series_is_declared_by_its_name(folder: str, sequences: set[Sequence]) -> None:
    study = read_study(DATA / folder)

    assert {series.declared for series in study.series} == sequences
    assert len(study.series) == len(sequences)


def test_the_echo_time_in_the_header_is_read() -> None:
    study = read_study(DATA / "raw" / "TCGA-FG-6692" / "series")

    echo_ms = {one.declared: one.acquisition.echo_time_ms for one in study.series}
    assert echo_ms == {
        Sequence.T1: 12.0,
        Sequence.T1C: 17.0,
        Sequence.T2: 91.0,
        Sequence.FLAIR: 110.0,
    }


@pytest.mark.parametrize(
    ("path", "labels"),
    [
        ("brats/BraTS2021_01478/BraTS2021_01478_seg.nii.gz", set(Label)),
        ("brats/BraTS2021_01477/BraTS2021_01477_seg.nii.gz", set(Label) - {Label.ENHANCING}),
        ("brats/BraTS-GLI-00009-000/BraTS-GLI-00009-000-seg.nii.gz", set(Label)),
        ("brats2013/brats_2013_pat0003_1/OTMultiClass.nii.gz", set(Label)),
    ],
)
def test_labels_of_every_year_become_those_of_today(path: str, labels: set[Label]) -> None:
    assert set(np.unique(read_labels(DATA / path).data)) == {int(label) for label in labels}
