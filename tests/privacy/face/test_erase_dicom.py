"""The same head erased as a volume and as DICOM files must be the same head."""

from __future__ import annotations

from collections.abc import Sequence as Items
from io import BytesIO
from itertools import permutations, product
from pathlib import Path
from typing import Any

import gdcm
import numpy as np
import numpy.typing as npt
import pytest
from pydicom import Dataset, FileDataset, dcmread, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from glioscope.core import Acquisition, InputError, Volume
from glioscope.io import DicomIdentity, read_study, write_dicom_series
from glioscope.privacy.face.erase import erase_face
from glioscope.privacy.face.erase_dicom import erase_face_in_dataset, erase_in_dataset
from glioscope.privacy.face.plane import Plane
from glioscope.privacy.face.region import FaceRegion
from glioscope.privacy.face.search import Faces, FaceStatus, SeriesFace
from glioscope.simulation import ellipsoid, empty_grid

SHAPE = (20, 24, 7)
SPACING_MM = (6.0, 5.0, 12.0)
IDENTITY = DicomIdentity.from_seed(1, patient_id="P")
ACQUISITION = Acquisition(
    series_description="t1", modality="MR", image_type=("ORIGINAL", "PRIMARY", "M", "ND")
)
NAME = "IM-1.dcm"


@pytest.fixture(scope="module")
def region() -> FaceRegion:
    grid = empty_grid(extent_mm=(80.0, 80.0, 80.0), spacing_mm=(2.0, 2.0, 2.0))
    brain = ellipsoid(grid, center_mm=(5.0, -3.0, 8.0), radii_mm=(20.0, 25.0, 18.0))
    level = Plane(normal=np.array([0.0, -0.2, np.sqrt(0.96)]), offset_mm=4.0)
    return FaceRegion.around(brain, level=level, margin_mm=10.0)


def head(axes: npt.NDArray[np.float64] | None = None) -> Volume:
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) if axes is None else axes) * np.array(SPACING_MM)
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(SHAPE) - 1) / 2)
    data = np.random.default_rng(3).integers(20, 4000, SHAPE).astype(np.float32)
    return Volume(data=data, affine=affine)


def faces_of(series_id: str, volume: Volume, region: FaceRegion) -> Faces:
    face = SeriesFace(
        series_id=series_id,
        status=FaceStatus.FOUND,
        mask=region.on(volume),
        background=float(volume.data.min()),
        region=region,
        to_reference=np.eye(4),
    )
    return Faces(case_id="P", by_series={series_id: face}, notices=())


def written(folder: Path, volume: Volume, *, enhanced: bool = False) -> tuple[Path, ...]:
    return write_dicom_series(
        volume, folder=folder, acquisition=ACQUISITION, identity=IDENTITY, enhanced=enhanced
    )


def erased_again(folder: Path, paths: Items[Path], region: FaceRegion) -> tuple[Volume, Volume]:
    """Return the head erased as a volume, and as files that are then read again."""
    (series,) = read_study(folder).series
    faces = faces_of(series.series_id, series.volume, region)
    mask = faces.by_series[series.series_id].mask
    assert 0 < np.count_nonzero(mask.data) < mask.data.size
    total = 0
    for path in paths:
        dataset = dcmread(path)
        total += erase_face_in_dataset(dataset, faces, name=NAME)
        dcmwrite(path, dataset)
    assert total == np.count_nonzero(mask.data)
    (after,) = read_study(folder).series
    return erase_face(series.volume, mask), after.volume


def transcoded(path: Path, syntax: int) -> None:
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


@pytest.mark.parametrize("enhanced", [False, True], ids=["classic", "enhanced"])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_files_of_any_orientation_lose_what_the_volume_loses(
    tmp_path: Path, region: FaceRegion, order: tuple[int, ...], enhanced: bool
) -> None:
    for number, signs in enumerate(product((1.0, -1.0), repeat=3)):
        axes = np.zeros((3, 3))
        axes[order, range(3)] = signs
        folder = tmp_path / str(number)

        volume, files = erased_again(folder, written(folder, head(axes), enhanced=enhanced), region)

        np.testing.assert_array_equal(files.data, volume.data)


def test_oblique_slices_lose_what_the_volume_loses(tmp_path: Path, region: FaceRegion) -> None:
    a, b = np.deg2rad([25.0, -15.0])
    nod = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    turn = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])

    volume, files = erased_again(tmp_path, written(tmp_path, head(nod @ turn)), region)

    np.testing.assert_array_equal(files.data, volume.data)


@pytest.mark.parametrize(
    "syntax",
    [
        gdcm.TransferSyntax.JPEG2000Lossless,
        gdcm.TransferSyntax.JPEGLosslessProcess14_1,
        gdcm.TransferSyntax.JPEGLSLossless,
        gdcm.TransferSyntax.RLELossless,
        gdcm.TransferSyntax.ImplicitVRLittleEndian,
        gdcm.TransferSyntax.DeflatedExplicitVRLittleEndian,
        gdcm.TransferSyntax.ExplicitVRBigEndian,
    ],
    ids=["JPEG 2000", "JPEG lossless", "JPEG-LS", "RLE", "implicit", "deflated", "big endian"],
)
def test_any_transfer_syntax_comes_back_plain(
    tmp_path: Path, region: FaceRegion, syntax: int
) -> None:
    paths = written(tmp_path, head())
    for path in paths:
        transcoded(path, syntax)
    identifier = dcmread(paths[0]).SOPInstanceUID

    volume, files = erased_again(tmp_path, paths, region)

    np.testing.assert_array_equal(files.data, volume.data)
    plain = dcmread(paths[0])
    assert plain.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert plain.SOPInstanceUID == identifier


def test_compressed_frames_of_an_enhanced_image_come_back_plain(
    tmp_path: Path, region: FaceRegion
) -> None:
    (path,) = written(tmp_path, head(), enhanced=True)
    file = dcmread(path)
    file.compress(RLELossless, encoding_plugin="pydicom")
    file.save_as(path)

    volume, files = erased_again(tmp_path, [path], region)

    np.testing.assert_array_equal(files.data, volume.data)


def test_frames_in_any_order_lose_what_lies_where_they_lie(
    tmp_path: Path, region: FaceRegion
) -> None:
    (path,) = written(tmp_path, head(), enhanced=True)
    file = dcmread(path)
    order = np.random.default_rng(5).permutation(SHAPE[2])
    groups = list(file.PerFrameFunctionalGroupsSequence)
    file.PerFrameFunctionalGroupsSequence = [groups[frame] for frame in order]
    file.PixelData = file.pixel_array[order].tobytes()
    file.save_as(path)

    volume, files = erased_again(tmp_path, [path], region)

    np.testing.assert_array_equal(files.data, volume.data)
    np.testing.assert_array_equal(volume.data, erase_face(head(), region.on(head())).data)


def test_a_repeated_slice_that_the_study_left_out_is_erased_too(
    tmp_path: Path, region: FaceRegion
) -> None:
    path = written(tmp_path, head())[1]
    twin = dcmread(path)
    twin.SOPInstanceUID, twin.InstanceNumber = UID("1.2.3.4"), 0
    twin.file_meta.MediaStorageSOPInstanceUID = UID("1.2.3.4")
    twin.save_as(tmp_path / "twin.dcm")
    (series,) = read_study(tmp_path).series
    faces = faces_of(series.series_id, series.volume, region)
    assert "1.2.3.4" not in series.sop_instance_uids

    assert erase_face_in_dataset(twin, faces, name=NAME) == erase_face_in_dataset(
        dcmread(path), faces, name=NAME
    )
    mask = faces.by_series[series.series_id].mask.data
    assert (twin.pixel_array[mask[:, :, 1].T] == series.volume.data.min()).all()


def test_what_is_not_erased_keeps_its_bits_even_those_that_are_not_stored(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, head())[1]
    file = dcmread(path)
    stored = np.frombuffer(file.PixelData, dtype="<u2").copy()
    stored |= 0x8000
    file.PixelData = stored.tobytes()
    pixels = np.zeros((1, file.Rows, file.Columns), dtype=bool)
    pixels[0, 3:9, 2:5] = True

    erase_in_dataset(file, pixels, background=0.0, name=NAME)

    after = np.frombuffer(file.PixelData, dtype="<u2")
    np.testing.assert_array_equal(after[~pixels.ravel()], stored[~pixels.ravel()])
    assert (after[pixels.ravel()] == 0).all()


def plain_slice(stored: npt.NDArray[Any], **values: object) -> FileDataset:
    """Return one slice in memory, as it would be read from a file."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", "1.2.3"
    dataset.Rows, dataset.Columns = stored.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8 * stored.itemsize
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.HighBit = dataset.BitsStored - 1
    dataset.add_new("PixelData", "OW" if stored.itemsize > 1 else "OB", stored.tobytes())
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    buffer.seek(0)
    return dcmread(buffer)


def all_but_the_first_row(dataset: Dataset) -> npt.NDArray[np.bool_]:
    pixels = np.ones((1, dataset.Rows, dataset.Columns), dtype=bool)
    pixels[0, 0] = False
    return pixels


@pytest.mark.parametrize(
    ("kind", "values", "level", "wanted"),
    [
        ("<u2", {}, 7.0, 7),
        ("<i2", {}, -12.0, -12),
        ("<u1", {}, 300.0, 255),
        ("<u4", {}, 5.0, 5),
        ("<i2", {"BitsStored": 12}, -9000.0, -2048),
        ("<u2", {"RescaleSlope": "0.5", "RescaleIntercept": "-10"}, -4.0, 12),
        ("<u2", {"RescaleSlope": "0", "RescaleIntercept": "0"}, 6.0, 6),
        ("<u2", {"BitsStored": 12, "PhotometricInterpretation": "MONOCHROME1"}, 0.0, 4095),
        ("<i2", {"PixelPaddingValue": -2000}, 0.0, -2000),
    ],
    ids=[
        "unsigned", "signed", "8 bits", "32 bits", "12 bits signed", "rescaled", "slope of 0",
        "inverted", "padded",
    ],
)  # fmt: skip
def test_the_background_is_stored_as_the_header_says(
    kind: str, values: dict[str, object], level: float, wanted: int
) -> None:
    dataset = plain_slice(np.arange(30, dtype=kind).reshape(5, 6), **values)
    bits, sign = dataset.BitsStored, dataset.PixelRepresentation
    padding = values.get("PixelPaddingValue")

    erase_in_dataset(dataset, all_but_the_first_row(dataset), background=level, name=NAME)

    assert (dataset.pixel_array[1:] == wanted).all()
    np.testing.assert_array_equal(dataset.pixel_array[0], np.arange(6))
    assert (dataset.BitsStored, dataset.PixelRepresentation) == (bits, sign)
    assert dataset.get("PixelPaddingValue") == padding


@pytest.mark.parametrize(("kind", "low", "high"), [("<u2", 3, 100), ("<i2", -5, 100)])
def test_smallest_and_largest_values_are_those_that_are_left(
    kind: str, low: int, high: int
) -> None:
    stored = np.full((4, 4), 900, dtype=kind)
    stored[0] = [100, 50, 60, 70]
    dataset = plain_slice(stored)
    for keyword, value in (("SmallestImagePixelValue", 50), ("LargestImagePixelValue", 900)):
        dataset.add_new(keyword, "SS" if kind == "<i2" else "US", value)
    dataset.add_new("LargestPixelValueInSeries", "US", 900)
    dataset.IconImageSequence = [Dataset()]

    erase_in_dataset(dataset, all_but_the_first_row(dataset), background=low, name=NAME)
    buffer = BytesIO()
    dataset.save_as(buffer)
    after = dcmread(BytesIO(buffer.getvalue()))

    assert (after.SmallestImagePixelValue, after.LargestImagePixelValue) == (low, high)
    assert "LargestPixelValueInSeries" not in after
    assert "IconImageSequence" not in after


def test_a_slice_without_face_keeps_its_bytes_and_says_that_nobody_is_recognized(
    tmp_path: Path, region: FaceRegion
) -> None:
    paths = written(tmp_path, head())
    (series,) = read_study(tmp_path).series
    faces = faces_of(series.series_id, series.volume, region)
    transcoded(paths[-1], gdcm.TransferSyntax.JPEGLSLossless)
    top = dcmread(paths[-1])
    before = top.PixelData

    assert erase_face_in_dataset(top, faces, name=NAME) == 0

    assert top.PixelData == before
    assert top.file_meta.TransferSyntaxUID.is_compressed
    assert top.RecognizableVisualFeatures == "NO"


def test_a_series_that_was_not_read_is_refused(tmp_path: Path, region: FaceRegion) -> None:
    path = written(tmp_path, head())[0]

    with pytest.raises(InputError, match="leave the file out"):
        erase_face_in_dataset(dcmread(path), faces_of("1.2.3", head(), region), name=NAME)


@pytest.mark.parametrize(
    "keyword", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"]
)
def test_a_slice_that_does_not_say_where_it_lies_is_refused(
    tmp_path: Path, region: FaceRegion, keyword: str
) -> None:
    file = dcmread(written(tmp_path, head())[0])
    delattr(file, keyword)

    with pytest.raises(InputError, match=f"{NAME} has no {keyword}"):
        erase_face_in_dataset(file, faces_of(file.SeriesInstanceUID, head(), region), name=NAME)


def test_pixels_in_color_and_cut_off_are_refused() -> None:
    color = plain_slice(np.zeros((4, 4), dtype="<u2"), PhotometricInterpretation="RGB")
    short = plain_slice(np.zeros((4, 4), dtype="<u2"))
    short.PixelData = short.PixelData[:20]

    with pytest.raises(InputError, match="not grayscale"):
        erase_in_dataset(color, all_but_the_first_row(color), background=0.0, name=NAME)
    with pytest.raises(InputError, match="can't be decoded"):
        erase_in_dataset(short, all_but_the_first_row(short), background=0.0, name=NAME)


def test_a_mask_of_another_size_is_refused() -> None:
    dataset = plain_slice(np.zeros((4, 4), dtype="<u2"))

    with pytest.raises(InputError, match="do not fit"):
        erase_in_dataset(dataset, np.ones((2, 4, 4), dtype=bool), background=0.0, name=NAME)


def test_big_and_little_endian_give_the_same_file(tmp_path: Path) -> None:
    results = []
    for implicit, little, syntax in (
        (False, False, ExplicitVRBigEndian),
        (True, True, ImplicitVRLittleEndian),
    ):
        dataset = plain_slice(np.arange(-15, 15, dtype="<i2").reshape(5, 6))
        if not little:
            dataset["PixelData"].value = dataset.pixel_array.astype(">i2").tobytes()
        dataset.file_meta.TransferSyntaxUID = syntax
        path = tmp_path / f"{syntax}.dcm"
        dcmwrite(path, dataset, implicit_vr=implicit, little_endian=little)
        again = dcmread(path)
        erase_in_dataset(again, all_but_the_first_row(again), background=-1.0, name=NAME)
        dcmwrite(path, again)
        results.append(dcmread(path))

    first, second = results
    np.testing.assert_array_equal(first.pixel_array, second.pixel_array)
    np.testing.assert_array_equal(first.pixel_array[0], np.arange(-15, -9))
    assert first.PixelData == second.PixelData
