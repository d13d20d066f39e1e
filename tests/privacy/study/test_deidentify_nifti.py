"""NIfTI studies with side-cars: headers, names and JSON."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from glioscope.core import InputError, Volume
from glioscope.privacy.face.search import Faces, FaceStatus, SeriesFace
from glioscope.privacy.headers.nifti import cleaned_nifti, read_stored
from glioscope.privacy.headers.sidecar import cleaned_sidecar
from glioscope.privacy.study import nifti as deidentify_nifti
from glioscope.privacy.study.deidentify import DeidentifyConfig, deidentify

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("GLIOSCOPE_DATA", ROOT.parent / "shared" / "data"))
PUBLIC_PATIENT = DATA / "raw" / "TCGA-FG-6692"
KEY = bytes(range(32))
KEPT = DeidentifyConfig(key=KEY, patient="P1", keep_face=True)
AFFINE = np.diag([-0.9, 0.9, 3.0, 1.0])
SIDECAR = {
    "EchoTime": 0.0035,
    "RepetitionTime": 1.9,
    "MagneticFieldStrength": 3,
    "SeriesDescription": "t1_mprage Zqx",
    "ImageType": ["ORIGINAL", "PRIMARY", "ZQX"],
    "PhaseEncodingDirection": "j-",
    "AcquisitionTime": "23:59:59.500000",
    "SliceTiming": [0.0, 0.5],
    "NonlinearGradientCorrection": True,
    "FlipAngle": "Zqx",
    "PatientName": "Zqx^Jane",
    "PatientID": "Zqx4711",
    "InstitutionName": "Zqx Hospital",
    "AcquisitionDateTime": "1987-06-11T23:59:59",
    "SeriesInstanceUID": "1.2.826.99.1",
    "DeviceSerialNumber": "Zqx12",
    "Zqx^Jane": 5,
    "global": {"const": {"PatientName": "Zqx"}},
}


def write(path: Path, data: np.ndarray[Any, Any] | None = None) -> np.ndarray[Any, Any]:
    """A scan whose header says more than it should."""
    if data is None:
        data = np.random.default_rng(1).integers(0, 900, (7, 6, 5)).astype(np.int16)
    image = nib.Nifti1Image(data, AFFINE)
    image.header["descrip"] = b"TE=3.5;Time=235959;Zqx Jane"
    image.header["aux_file"] = b"Zqx.txt"
    image.header["intent_name"] = b"Zqx intent"
    image.header["db_name"] = b"Zqx db"
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"Zqx comment"))
    image.header.set_slope_inter(2.0, -100.0)
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(image, path)
    return data


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "Zqx Jane"
    write(folder / "Zqx_t1.nii.gz")
    (folder / "Zqx_t1.json").write_text(json.dumps(SIDECAR))
    return folder


def everything(folder: Path) -> bytes:
    parts = [str(path.relative_to(folder)).encode() for path in folder.rglob("*")]
    for path in folder.rglob("*"):
        if path.is_file():
            parts.append(path.read_bytes())
            if path.suffix == ".gz":
                parts.append(gzip.decompress(path.read_bytes()))
    return b"\n".join(parts).lower()


def test_nothing_of_the_patient_is_in_any_byte(study: Path, tmp_path: Path) -> None:
    deidentify(study, tmp_path / "out", KEPT)

    out = everything(tmp_path / "out")
    secrets = (b"zqx", b"1.2.826.99", b"1987-06-11")
    assert [secret for secret in secrets if secret in out] == []


def test_names_say_whose_and_what(study: Path, tmp_path: Path) -> None:
    write(study / "Zqx_flair.nii.gz")
    write(study / "Zqx_seg.nii.gz", np.zeros((7, 6, 5), dtype=np.int16))

    done = deidentify(study, tmp_path / "out", KEPT)

    assert done.report["files_left_out"] == []
    names = sorted(path.name for path in (tmp_path / "out" / "P1").iterdir())
    assert names == ["P1_flair.nii.gz", "P1_labels.nii.gz", "P1_t1.json", "P1_t1.nii.gz"]
    assert done.table is not None
    assert done.table["files"]["Zqx_t1.nii.gz"] == "P1_t1.nii.gz"


def test_voxels_scale_and_place_stay(study: Path, tmp_path: Path) -> None:
    before = nib.load(study / "Zqx_t1.nii.gz")

    deidentify(study, tmp_path / "out", KEPT)

    after = nib.load(tmp_path / "out" / "P1" / "P1_t1.nii.gz")
    assert np.array_equal(before.dataobj.get_unscaled(), after.dataobj.get_unscaled())
    assert (after.dataobj.slope, after.dataobj.inter) == (2.0, -100.0)
    assert np.array_equal(before.affine, after.affine)
    assert bytes(after.header["descrip"].item()) == b"TE=3.5"
    assert len(after.header.extensions) == 0


def test_only_keys_of_the_scan_stay_in_the_side_car(study: Path, tmp_path: Path) -> None:
    deidentify(study, tmp_path / "out", KEPT)

    assert json.loads((tmp_path / "out" / "P1" / "P1_t1.json").read_text()) == {
        "EchoTime": 0.0035,
        "RepetitionTime": 1.9,
        "MagneticFieldStrength": 3,
        "SeriesDescription": "t1 mprage",
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "PhaseEncodingDirection": "j-",
        "AcquisitionTime": "23:59:59.500000",
        "SliceTiming": [0.0, 0.5],
        "NonlinearGradientCorrection": True,
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("EchoTime", "0.0035"),
        ("EchoTime", True),
        ("EchoTime", {"a": 1}),
        ("SliceTiming", [0.0, "Zqx"]),
        ("PhaseEncodingDirection", "Zqx"),
        ("AcquisitionTime", "Zqx"),
        ("AcquisitionTime", 12),
        ("SeriesDescription", {"Zqx": 1}),
        ("SeriesDescription", "Zqx"),
        ("ImageType", ["ORIGINAL", 4]),
        ("MTState", "Zqx"),
        ("Unknown", 1),
    ],
)
def test_a_value_of_another_form_goes(key: str, value: object) -> None:
    assert cleaned_sidecar({key: value}) == ({}, (key,))


@pytest.mark.parametrize("kind", [nib.Nifti1Header, nib.Nifti2Header])
@pytest.mark.parametrize("endianness", ["<", ">"])
def test_both_versions_and_byte_orders_keep_their_voxels(
    tmp_path: Path, kind: Any, endianness: str
) -> None:
    data = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    image_kind = nib.Nifti1Image if kind is nib.Nifti1Header else nib.Nifti2Image
    header = kind(endianness=endianness)
    header["descrip"] = b"Zqx"
    header.set_data_dtype(np.int16)
    path = tmp_path / "scan.nii"
    nib.save(image_kind(data, AFFINE, header), path)

    read_header, stored = read_stored(path)
    (tmp_path / "clean.nii.gz").write_bytes(cleaned_nifti(read_header, stored))

    clean = nib.load(tmp_path / "clean.nii.gz")
    assert np.array_equal(np.asanyarray(clean.dataobj), data)
    assert np.allclose(clean.affine, AFFINE)
    assert bytes(clean.header["descrip"].item()) == b""
    assert bytes(read_header["descrip"].item()) == b"Zqx"


def test_a_damaged_file_and_a_side_car_that_is_no_json_are_left_out(
    study: Path, tmp_path: Path
) -> None:
    (study / "Zqx_t2.nii.gz").write_bytes(b"Zqx is no gzip")
    (study / "Zqx_t1.json").write_text("{Zqx")

    done = deidentify(study, tmp_path / "out", KEPT)

    reasons = {one["reason"]: one["files"] for one in done.report["files_left_out"]}
    assert reasons == {"damaged": 1, "other_file": 1}
    assert [path.name for path in (tmp_path / "out" / "P1").iterdir()] == ["P1_t1.nii.gz"]


def test_two_patients_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "in" / "sub-01_T1w.nii.gz")
    write(tmp_path / "in" / "sub-02_T1w.nii.gz")

    with pytest.raises(InputError, match="2 patients"):
        deidentify(tmp_path / "in", tmp_path / "out", KEPT)


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()

    with pytest.raises(InputError, match="no DICOM and no NIfTI"):
        deidentify(tmp_path / "in", tmp_path / "out", KEPT)


def face(series_id: str, shape: tuple[int, int, int], status: FaceStatus) -> SeriesFace:
    mask = np.zeros(shape, dtype=bool)
    mask[:, -2:, :] = status is FaceStatus.FOUND
    return SeriesFace(
        series_id=series_id,
        status=status,
        mask=Volume(data=mask, affine=AFFINE),
        background=0.0,
        to_reference=np.eye(4),
    )


def test_the_face_becomes_background_and_what_has_none_found_is_left_out(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(study / "Zqx_dwi.nii.gz")
    write(study / "Zqx_seg.nii.gz", np.ones((7, 6, 5), dtype=np.int16))
    write(study / "Zqx_mask_seg.nii.gz")
    found = face("Zqx_t1.nii.gz", (7, 6, 5), FaceStatus.FOUND)
    faces = Faces(case_id="P1", by_series={"Zqx_t1.nii.gz": found}, notices=())
    monkeypatch.setattr(deidentify_nifti, "find_faces", lambda *_, **__: faces)

    done = deidentify(study, tmp_path / "out", DeidentifyConfig(key=KEY, patient="P1"))

    before = nib.load(study / "Zqx_t1.nii.gz").dataobj.get_unscaled()
    after = nib.load(tmp_path / "out" / "P1" / "P1_t1.nii.gz").dataobj.get_unscaled()
    assert (after[:, -2:] == before.min()).all()
    assert np.array_equal(after[:, :-2], before[:, :-2])
    # the diffusion scan, and the scan that is called a segmentation
    assert [(one["reason"], one["files"]) for one in done.report["files_left_out"]] == [
        ("no_face_removed", 2)
    ]
    assert (tmp_path / "out" / "P1" / "P1_labels-2.nii.gz").is_file()


@pytest.mark.skipif(
    not PUBLIC_PATIENT.is_dir(), reason="no public patient; set GLIOSCOPE_DATA to the folder"
)
def test_a_public_patient_loses_name_and_number(tmp_path: Path) -> None:
    done = deidentify(PUBLIC_PATIENT, tmp_path / "out", KEPT)

    written = sorted((tmp_path / "out" / "P1").iterdir())
    assert done.report["files_written"] == len(written) == 8
    assert {"P1_t1.nii.gz", "P1_t1c.nii.gz", "P1_t2.nii.gz", "P1_flair.nii.gz"} <= {
        path.name for path in written
    }
    for path in written:
        with gzip.open(path) as file:
            header = file.read(352).lower()
        assert b"tcga" not in header
        assert b"6692" not in header
