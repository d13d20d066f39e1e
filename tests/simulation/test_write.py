from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glioscope.core import OutputError, Region, Sequence, region_mask
from glioscope.io import read_labels, read_study, read_volume
from glioscope.simulation import SimulatedPatient, write_patient


def test_dicom_holds_the_same_value_at_the_same_place(
    patient: SimulatedPatient, tmp_path: Path
) -> None:
    write_patient(patient, tmp_path, layout="dicom")

    found = {
        series.acquisition.series_description: series.volume
        for series in read_study(tmp_path / "dicom").series
    }

    assert len(found) == len(patient.study.series) == 4
    rng = np.random.default_rng(0)
    for written in patient.study.series:
        volume = found[written.acquisition.series_description]
        assert sorted(volume.shape) == sorted(written.volume.shape)
        index = rng.integers(0, written.volume.shape, (500, 3))
        there = volume.index(written.volume.world(index))
        assert np.abs(there - np.rint(there)).max() < 0.01
        values = volume.data[tuple(np.rint(there).astype(int).T)]
        assert np.array_equal(values, written.volume.data[tuple(index.T)])


def test_nifti_comes_back_with_its_names(patient: SimulatedPatient, tmp_path: Path) -> None:
    write_patient(patient, tmp_path, layout="nifti")

    study = read_study(tmp_path / "nifti")

    assert {series.declared for series in study.series} == set(Sequence)
    t1c = next(series for series in study.series if series.declared is Sequence.T1C).volume
    assert read_volume(tmp_path / "truth" / "labels.nii.gz").shape == t1c.shape
    assert read_volume(tmp_path / "truth" / "brain.nii.gz").shape == t1c.shape


def test_the_truth_says_what_the_labels_say(patient: SimulatedPatient, tmp_path: Path) -> None:
    write_patient(patient, tmp_path, layout="nifti")

    truth = json.loads((tmp_path / "truth" / "truth.json").read_text())

    labels = read_labels(tmp_path / "truth" / "labels_1mm.nii.gz")
    for region in Region:
        volume_ml = region_mask(labels, region).data.sum() * labels.voxel_volume_ml
        assert truth["volume_ml"][region] == pytest.approx(volume_ml, rel=1e-3)
    scanned = read_labels(tmp_path / "truth" / "labels.nii.gz")
    scanned_ml = (scanned.data > 0).sum() * scanned.voxel_volume_ml
    assert scanned_ml == pytest.approx(truth["volume_ml"]["whole_tumor"], rel=0.03)
    assert truth["hemisphere"] == "left"
    assert truth["lesions"] >= 1
    assert truth["midline_shift_mm"] == pytest.approx(patient.truth.midline_shift_mm, abs=1e-3)
    assert truth["to_reference"]["t1c"] == np.eye(4).tolist()


def test_a_run_that_dies_leaves_no_truth(
    patient: SimulatedPatient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: Any, **__: Any) -> None:
        msg = "no space left"
        raise OutputError(msg)

    monkeypatch.setattr("glioscope.simulation.write.write_volume", full_disk)

    with pytest.raises(OutputError):
        write_patient(patient, tmp_path, layout="dicom")
    assert not (tmp_path / "truth" / "truth.json").exists()
