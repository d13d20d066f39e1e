from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import permutations, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from highdicom.color import CIELabColor
from highdicom.seg import Segmentation
from hypothesis import given, settings
from hypothesis import strategies as st
from nibabel.orientations import aff2axcodes
from pydicom import Dataset, dcmread
from pydicom.filewriter import dcmwrite
from scipy.spatial.transform import Rotation

from glioscope.core import (
    REGION_LABELS,
    Acquisition,
    GeometryError,
    InputError,
    Label,
    Region,
    Volume,
)
from glioscope.io import DicomIdentity, read_study, write_dicom_series
from glioscope.io.dicom_out import identity as identity_module
from glioscope.io.dicom_out.codes import REGION_TYPES
from glioscope.io.dicom_out.identity import identify
from glioscope.io.dicom_out.origin import Origin, find_origin
from glioscope.io.dicom_out.read_seg import read_segmentation
from glioscope.io.dicom_out.seg import make_segmentation
from glioscope.io.dicom_out.segments import COLORS, tracking_uid
from glioscope.io.results.folder import WrittenResult
from glioscope.report.panels import STYLES

LPS = np.diag([-1.0, -1.0, 1.0])
MODEL = {"name": "tumor", "version": "1.0", "sha256": "0f" * 32, "members": 5, "runtime": "CPU"}
ORIENTATIONS = [
    "".join(codes) for axes in permutations(("RL", "AP", "SI")) for codes in product(*axes)
]


def turned(codes: str) -> npt.NDArray[np.float64]:
    """The affine of a grid whose axes point to the named sides, RAS+ mm, no spacing twice."""
    affine = np.eye(4)
    for axis, (side, spacing_mm) in enumerate(zip(codes, (0.9, 1.1, 2.3), strict=True)):
        world = ["LR", "PA", "IS"].index(next(ends for ends in ("LR", "PA", "IS") if side in ends))
        affine[:3, axis] = 0
        affine[world, axis] = spacing_mm if side in "RAS" else -spacing_mm
    affine[:3, 3] = [11.5, -7.25, 3.0]
    assert "".join(aff2axcodes(affine)) == codes
    return affine


def sparse_labels(shape: tuple[int, int, int], seed: int) -> npt.NDArray[np.uint8]:
    """Labels without any symmetry, and a slice without one."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, shape).astype(np.uint8)
    labels[rng.random(shape) < 0.6] = 0
    labels[0, 0, 0], labels[0, 0, 3] = Label.EDEMA, Label.NECROSIS
    labels[:, :, 2] = 0
    return labels


def scanned(
    folder: Path,
    affine: npt.NDArray[np.float64],
    shape: tuple[int, int, int],
    *,
    enhanced: bool = False,
    missing: int | None = None,
    seed: int = 1,
) -> tuple[WrittenResult, Origin]:
    """Write a series and draw labels on it."""
    image = np.random.default_rng(seed).integers(1, 1000, shape).astype(np.float32)
    paths = write_dicom_series(
        Volume(data=image, affine=affine),
        folder=folder,
        acquisition=Acquisition(series_description="T1c"),
        identity=DicomIdentity.from_seed(seed, patient_id="PSEUDONYM"),
        enhanced=enhanced,
    )
    if missing is not None:
        paths[missing].unlink()
    return redrawn(folder, seed=seed)


def redrawn(folder: Path, *, seed: int) -> tuple[WrittenResult, Origin]:
    """Read a series as `analyze` does, and draw labels on it."""
    (series,) = read_study(folder).series
    labels = series.volume.with_data(sparse_labels(series.volume.shape, seed))
    result = WrittenResult(
        folder=folder,
        content={
            "case_id": "case-1",
            "location": None,
            "segmentation": {"model": MODEL},
            "sequences": {
                "reference": "t1c",
                "choices": [{"sequence": "t1c", "series_id": series.series_id}],
            },
            "versions": {"glioscope": "0.1.0"},
        },
        run={
            "finished": datetime(2024, 3, 1, 12, 30, tzinfo=UTC).isoformat(),
            "series": [
                {
                    "series_id": series.series_id,
                    "files": [dataclasses.asdict(source) for source in series.sources],
                }
            ],
        },
        labels=labels,
        digest="00",
    )
    return result, find_origin(folder, result)


def made(result: WrittenResult, origin: Origin, *, labelmap: bool = False) -> Dataset:
    found = make_segmentation(result, origin, identify(result, origin), labelmap=labelmap)
    assert found is not None
    return found


def saved(segmentation: Dataset, path: Path) -> Path:
    dcmwrite(path, segmentation, enforce_file_format=True)
    return path


def labels_in_the_world(labels: Volume) -> dict[tuple[int, ...], set[int]]:
    """Labels by place, hundredths of a millimetre, LPS."""
    index = np.argwhere(labels.data > 0)
    places = np.rint(labels.world(index) @ LPS * 100).astype(int)
    values = labels.data[tuple(index.T)]
    return {tuple(place): {int(value)} for place, value in zip(places, values, strict=True)}


def segments_in_the_world(file: Dataset) -> dict[tuple[int, ...], set[int]]:
    """Labels by place as PS3.3 C.7.6.2.1.1 maps a pixel to the patient, frame by frame."""
    types = {REGION_TYPES[region].value: region for region in Region}
    regions = {
        int(segment.SegmentNumber): types[segment.SegmentedPropertyTypeCodeSequence[0].CodeValue]
        for segment in file.SegmentSequence
        if int(segment.SegmentNumber) > 0
    }
    (shared,) = file.SharedFunctionalGroupsSequence
    directions = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, dtype=float)
    row_mm, column_mm = map(float, shared.PixelMeasuresSequence[0].PixelSpacing)
    found: dict[tuple[int, ...], set[int]] = {}
    frames = file.pixel_array.reshape(-1, file.Rows, file.Columns)
    for groups, frame in zip(file.PerFrameFunctionalGroupsSequence, frames, strict=True):
        corner = np.array(groups.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        for row, column in np.argwhere(frame):
            number = int(frame[row, column])
            if file.SegmentationType == "BINARY":
                item = groups.SegmentIdentificationSequence[0]
                number = int(item.ReferencedSegmentNumber)
            labels = REGION_LABELS[regions[number]]
            place = corner + directions[:3] * column_mm * column + directions[3:] * row_mm * row
            key = tuple(np.rint(place * 100).astype(int))
            found[key] = found.get(key, {1, 2, 3}) & {int(label) for label in labels}
    return found


@pytest.mark.parametrize("codes", ORIENTATIONS)
def test_every_voxel_comes_back_where_it_was_in_any_orientation(tmp_path: Path, codes: str) -> None:
    result, origin = scanned(tmp_path, turned(codes), (5, 7, 6))

    for labelmap in (False, True):
        path = saved(made(result, origin, labelmap=labelmap), tmp_path / "seg")
        back = read_segmentation(path, grid=result.labels)
        np.testing.assert_array_equal(back.data, result.labels.data)
        assert segments_in_the_world(dcmread(path)) == labels_in_the_world(result.labels)


@st.composite
def oblique(draw: st.DrawFn) -> npt.NDArray[np.float64]:
    angles = draw(st.tuples(*[st.floats(-180, 180)] * 3))
    spacing = draw(st.tuples(*[st.sampled_from([0.47, 0.9375, 1.0, 3.3, 5.5])] * 3))
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() * spacing
    affine[:3, 3] = draw(st.tuples(*[st.floats(-200, 200)] * 3))
    return affine


@settings(max_examples=10)
@given(
    affine=oblique(),
    size=st.tuples(st.integers(3, 9), st.integers(3, 9), st.integers(10, 11)),
    missing=st.sampled_from([None, 3, 8]),
    enhanced=st.booleans(),
    seed=st.integers(0, 99),
)
def test_oblique_series_with_gaps_of_any_size_come_back_bit_by_bit(
    affine: npt.NDArray[np.float64],
    size: tuple[int, int, int],
    missing: int | None,
    enhanced: bool,
    seed: int,
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        gap = None if enhanced else missing
        result, origin = scanned(folder, affine, size, enhanced=enhanced, missing=gap, seed=seed)
        assert (None in origin.slices) == (gap is not None)

        for labelmap in (False, True):
            path = saved(made(result, origin, labelmap=labelmap), folder / "seg")
            back = read_segmentation(path, grid=result.labels)
            np.testing.assert_array_equal(back.data, result.labels.data)


@pytest.mark.parametrize("codes", ["LPS", "PIR", "ASL"])
@pytest.mark.parametrize("labelmap", [False, True], ids=["binary", "labelmap"])
def test_highdicom_sees_the_same_voxels(tmp_path: Path, codes: str, labelmap: bool) -> None:
    result, origin = scanned(tmp_path, turned(codes), (9, 7, 6))
    path = saved(made(result, origin, labelmap=labelmap), tmp_path / "seg")

    seen = Segmentation.from_dataset(dcmread(path)).get_volume(
        segment_numbers=[1, 2, 3] if labelmap else [3, 4, 5],
        combine_segments=True,
        allow_missing_positions=True,
    )

    expected = {
        place: {label if labelmap else {3: 3, 1: 4, 2: 5}[label] for label in labels}
        for place, labels in labels_in_the_world(result.labels).items()
    }
    index = np.argwhere(seen.array)
    places = np.rint((index @ seen.affine[:3, :3].T + seen.affine[:3, 3]) * 100).astype(int)
    values = seen.array[tuple(index.T)]
    assert {
        tuple(place): {int(value)} for place, value in zip(places, values, strict=True)
    } == expected


def test_without_a_grid_the_labels_reach_from_the_first_to_the_last_frame(tmp_path: Path) -> None:
    result, origin = scanned(tmp_path, turned("LPS"), (5, 7, 8))
    labels = result.labels.data.copy()
    labels[:, :, :3] = labels[:, :, 6:] = 0
    result = dataclasses.replace(result, labels=result.labels.with_data(labels))
    path = saved(made(result, origin), tmp_path / "seg")

    back = read_segmentation(path)

    np.testing.assert_array_equal(back.data, labels[:, :, 3:6])
    corner = result.labels.world((0, 0, 3))
    np.testing.assert_allclose(back.affine[:3, :3], result.labels.affine[:3, :3], atol=1e-9)
    np.testing.assert_allclose(back.affine[:3, 3], corner, atol=1e-9)


def frames_of(segmentation: Dataset) -> list[tuple[int, Dataset, Any]]:
    return [
        (
            int(groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber),
            groups.PlanePositionSequence[0],
            groups.DerivationImageSequence,
        )
        for groups in segmentation.PerFrameFunctionalGroupsSequence
    ]


@pytest.mark.parametrize("enhanced", [False, True], ids=["classic", "enhanced"])
def test_each_frame_refers_to_the_image_that_lies_there(tmp_path: Path, enhanced: bool) -> None:
    result, origin = scanned(tmp_path, turned("LPS"), (5, 7, 6), enhanced=enhanced)
    positions = {}
    for path in sorted(tmp_path.glob("IM*")):
        file = dcmread(path)
        for number, groups in enumerate(file.get("PerFrameFunctionalGroupsSequence", [file]), 1):
            plane = groups.PlanePositionSequence[0] if enhanced else groups
            key = (str(file.SOPInstanceUID), number if enhanced else None)
            positions[key] = list(plane.ImagePositionPatient)

    frames = frames_of(made(result, origin))

    assert len(frames) == len({(number, str(plane)) for number, plane, _ in frames}) > 0
    for _, plane, derivation in frames:
        (image,) = derivation[0].SourceImageSequence
        key = (str(image.ReferencedSOPInstanceUID), image.get("ReferencedFrameNumber"))
        assert list(plane.ImagePositionPatient) == positions[key]


def test_a_missing_slice_keeps_its_voxels_and_refers_to_nothing(tmp_path: Path) -> None:
    result, origin = scanned(tmp_path, turned("LPS"), (5, 7, 12), missing=4)
    height = float(result.labels.world((0, 0, 4))[2])

    frames = frames_of(made(result, origin))

    there = {str(number) for number, plane, _ in frames if plane.ImagePositionPatient[2] == height}
    assert there == {"1", "2", "3", "4", "5"}
    for _, plane, derivation in frames:
        assert bool(derivation) == (plane.ImagePositionPatient[2] != height)


def test_no_frame_is_empty_and_a_region_without_voxels_is_no_segment(tmp_path: Path) -> None:
    result, origin = scanned(tmp_path, turned("LPS"), (5, 7, 6))
    edema = np.where(result.labels.data == Label.EDEMA, Label.EDEMA, 0).astype(np.uint8)
    result = dataclasses.replace(result, labels=result.labels.with_data(edema))

    segmentation = made(result, origin)

    told = [(one.SegmentNumber, one.SegmentLabel) for one in segmentation.SegmentSequence]
    assert told == [(1, "Whole tumor"), (2, "Edema")]
    assert segmentation.pixel_array.any(axis=(1, 2)).all()
    assert segmentation.NumberOfFrames == 2 * int(edema.any(axis=(0, 1)).sum())
    labelmap = made(result, origin, labelmap=True)
    assert [one.SegmentNumber for one in labelmap.SegmentSequence] == [0, Label.EDEMA]


def test_every_value_of_a_label_map_is_described(drawn: Any) -> None:
    segmentation = made(drawn.result, drawn.origin, labelmap=True)

    described = {
        one.SegmentNumber: one.SegmentedPropertyTypeCodeSequence[0].CodeMeaning
        for one in segmentation.SegmentSequence
    }
    assert set(np.unique(segmentation.pixel_array).tolist()) == set(described)
    assert described == {0: "Background", 1: "Necrosis", 2: "Edema", 3: "Enhancing Lesion"}
    assert segmentation.PixelPaddingValue == 0


def test_without_a_tumor_there_is_nothing_to_write(without_tumor: Any) -> None:
    one = without_tumor
    assert make_segmentation(one.result, one.origin, one.identity) is None
    assert make_segmentation(one.result, one.origin, one.identity, labelmap=True) is None


def test_segments_say_what_they_are_and_what_drew_them(drawn: Any) -> None:
    segmentation = made(drawn.result, drawn.origin)

    by_label = {one.SegmentLabel: one for one in segmentation.SegmentSequence}
    enhancing = by_label["Enhancing tumor"]
    assert enhancing.SegmentedPropertyTypeCodeSequence[0].CodeValue == "C113842"
    assert enhancing.TrackingID == "enhancing_tumor"
    assert enhancing.TrackingUID == tracking_uid(drawn.identity, "enhancing_tumor")
    (region,) = enhancing.AnatomicRegionSequence
    assert region.AnatomicRegionModifierSequence[0].CodeMeaning == "Left"
    (algorithm,) = enhancing.SegmentationAlgorithmIdentificationSequence
    assert algorithm.AlgorithmName == "Glioscope 0.1.0, model tumor"
    assert algorithm.AlgorithmVersion == "1.0"
    assert f"sha256={'0f' * 32}" in algorithm.AlgorithmParameters
    assert len({one.TrackingUID for one in segmentation.SegmentSequence}) == len(Region)


def test_it_belongs_to_the_patient_and_study_of_its_source(drawn: Any) -> None:
    segmentation, source = made(drawn.result, drawn.origin), drawn.origin.datasets[0]

    for name in ("PatientID", "PatientName", "StudyInstanceUID", "FrameOfReferenceUID"):
        assert segmentation[name].value == source[name].value
    (series,) = segmentation.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == source.SeriesInstanceUID != segmentation.SeriesInstanceUID
    assert len(series.ReferencedInstanceSequence) == len(drawn.origin.slices)


def test_a_source_without_a_frame_of_reference_gets_one(on_bare_headers: Any) -> None:
    one = on_bare_headers
    first, second = made(one.result, one.origin), made(one.result, one.origin, labelmap=True)

    assert first.FrameOfReferenceUID == second.FrameOfReferenceUID != ""


def test_loss_of_the_source_is_told(tmp_path: Path) -> None:
    result, origin = scanned(tmp_path, turned("LPS"), (5, 7, 6))
    assert made(result, origin).LossyImageCompression == "00"

    origin.datasets[0].LossyImageCompression = "01"
    origin.datasets[0].LossyImageCompressionRatio = 12

    segmentation = made(result, origin)
    assert segmentation.LossyImageCompression == "01"
    assert segmentation.LossyImageCompressionRatio == 12


@pytest.mark.parametrize("labelmap", [False, True], ids=["binary", "labelmap"])
def test_written_twice_it_is_the_same_file_and_a_new_version_makes_another(
    drawn: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, labelmap: bool
) -> None:
    def written() -> bytes:
        return saved(
            made(drawn.result, drawn.origin, labelmap=labelmap), tmp_path / "x"
        ).read_bytes()

    first = written()
    assert written() == first
    uid = dcmread(tmp_path / "x").SOPInstanceUID

    monkeypatch.setattr(identity_module, "__version__", "9.9.9")
    written()

    assert dcmread(tmp_path / "x").SOPInstanceUID != uid


def test_colors_are_those_of_the_report() -> None:
    shown = {style.label: style.color for style in STYLES}
    for region, rgb in COLORS.items():
        if len(REGION_LABELS[region]) == 1:
            assert "#{:02X}{:02X}{:02X}".format(*rgb) == shown[REGION_LABELS[region][0]]
    assert len(set(COLORS.values())) == len(COLORS)


def test_the_color_in_the_file_is_the_one_meant(drawn: Any) -> None:
    for segment in made(drawn.result, drawn.origin).SegmentSequence:
        shown = CIELabColor.from_dicom_value(segment.RecommendedDisplayCIELabValue).to_rgb()
        meant = COLORS[Region(segment.TrackingID)]
        assert np.abs(np.array(shown) - meant).max() <= 2


@pytest.mark.parametrize("kind", ["drawn", "on_enhanced_files", "on_bare_headers"])
def test_dciodvfy_finds_no_error(
    kind: str, errors_of: Callable[[Dataset], list[str]], request: pytest.FixtureRequest
) -> None:
    one = request.getfixturevalue(kind)

    assert errors_of(made(one.result, one.origin)) == []


def test_dciodvfy_finds_no_error_where_a_slice_is_missing(
    tmp_path: Path, errors_of: Callable[[Dataset], list[str]]
) -> None:
    result, origin = scanned(tmp_path, turned("LPS"), (5, 7, 12), missing=4)

    assert errors_of(made(result, origin)) == []


def damaged(path: Path, **changes: Any) -> Path:
    file = dcmread(path)
    for name, value in changes.items():
        setattr(file, name, value)
    file.save_as(path)
    return path


def test_what_is_no_segmentation_is_refused(tmp_path: Path) -> None:
    result, origin = scanned(tmp_path, turned("LPS"), (5, 7, 6))

    with pytest.raises(InputError, match="no binary segmentation nor a label map"):
        read_segmentation(next(tmp_path.glob("IM*")))
    path = saved(made(result, origin), tmp_path / "seg")
    with pytest.raises(InputError, match="no binary segmentation nor a label map"):
        read_segmentation(damaged(path, SegmentationType="FRACTIONAL"))


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    result, origin = scanned(tmp_path, turned("LPS"), (5, 7, 6))
    path = saved(made(result, origin), tmp_path / "seg")
    content = path.read_bytes()

    for length in (40, 400, len(content) // 2, len(content) - 60):
        path.write_bytes(content[:length])
        with pytest.raises(InputError):
            read_segmentation(path)


@pytest.fixture(scope="module", params=[False, True], ids=["binary", "labelmap"])
def content(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A segmentation's file."""
    folder = tmp_path_factory.mktemp("whole")
    result, origin = scanned(folder, turned("LPS"), (5, 7, 6))
    labelmap: bool = request.param
    return saved(made(result, origin, labelmap=labelmap), folder / "seg").read_bytes()


@settings(max_examples=30)
@given(
    changes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4)),
        min_size=1,
        max_size=4,
    )
)
def test_a_damaged_file_is_read_or_refused_and_nothing_else(
    content: bytes, changes: list[tuple[float, bytes]]
) -> None:
    damaged_content = bytearray(content)
    for where, replacement in changes:
        start = int(where * (len(content) - 4))
        damaged_content[start : start + len(replacement)] = replacement
    with TemporaryDirectory() as name:
        path = Path(name) / "seg"
        path.write_bytes(damaged_content)

        with suppress(InputError):
            assert read_segmentation(path).data.max() <= Label.ENHANCING


def test_frames_that_no_head_could_hold_are_refused(tmp_path: Path) -> None:
    result, origin = scanned(tmp_path, turned("LPS"), (5, 7, 6))
    segmentation = made(result, origin)
    last = segmentation.PerFrameFunctionalGroupsSequence[-1].PlanePositionSequence[0]
    last.ImagePositionPatient[2] = 1e9

    with pytest.raises(GeometryError, match="further apart than any head is long"):
        read_segmentation(saved(segmentation, tmp_path / "seg"))


def test_uneven_slices_keep_their_own_places(tmp_path: Path) -> None:
    scanned(tmp_path / "T1c", turned("LPS"), (5, 7, 6))
    (path,) = (tmp_path / "T1c").glob("IM*0004.dcm")
    file = dcmread(path)
    file.ImagePositionPatient[2] += 0.15
    file.save_as(path)
    result, origin = redrawn(tmp_path / "T1c", seed=1)

    segmentation = made(result, origin)

    heights = {float(plane.ImagePositionPatient[2]) for _, plane, _ in frames_of(segmentation)}
    assert float(file.ImagePositionPatient[2]) in heights
    assert float(result.labels.world((0, 0, 3))[2]) not in heights
    back = read_segmentation(saved(segmentation, tmp_path / "seg"), grid=result.labels)
    np.testing.assert_array_equal(back.data, result.labels.data)


def test_two_tissues_at_one_place_are_refused(tmp_path: Path) -> None:
    result, origin = scanned(tmp_path, turned("LPS"), (5, 7, 6))
    segmentation = made(result, origin)
    for segment in segmentation.SegmentSequence[:2]:
        segment.SegmentedPropertyTypeCodeSequence[0].CodeValue = "79654002"

    with pytest.raises(InputError, match="two tissues claim one voxel"):
        read_segmentation(saved(segmentation, tmp_path / "seg"))


def test_segments_of_other_codes_are_refused_and_older_snomed_is_known(tmp_path: Path) -> None:
    result, origin = scanned(tmp_path, turned("LPS"), (5, 7, 6))
    segmentation = made(result, origin)
    edema = next(one for one in segmentation.SegmentSequence if one.TrackingID == "edema")
    (code,) = edema.SegmentedPropertyTypeCodeSequence
    code.CodeValue, code.CodingSchemeDesignator = "M-36300", "SRT"
    path = saved(segmentation, tmp_path / "seg")
    back = read_segmentation(path, grid=result.labels)
    np.testing.assert_array_equal(back.data, result.labels.data)

    for segment in segmentation.SegmentSequence:
        segment.SegmentedPropertyTypeCodeSequence[0].CodeValue = "10200004"

    with pytest.raises(InputError, match="no segment that is coded as one of"):
        read_segmentation(saved(segmentation, tmp_path / "seg"))


def test_another_grid_is_refused(tmp_path: Path) -> None:
    result, origin = scanned(tmp_path, turned("LPS"), (5, 7, 6))
    path = saved(made(result, origin), tmp_path / "seg")
    affine = result.labels.affine.copy()
    affine[:3, 3] += [0.5, 0.0, 0.0]

    with pytest.raises(GeometryError, match="does not lie on a slice of the grid"):
        read_segmentation(path, grid=Volume(data=result.labels.data, affine=affine))
