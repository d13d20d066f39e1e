from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import HTJ2KLossless

from glioscope.core import Acquisition, GeometryError, InputError, Severity, Volume
from glioscope.io import DicomIdentity, read_study, write_dicom_series

IDENTITY = DicomIdentity.from_seed(5, patient_id="SECRET-NAME")


def volume(*, slices: int = 20) -> Volume:
    data = np.random.default_rng(0).integers(0, 4000, (12, 10, slices))
    return Volume(data=data, affine=np.diag([-1.0, -1.0, 5.0, 1.0]))


def write(
    folder: Path,
    *,
    number: int = 1,
    made: Volume | None = None,
    identity: DicomIdentity = IDENTITY,
    enhanced: bool = False,
) -> tuple[Path, ...]:
    return write_dicom_series(
        made or volume(),
        folder=folder,
        acquisition=Acquisition(series_description="T1"),
        identity=identity,
        series_number=number,
        enhanced=enhanced,
    )


def edit(path: Path, **tags: Any) -> None:
    file = dcmread(path)
    for name, value in tags.items():
        setattr(file, name, value)
    file.save_as(path)


def refusal(folder: Path) -> str:
    with pytest.raises(InputError) as refused:
        read_study(folder)
    message = str(refused.value)
    assert refused.value.exit_code == 2
    assert "SECRET" not in message
    assert str(folder.parent) not in message
    return message


def test_two_patients_are_refused_without_their_names(tmp_path: Path) -> None:
    write(tmp_path / "a")
    write(tmp_path / "b", identity=DicomIdentity.from_seed(6, patient_id="SECRET-OTHER"))

    message = refusal(tmp_path)

    assert "images of 2 patients or sessions (20 in a, 20 in b)" in message
    assert "give each a folder of its own" in message


def test_the_same_identifier_under_another_name_is_another_patient(tmp_path: Path) -> None:
    write(tmp_path / "a")
    for path in write(tmp_path / "b", number=2):
        edit(path, PatientName="SECRET^OTHER")

    assert "2 patients" in refusal(tmp_path)


def test_one_patient_written_in_two_ways_is_one(tmp_path: Path) -> None:
    for path in write(tmp_path / "a"):
        edit(path, PatientName="Secret^Name^^^", PatientID="17 ")
    for path in write(tmp_path / "b", number=2):
        edit(path, PatientName="SECRET^NAME", PatientID="17")

    assert len(read_study(tmp_path).series) == 2


@pytest.mark.parametrize("blank", ["", "ANONYMOUS", "Anon12"])
def test_blanked_identities_are_told_apart_by_study(tmp_path: Path, blank: str) -> None:
    write(tmp_path / "a", identity=DicomIdentity.from_seed(1, patient_id=blank))
    write(tmp_path / "b", identity=DicomIdentity.from_seed(2, patient_id=blank))

    assert "2 patients" in refusal(tmp_path)


def test_studies_without_a_date_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a", identity=replace(IDENTITY, study_date=""))
    write(tmp_path / "b", identity=replace(IDENTITY, study_instance_uid="1.2.3"))

    assert "2 studies, some without a date" in refusal(tmp_path)


@pytest.mark.parametrize("share", [0.2, 0.6, 0.99])
@pytest.mark.parametrize("enhanced", [False, True], ids=["classic", "enhanced"])
def test_a_file_that_is_cut_off_is_refused_by_name(
    tmp_path: Path, enhanced: bool, share: float
) -> None:
    path = write(tmp_path / "series", enhanced=enhanced)[-1]
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])

    message = refusal(tmp_path)

    assert f"series/{path.name} is damaged or cut off; send the series" in message


def test_a_file_of_noise_with_a_preamble_is_refused_by_name(tmp_path: Path) -> None:
    path = write(tmp_path)[3]
    noise = np.random.default_rng(0).bytes(4000)
    path.write_bytes(b"\0" * 128 + b"DICM" + noise)

    assert f"{path.name} is damaged" in refusal(tmp_path)


def test_a_slice_of_another_size_in_its_pixels_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path)[3]
    edit(path, PixelData=bytes(2 * 10 * 6))

    assert f"{path.name} is damaged" in refusal(tmp_path)


def test_an_unknown_compression_is_named(tmp_path: Path) -> None:
    for path in write(tmp_path):
        file = dcmread(path)
        file.file_meta.TransferSyntaxUID = HTJ2KLossless
        file["PixelData"].is_undefined_length = True
        file.PixelData = (
            b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0\x04\0\0\0abcd\xfe\xff\xdd\xe0\0\0\0\0"
        )
        file.save_as(path)

    assert "compressed as High-Throughput JPEG 2000" in refusal(tmp_path)


@pytest.mark.parametrize("gone", [(6, 7), (3, 6, 9)])
def test_too_many_missing_slices_are_refused(tmp_path: Path, gone: tuple[int, ...]) -> None:
    paths = write(tmp_path)
    for place in gone:
        paths[place].unlink()

    message = refusal(tmp_path)

    assert f"series 1 (in .): {len(gone)} of 20 slices are missing" in message
    assert "send the series from the archive again" in message


def test_uneven_slices_are_left_out_with_an_alarm(tmp_path: Path) -> None:
    write(tmp_path)
    odd = write(tmp_path / "odd", number=2)
    for place, path in enumerate(odd):
        edit(path, ImagePositionPatient=[0.0, 0.0, 5.0 * place + 0.3 * place * (place % 3)])

    study = read_study(tmp_path)

    assert len(study.series) == 1
    (notice,) = study.notices
    assert notice.severity is Severity.ALARM
    assert "series 2 (in odd): its slices lie at uneven distances" in notice.message


def test_sheared_stacks_are_refused_if_nothing_else_is_there(tmp_path: Path) -> None:
    for place, path in enumerate(write(tmp_path)):
        edit(path, ImagePositionPatient=[0.0, 0.5 * place, 5.0 * place])

    message = refusal(tmp_path)

    assert "not stacked straight above each other" in message
    assert "holds no usable series of a head MRI (20 DICOM, 0 NIfTI, 0 other files)" in message


def test_slices_without_geometry_are_no_series(tmp_path: Path) -> None:
    for path in write(tmp_path):
        file = dcmread(path)
        del file.ImagePositionPatient
        file.save_as(path)

    assert "20 images of 1 series, without a valid position" in refusal(tmp_path)


def test_a_direction_that_is_none_is_told(tmp_path: Path) -> None:
    for path in write(tmp_path):
        edit(path, ImageOrientationPatient=[1, 0, 0, 1, 0, 0])

    assert "20 images of 1 series, without a valid position" in refusal(tmp_path)


def test_a_constant_series_is_no_series(tmp_path: Path) -> None:
    write(tmp_path, made=volume().with_data(np.full((12, 10, 20), 7)))

    assert "is constant (7 everywhere)" in refusal(tmp_path)


def test_a_rescale_to_infinity_is_no_series(tmp_path: Path) -> None:
    for path in write(tmp_path):
        edit(path, RescaleSlope="1e300")

    assert "holds voxels that are NaN or infinite" in refusal(tmp_path)


def test_a_few_slices_are_no_series(tmp_path: Path) -> None:
    write(tmp_path, made=volume(slices=3))

    assert "has 3 slices, no scan of a brain" in refusal(tmp_path)


def test_a_sheared_volume_is_not_written(tmp_path: Path) -> None:
    affine = np.eye(4)
    affine[0, 1] = 0.3

    with pytest.raises(GeometryError, match="sheared"):
        write(tmp_path, made=Volume(data=np.ones((3, 3, 3)), affine=affine))
