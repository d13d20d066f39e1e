"""Results drawn on studies of several kinds, and a judge of what is written of them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread, dcmwrite

from glioscope.core import Acquisition, Volume
from glioscope.io import DicomIdentity, write_dicom_series
from glioscope.io.dicom_out.identity import Identity, identify
from glioscope.io.dicom_out.origin import Origin, find_origin
from glioscope.io.results.folder import WrittenResult, read_result
from glioscope.prediction import Known

_OPTIONAL = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
    "FrameOfReferenceUID",
)


@dataclass(frozen=True)
class Drawn:
    """A result, its source images, and the identity of what is made of them."""

    result: WrittenResult
    origin: Origin
    identity: Identity


@pytest.fixture(scope="session")
def draw() -> Callable[[Path, Path], Drawn]:
    """Read a result folder and find its study."""

    def read(folder: Path, study: Path) -> Drawn:
        result = read_result(folder)
        origin = find_origin(study, result)
        return Drawn(result=result, origin=origin, identity=identify(result, origin))

    return read


@pytest.fixture(scope="session")
def drawn(dicom_study: Path, written_result: WrittenResult) -> Drawn:
    """Two lesions and predictions, on classic slices."""
    origin = find_origin(dicom_study, written_result)
    return Drawn(result=written_result, origin=origin, identity=identify(written_result, origin))


@pytest.fixture(scope="session")
def without_tumor(
    dicom_study: Path, write_result: Callable[..., Path], draw: Callable[[Path, Path], Drawn]
) -> Drawn:
    """Nothing found."""
    return draw(write_result(dicom_study, tumor=False), dicom_study)


@pytest.fixture(scope="session")
def with_told_facts(
    dicom_study: Path, write_result: Callable[..., Path], draw: Callable[[Path, Path], Drawn]
) -> Drawn:
    """The pathologist told of IDH."""
    return draw(write_result(dicom_study, known=Known(idh="mutant")), dicom_study)


@pytest.fixture(scope="session")
def on_enhanced_files(
    tmp_path_factory: pytest.TempPathFactory, dicom_study: Path, drawn: Drawn
) -> Drawn:
    """The same images, but a series is one multi-frame file."""
    folder = tmp_path_factory.mktemp("enhanced") / "patient"
    source = drawn.origin.datasets[0]
    identity = DicomIdentity(
        patient_id="PSEUDONYM",
        study_instance_uid=source.StudyInstanceUID,
        frame_of_reference_uid=source.FrameOfReferenceUID,
    )
    write_dicom_series(
        _volume_of(dicom_study / "T1c"),
        folder=folder / "T1c",
        acquisition=Acquisition(series_description="T1c"),
        identity=identity,
        enhanced=True,
    )
    return _redrawn(drawn.result, folder)


@pytest.fixture(scope="session")
def on_bare_headers(
    tmp_path_factory: pytest.TempPathFactory, dicom_study: Path, drawn: Drawn
) -> Drawn:
    """The same images, but the files lack all that a header may lack."""
    folder = tmp_path_factory.mktemp("bare") / "patient"
    (folder / "T1c").mkdir(parents=True)
    for path in sorted((dicom_study / "T1c").glob("*.dcm")):
        file = dcmread(path)
        for name in _OPTIONAL:
            if name in file:
                del file[name]
        dcmwrite(folder / "T1c" / path.name, file)
    return _redrawn(drawn.result, folder)


@pytest.fixture
def errors_of(tmp_path: Path) -> Callable[[Dataset], list[str]]:
    """Return what dciodvfy, David Clunie's validator of DICOM objects, holds for an error."""
    program = shutil.which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy (Debian's dicom3tools) is not installed")

    def check(instance: Dataset) -> list[str]:
        path = tmp_path / "instance.dcm"
        dcmwrite(path, instance, enforce_file_format=True)
        told = subprocess.run(
            [program, "-new", str(path)], check=False, capture_output=True, text=True
        )
        lines = (told.stdout + told.stderr).splitlines()
        return [line for line in lines if line.startswith("Error")]

    return check


def _redrawn(result: WrittenResult, study: Path) -> Drawn:
    """Take the same result for that of another study with the same series and grid."""
    files = [
        {
            "path": str(path.relative_to(study)),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in sorted(study.rglob("*.dcm"))
    ]
    series = [{"series_id": result.reference_series, "files": files}]
    moved = replace(result, run={**result.run, "series": series})
    origin = find_origin(study, moved)
    return Drawn(result=moved, origin=origin, identity=identify(moved, origin))


def _volume_of(folder: Path) -> Volume:
    slices = sorted((dcmread(path) for path in folder.glob("*.dcm")), key=_height)
    first = slices[0]
    spacing = np.array([*map(float, first.PixelSpacing[::-1]), float(first.SpacingBetweenSlices)])
    affine = np.diag([*(spacing * [-1.0, -1.0, 1.0]), 1.0])
    affine[:3, 3] = np.array(first.ImagePositionPatient, dtype=float) * [-1.0, -1.0, 1.0]
    data = np.stack([one.pixel_array.T for one in slices], axis=-1).astype(np.float32)
    return Volume(data=data, affine=affine)


def _height(one: Dataset) -> float:
    return float(one.ImagePositionPatient[2])
