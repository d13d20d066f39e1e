from __future__ import annotations

import dataclasses
from collections.abc import Callable
from itertools import permutations, product
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest
from pydicom import Dataset, dcmread
from pydicom.filewriter import dcmwrite
from scipy.spatial.transform import Rotation

from glioscope.core import InputError, Label, Volume
from glioscope.io import read_study, write_volume
from glioscope.io.dicom_out import derived_series
from glioscope.io.dicom_out.derived_series import write_derived_series
from glioscope.io.dicom_out.identity import identify
from glioscope.io.dicom_out.origin import Origin
from glioscope.io.dicom_out.read_seg import read_segmentation
from glioscope.io.dicom_out.seg import make_segmentation
from glioscope.io.results.folder import WrittenResult, read_result

LPS = np.diag([-1.0, -1.0, 1.0])
SHAPE = (5, 7, 6)
ORIENTATIONS = [
    "".join(codes) for axes in permutations(("RL", "AP", "SI")) for codes in product(*axes)
]


@pytest.fixture(scope="module")
def nifti_study(tmp_path_factory: pytest.TempPathFactory, dicom_study: Path) -> Path:
    """The images of `dicom_study`, converted."""
    folder = tmp_path_factory.mktemp("nifti") / "patient"
    for series in read_study(dicom_study).series:
        write_volume(series.volume, folder / f"{series.acquisition.series_description}.nii.gz")
    return folder


@pytest.fixture(scope="module")
def nifti_result(nifti_study: Path, write_result: Callable[..., Path]) -> WrittenResult:
    return read_result(write_result(nifti_study))


def turned(codes: str) -> npt.NDArray[np.float64]:
    affine = np.zeros((4, 4))
    for axis, (side, spacing_mm) in enumerate(zip(codes, (0.9, 1.1, 2.3), strict=True)):
        world = next(index for index, ends in enumerate(("LR", "PA", "IS")) if side in ends)
        affine[world, axis] = spacing_mm if side in "RAS" else -spacing_mm
    affine[:, 3] = [11.5, -7.25, 3.0, 1.0]
    return affine


def oblique(seed: int) -> npt.NDArray[np.float64]:
    affine = turned("LPS")
    affine[:3, :3] = Rotation.random(random_state=seed).as_matrix() @ affine[:3, :3]
    return affine


def analyzed(
    folder: Path, data: npt.NDArray[Any], affine: npt.NDArray[np.float64]
) -> WrittenResult:
    """Write a NIfTI file by nibabel, read it as `analyze` does, and draw labels on it."""
    image = nib.Nifti1Image(data, affine)
    image.set_sform(affine, code=1)
    folder.mkdir()
    image.to_filename(folder / "T1c.nii.gz")
    (series,) = read_study(folder).series
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, data.shape).astype(np.uint8)
    return WrittenResult(
        folder=folder,
        content={
            "case_id": "case-1",
            "location": None,
            "patient": {"age": None, "sex": None},
            "segmentation": {
                "model": {
                    "name": "tumor",
                    "version": "1.0",
                    "sha256": "00",
                    "members": 5,
                    "runtime": "CPU",
                }
            },
            "sequences": {
                "reference": "t1c",
                "choices": [{"sequence": "t1c", "series_id": series.series_id}],
            },
            "versions": {"glioscope": "0.1.0"},
        },
        run={
            "finished": "2024-03-01T12:30:00+00:00",
            "series": [
                {
                    "series_id": series.series_id,
                    "files": [dataclasses.asdict(source) for source in series.sources],
                }
            ],
        },
        labels=series.volume.with_data(labels),
        digest="00",
    )


def voxels_by_place(folder: Path) -> dict[tuple[int, ...], float]:
    """Values by place in 1/100 mm, RAS+, as PS3.3 C.7.6.2.1.1 maps a pixel to the patient."""
    found = {}
    for path in folder.rglob("*.dcm"):
        file = dcmread(path)
        directions = np.array(file.ImageOrientationPatient, dtype=float)
        row_mm, column_mm = map(float, file.PixelSpacing)
        corner = np.array(file.ImagePositionPatient, dtype=float)
        values = file.pixel_array * float(file.get("RescaleSlope", 1)) + float(
            file.get("RescaleIntercept", 0)
        )
        for (row, column), value in np.ndenumerate(values):
            place = corner + directions[:3] * column_mm * column + directions[3:] * row_mm * row
            found[tuple(np.rint(LPS @ place * 100).astype(int))] = float(value)
    return found


def expected_by_place(path: Path) -> dict[tuple[int, ...], float]:
    image = nib.load(path)
    return {
        tuple(np.rint((image.affine @ [*index, 1])[:3] * 100).astype(int)): float(value)
        for index, value in np.ndenumerate(np.asarray(image.dataobj))
    }


def assert_segmentation_comes_back(result: WrittenResult, origin: Origin, path: Path) -> None:
    segmentation = make_segmentation(result, origin, identify(result, origin))
    assert segmentation is not None
    dcmwrite(path, segmentation, enforce_file_format=True)
    back = read_segmentation(path, grid=result.labels)
    np.testing.assert_array_equal(back.data, result.labels.data)


@pytest.mark.parametrize("codes", ORIENTATIONS)
def test_every_voxel_lies_where_it_lay_in_any_orientation(tmp_path: Path, codes: str) -> None:
    data = np.random.default_rng(3).integers(0, 3000, SHAPE).astype(np.int16)
    result = analyzed(tmp_path / "in", data, turned(codes))

    origin = write_derived_series(tmp_path / "in", result, tmp_path / "out")

    assert voxels_by_place(tmp_path / "out") == expected_by_place(tmp_path / "in" / "T1c.nii.gz")
    assert_segmentation_comes_back(result, origin, tmp_path / "seg")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [(np.uint8, 0, 255), (np.int16, -1024, 3071), (np.uint16, 0, 65535), (np.int16, -32768, 32767)],
)
def test_whole_numbers_come_back_exactly(
    tmp_path: Path, seed: int, dtype: type[np.generic], low: int, high: int
) -> None:
    data = np.random.default_rng(seed).integers(low, high, SHAPE, endpoint=True).astype(dtype)
    data[0, 0, 0], data[1, 0, 0] = low, high
    result = analyzed(tmp_path / "in", data, oblique(seed))

    write_derived_series(tmp_path / "in", result, tmp_path / "out")

    found = voxels_by_place(tmp_path / "out")
    assert sorted(found.values()) == sorted(data.ravel().tolist())
    (series,) = read_study(tmp_path / "out").series
    index = np.rint(series.volume.index(result.labels.world(np.argwhere(data >= low)))).astype(int)
    np.testing.assert_array_equal(series.volume.data[tuple(index.T)], data.ravel())


@pytest.mark.parametrize("scale", [1.0, 1e-4, 1e7])
def test_real_numbers_come_back_within_half_a_step(tmp_path: Path, scale: float) -> None:
    data = (np.random.default_rng(4).normal(0, scale, SHAPE)).astype(np.float32)
    result = analyzed(tmp_path / "in", data, oblique(9))

    origin = write_derived_series(tmp_path / "in", result, tmp_path / "out")

    step = float(origin.datasets[0].RescaleSlope)
    assert step == pytest.approx(float(np.ptp(data)) / 65535)
    (series,) = read_study(tmp_path / "out").series
    index = np.rint(series.volume.index(result.labels.world(np.argwhere(data < np.inf))))
    found = series.volume.data[tuple(index.astype(int).T)]
    np.testing.assert_allclose(found, data.ravel(), rtol=2e-7, atol=0.501 * step)


def test_it_is_a_series_of_the_pseudonym_that_says_what_it_is(
    nifti_study: Path, nifti_result: WrittenResult, tmp_path: Path
) -> None:
    origin = write_derived_series(nifti_study, nifti_result, tmp_path)

    (digest,) = nifti_result.files_of("T1c.nii.gz").values()
    first = origin.datasets[0]
    assert len(origin.datasets) == len(origin.slices) == nifti_result.labels.shape[2]
    assert list(first.ImageType)[:2] == ["DERIVED", "SECONDARY"]
    assert digest in first.DerivationDescription
    assert (first.PatientID, first.PatientSex, first.PatientAge) == ("case-001", "F", "062Y")
    assert (first.StudyDate, first.PatientPosition) == ("", "")
    assert first.Manufacturer == "Glioscope"


def test_written_twice_it_is_the_same_and_a_new_version_makes_another(
    nifti_study: Path,
    nifti_result: WrittenResult,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def written(name: str) -> list[bytes]:
        write_derived_series(nifti_study, nifti_result, tmp_path / name)
        return [path.read_bytes() for path in sorted((tmp_path / name).rglob("*.dcm"))]

    assert written("a") == written("b")

    monkeypatch.setattr(derived_series, "__version__", "9.9.9")
    written("c")

    uids = [
        {str(dcmread(path).SOPInstanceUID) for path in (tmp_path / name).rglob("*.dcm")}
        for name in ("a", "c")
    ]
    assert not uids[0] & uids[1]


def test_dciodvfy_finds_no_error_in_the_series_and_its_segmentation(
    nifti_study: Path,
    nifti_result: WrittenResult,
    tmp_path: Path,
    errors_of: Callable[[Dataset], list[str]],
) -> None:
    origin = write_derived_series(nifti_study, nifti_result, tmp_path / "out")

    for path in sorted((tmp_path / "out").rglob("*.dcm"))[::8]:
        assert errors_of(dcmread(path)) == []
    identity = identify(nifti_result, origin)
    segmentation = make_segmentation(nifti_result, origin, identity)
    assert segmentation is not None
    assert errors_of(segmentation) == []


def test_a_small_shear_is_no_obstacle(tmp_path: Path) -> None:
    affine = turned("RAS")
    affine[:3, 1] += 0.0015 * affine[:3, 0]
    data = np.random.default_rng(3).integers(0, 3000, SHAPE).astype(np.int16)
    result = analyzed(tmp_path / "in", data, affine)

    origin = write_derived_series(tmp_path / "in", result, tmp_path / "out")

    for one in origin.datasets:
        row, column = np.array(one.ImageOrientationPatient, dtype=float).reshape(2, 3)
        assert abs(row @ column) < 1e-9
    assert_segmentation_comes_back(result, origin, tmp_path / "seg")


def test_another_file_or_none_is_refused(tmp_path: Path) -> None:
    data = np.random.default_rng(3).integers(0, 3000, SHAPE).astype(np.int16)
    result = analyzed(tmp_path / "in", data, turned("RAS"))
    (tmp_path / "empty").mkdir()

    with pytest.raises(InputError, match="does not hold the reference series"):
        write_derived_series(tmp_path / "empty", result, tmp_path / "out")
    moved = Volume(data=result.labels.data, affine=turned("LPS"))
    elsewhere = dataclasses.replace(result, labels=moved)
    with pytest.raises(InputError, match="lies on another grid"):
        write_derived_series(tmp_path / "in", elsewhere, tmp_path / "out")
    path = tmp_path / "in" / "T1c.nii.gz"
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(InputError, match="is not the file that was analyzed"):
        write_derived_series(tmp_path / "in", result, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_labels_of_the_result_are_the_grid_of_the_origin(
    nifti_study: Path, nifti_result: WrittenResult, tmp_path: Path
) -> None:
    origin = write_derived_series(nifti_study, nifti_result, tmp_path)

    assert origin.grid is nifti_result.labels
    assert (origin.grid.data == Label.ENHANCING).any()
