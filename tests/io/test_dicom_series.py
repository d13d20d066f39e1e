from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import gdcm
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import RLELossless

from glioscope.core import Acquisition, InputError, Sequence, Severity, Study, Volume
from glioscope.io import DicomIdentity, read_study, write_dicom_series, write_volume

IDENTITY = DicomIdentity.from_seed(5, patient_id="PSEUDONYM")
SHAPE = (24, 20, 16)
SPACING_MM = 4.0
FULL = Acquisition(
    series_description="T1 post",
    protocol_name="Tumor",
    modality="MR",
    repetition_time_ms=512.5,
    echo_time_ms=12.25,
    inversion_time_ms=900.0,
    flip_angle_deg=70.0,
    contrast_bolus_agent="Gadobutrol",
    magnetic_field_strength_t=1.5,
    slice_thickness_mm=3.5,
    acquisition_date="20240301",
    acquisition_time="101112",
    manufacturer="Maker",
    manufacturer_model_name="Model",
    image_type=("ORIGINAL", "PRIMARY", "M", "SE"),
    scanning_sequence=("SE", "IR"),
)


def volume(seed: int = 0, *, slices: int = SHAPE[2], high: int = 4000) -> Volume:
    shape = (SHAPE[0], SHAPE[1], slices)
    affine = np.diag([-0.9, -0.8, SPACING_MM, 1.0])
    affine[:3, 3] = [30.0, 40.0, -50.0]
    return Volume(data=np.random.default_rng(seed).integers(0, high, shape), affine=affine)


def write(
    folder: Path, number: int = 1, *, enhanced: bool = False, **tags: Any
) -> tuple[Volume, tuple[Path, ...]]:
    made = volume(number)
    paths = write_dicom_series(
        made,
        folder=folder,
        acquisition=FULL,
        identity=IDENTITY,
        series_number=number,
        enhanced=enhanced,
    )
    for path in paths:
        edit(path, **tags)
    return made, paths


def edit(path: Path, **tags: Any) -> None:
    if not tags:
        return
    file = dcmread(path)
    for name, value in tags.items():
        setattr(file, name, value)
    if "SOPInstanceUID" in tags:
        file.file_meta.MediaStorageSOPInstanceUID = tags["SOPInstanceUID"]
    file.save_as(path)


def told(study: Study) -> str:
    notices = [*study.notices, *(notice for one in study.series for notice in one.notices)]
    return " ".join(f"[{notice.code}] {notice.message}" for notice in notices)


@pytest.mark.parametrize("enhanced", [False, True], ids=["classic", "enhanced"])
def test_voxels_geometry_tags_and_sources_come_back(tmp_path: Path, enhanced: bool) -> None:
    made, paths = write(tmp_path, enhanced=enhanced)

    study = read_study(tmp_path)

    (series,) = study.series
    np.testing.assert_array_equal(series.volume.data, made.data)
    np.testing.assert_allclose(series.volume.affine, made.affine, atol=1e-9)
    expected = FULL if not enhanced else replace(FULL, scanning_sequence=())
    assert series.acquisition == expected
    assert series.declared is None
    assert {source.path for source in series.sources} == {path.name for path in paths}
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    assert {source.sha256 for source in series.sources} == digests
    assert len(series.sop_instance_uids) == SHAPE[2]
    assert study.study_instance_uid == IDENTITY.study_instance_uid
    assert study.frame_of_reference_uids == {series.series_id: IDENTITY.frame_of_reference_uid}
    assert study.notices == ()


def test_sop_instance_uids_follow_the_slices(tmp_path: Path) -> None:
    _, paths = write(tmp_path)

    (series,) = read_study(tmp_path).series

    in_order = tuple(str(dcmread(path).SOPInstanceUID) for path in paths)
    assert series.sop_instance_uids == in_order


@pytest.mark.parametrize("enhanced", [False, True], ids=["classic", "enhanced"])
def test_real_values_come_back_through_the_rescale(tmp_path: Path, enhanced: bool) -> None:
    made = volume()
    made = made.with_data(made.data / 7.0 - 100.0)
    write_dicom_series(
        made, folder=tmp_path, acquisition=FULL, identity=IDENTITY, enhanced=enhanced
    )

    (series,) = read_study(tmp_path).series

    step = float(np.ptp(made.data)) / 4095
    np.testing.assert_allclose(series.volume.data, made.data, atol=0.51 * step)


def test_a_rescale_of_each_slice_is_applied_to_that_slice(tmp_path: Path) -> None:
    made, paths = write(tmp_path)
    edit(paths[3], RescaleSlope="2", RescaleIntercept="-10")

    (series,) = read_study(tmp_path).series

    np.testing.assert_array_equal(series.volume.data[:, :, 3], made.data[:, :, 3] * 2 - 10)
    np.testing.assert_array_equal(series.volume.data[:, :, 4], made.data[:, :, 4])


def test_a_mixture_at_any_depth_is_sorted_out(tmp_path: Path) -> None:
    made, _ = write(tmp_path / "a" / "b" / "c")
    write(tmp_path / "scout", 2, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    write(tmp_path / "scout2", 3, SeriesDescription="3-Plane Loc")
    write(tmp_path / "ct", 4, Modality="CT", SOPClassUID="1.2.840.10008.5.1.4.1.1.2")
    write(tmp_path / "sc", 5, SOPClassUID="1.2.840.10008.5.1.4.1.1.7")
    write(tmp_path / "adc", 6, ImageType=["DERIVED", "PRIMARY", "ADC"])
    for name in ("DICOMDIR", "README.txt", ".DS_Store", "._hidden.dcm", "notes.dcm"):
        (tmp_path / name).write_text("nothing of use")
    (tmp_path / "lost.dcm").write_bytes(b"")
    (tmp_path / "more.zip").write_bytes(b"PK")

    study = read_study(tmp_path)

    (series,) = study.series
    np.testing.assert_array_equal(series.volume.data, made.data)
    assert "32 images of 2 series, a localizer" in told(study)
    assert "32 images of 2 series, not an MR image" in told(study)
    assert "16 images of 1 series, a map" in told(study)
    assert "lost.dcm has no content" in told(study)
    assert "more.zip must be unpacked" in told(study)


def test_colored_pictures_are_left_out(tmp_path: Path) -> None:
    write(tmp_path)
    _, (path, *others) = write(tmp_path / "color", 2)
    for other in others:
        other.unlink()
    file = dcmread(path)
    file.SamplesPerPixel, file.PhotometricInterpretation, file.PlanarConfiguration = 3, "RGB", 0
    file.BitsAllocated, file.BitsStored, file.HighBit = 8, 8, 7
    file.PixelData = bytes(3 * file.Rows * file.Columns)
    file.save_as(path)

    study = read_study(tmp_path)

    assert len(study.series) == 1
    assert "1 images of 1 series, a color image" in told(study)


def test_files_without_suffix_or_preamble_are_read(tmp_path: Path) -> None:
    made, paths = write(tmp_path)
    for number, path in enumerate(paths):
        file = dcmread(path)
        syntax = file.file_meta.TransferSyntaxUID
        bare = Dataset(file)
        bare.save_as(path, implicit_vr=False, little_endian=syntax.is_little_endian)
        path.rename(tmp_path / f"{number:03d}")

    (series,) = read_study(tmp_path).series

    assert (tmp_path / "000").read_bytes()[128:132] != b"DICM"
    np.testing.assert_array_equal(series.volume.data, made.data)


@pytest.mark.parametrize(
    "syntax",
    [
        gdcm.TransferSyntax.JPEG2000Lossless,
        gdcm.TransferSyntax.JPEGLosslessProcess14_1,
        gdcm.TransferSyntax.JPEGLSLossless,
    ],
    ids=["JPEG 2000", "JPEG lossless", "JPEG-LS"],
)
def test_compressed_slices_are_read(tmp_path: Path, syntax: int) -> None:
    made, paths = write(tmp_path)
    for path in paths:
        reader = gdcm.ImageReader()
        reader.SetFileName(str(path))
        assert reader.Read()
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(syntax))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer = gdcm.ImageWriter()
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        writer.SetFileName(str(path))
        assert writer.Write()
    assert dcmread(paths[0]).file_meta.TransferSyntaxUID.is_compressed

    (series,) = read_study(tmp_path).series

    np.testing.assert_array_equal(series.volume.data, made.data)


def test_run_length_encoded_frames_are_read(tmp_path: Path) -> None:
    made, (path,) = write(tmp_path, enhanced=True)
    file = dcmread(path)
    file.compress(RLELossless, encoding_plugin="pydicom")
    file.save_as(path)

    (series,) = read_study(tmp_path).series

    np.testing.assert_array_equal(series.volume.data, made.data)


def test_a_file_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    made, paths = write(tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "copy")

    study = read_study(tmp_path)

    np.testing.assert_array_equal(study.series[0].volume.data, made.data)
    assert f"{len(paths)} slices are there twice" in told(study)


def test_two_echoes_of_one_series_are_two_volumes(tmp_path: Path) -> None:
    first, paths = write(tmp_path)
    uid = dcmread(paths[0]).SeriesInstanceUID
    second, _ = write(tmp_path / "echo", 2, SeriesInstanceUID=uid, EchoTime="90")

    one, other = read_study(tmp_path).series

    assert (one.series_id, other.series_id) == (f"{uid}-1", f"{uid}-2")
    assert (one.acquisition.echo_time_ms, other.acquisition.echo_time_ms) == (12.25, 90.0)
    np.testing.assert_array_equal(one.volume.data, first.data)
    np.testing.assert_array_equal(other.volume.data, second.data)


def test_two_acquisitions_that_only_their_numbers_tell_apart_are_two_volumes(
    tmp_path: Path,
) -> None:
    first, paths = write(tmp_path)
    uid = dcmread(paths[0]).SeriesInstanceUID
    second, _ = write(tmp_path / "again", 2, SeriesInstanceUID=uid, AcquisitionNumber=1)
    for number, path in enumerate(sorted((tmp_path / "again").iterdir())):
        edit(path, InstanceNumber=101 + number)

    one, other = read_study(tmp_path).series

    np.testing.assert_array_equal(one.volume.data, first.data)
    np.testing.assert_array_equal(other.volume.data, second.data)


def test_acquisition_numbers_and_echo_digits_do_not_tear_a_volume_apart(tmp_path: Path) -> None:
    made, paths = write(tmp_path)
    for number, path in enumerate(paths):
        edit(path, AcquisitionNumber=number, InstanceNumber=99 - number, EchoTime=str(12 + number))

    (series,) = read_study(tmp_path).series

    np.testing.assert_array_equal(series.volume.data, made.data)


def test_a_time_course_is_left_out(tmp_path: Path) -> None:
    write(tmp_path)
    _, paths = write(tmp_path / "t1", 2)
    uid = dcmread(paths[0]).SeriesInstanceUID
    for number in range(3, 8):
        write(tmp_path / f"t{number}", number, SeriesInstanceUID=uid, TriggerTime=str(number))

    study = read_study(tmp_path)

    assert len(study.series) == 1
    assert "[left-out-time-course] Left out: series 2 (in t1) holds 6 volumes" in told(study)


def test_a_series_in_three_directions_is_a_localizer(tmp_path: Path) -> None:
    write(tmp_path)
    _, paths = write(tmp_path / "three", 2)
    for path in paths[:5]:
        edit(path, ImageOrientationPatient=[1, 0, 0, 0, 0, -1])
    for path in paths[5:10]:
        edit(path, ImageOrientationPatient=[0, 1, 0, 0, 0, -1])

    study = read_study(tmp_path)

    assert len(study.series) == 1
    assert "lies in 3 directions or more, as localizers do" in told(study)


def test_a_position_acquired_twice_is_read_from_the_later_slice(tmp_path: Path) -> None:
    made, paths = write(tmp_path)
    repeated = tmp_path / "again.dcm"
    shutil.copy(paths[4], repeated)
    pixels = dcmread(paths[9]).PixelData
    edit(repeated, SOPInstanceUID="1.2.3", InstanceNumber=500, PixelData=pixels)

    (series,) = read_study(tmp_path).series

    np.testing.assert_array_equal(series.volume.data[:, :, 4], made.data[:, :, 9])
    np.testing.assert_array_equal(series.volume.data[:, :, 5], made.data[:, :, 5])
    assert "1 positions were acquired twice" in told(read_study(tmp_path))


def test_one_missing_slice_is_interpolated_and_told(tmp_path: Path) -> None:
    made, paths = write(tmp_path)
    paths[6].unlink()

    study = read_study(tmp_path)

    (series,) = study.series
    expected = made.data.astype(np.float32)
    expected[:, :, 6] = (expected[:, :, 5] + expected[:, :, 7]) / 2
    np.testing.assert_array_equal(series.volume.data, expected)
    np.testing.assert_allclose(series.volume.affine, made.affine, atol=1e-9)
    assert series.sop_instance_uids[6] == ""
    (notice,) = series.notices
    assert notice.severity is Severity.WARNING
    assert "1 of 16 slices are missing (number 7, at -26.0 mm along the stack)" in notice.message


def test_slightly_uneven_slices_are_told(tmp_path: Path) -> None:
    made, paths = write(tmp_path)
    edit(paths[6], ImagePositionPatient=[-30.0, -40.0, -50.0 + 6 * SPACING_MM + 0.2])

    (series,) = read_study(tmp_path).series

    np.testing.assert_allclose(series.volume.affine, made.affine, atol=1e-9)
    assert "up to 0.20 mm off an even spacing of 4.00 mm" in series.notices[0].message


def test_of_several_dates_the_latest_is_read(tmp_path: Path) -> None:
    write(tmp_path / "now")
    older = replace(IDENTITY, study_instance_uid="1.2.3.4", study_date="20191202")
    write_dicom_series(
        volume(9), folder=tmp_path / "before", acquisition=FULL, identity=older, series_number=4
    )

    study = read_study(tmp_path)

    assert len(study.series) == 1
    assert study.study_instance_uid == IDENTITY.study_instance_uid
    assert "2 study dates lie in the folder; the latest is read, and 1 series that are 30 days" in (
        told(study)
    )
    assert "2019" not in told(study)


def test_nifti_files_beside_dicom_are_left_out(tmp_path: Path) -> None:
    write(tmp_path / "dicom")
    write_volume(volume(), tmp_path / "nifti" / "t1.nii.gz")

    study = read_study(tmp_path)

    assert len(study.series) == 1
    assert "NIfTI files beside the DICOM series: nifti/t1.nii.gz" in told(study)


def test_a_dicom_folder_given_by_the_user_wins(tmp_path: Path) -> None:
    write(tmp_path / "one")
    made, _ = write(tmp_path / "two", 2)

    study = read_study(tmp_path, overrides={Sequence.T2: tmp_path / "two"})

    chosen, other = study.series
    assert (chosen.declared, chosen.by_user) == (Sequence.T2, True)
    assert (other.declared, other.by_user) == (None, False)
    np.testing.assert_array_equal(chosen.volume.data, made.data)


def test_a_folder_of_two_series_is_no_choice(tmp_path: Path) -> None:
    write(tmp_path / "both")
    write(tmp_path / "both", 2)

    with pytest.raises(InputError, match="given as t1, holds 2 usable DICOM series"):
        read_study(tmp_path, overrides={Sequence.T1: tmp_path / "both"})


def test_fields_in_gauss_are_tesla(tmp_path: Path) -> None:
    write(tmp_path, MagneticFieldStrength="15000")

    assert read_study(tmp_path).series[0].acquisition.magnetic_field_strength_t == 1.5


def test_the_same_arguments_write_the_same_bytes(tmp_path: Path) -> None:
    _, one = write(tmp_path / "one")
    _, other = write(tmp_path / "other")

    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]
