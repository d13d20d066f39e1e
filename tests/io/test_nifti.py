from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
import pytest

from glioscope.core import GeometryError, InputError, OutputError, Severity, Volume
from glioscope.io import read_volume, write_volume
from glioscope.io.nifti import load_nifti

AFFINE = np.array(
    [[-0.9, 0.0, 0.0, 90.0], [0.0, 0.9, 0.0, -100.0], [0, 0, 5.5, 30.0], [0, 0, 0, 1]]
)


def ramp(dtype: Any = np.int16) -> npt.NDArray[Any]:
    return np.arange(4 * 5 * 6).reshape(4, 5, 6).astype(dtype)


def save(
    path: Path,
    data: npt.NDArray[Any],
    *,
    sform: npt.NDArray[np.float64] | None = AFFINE,
    qform: npt.NDArray[np.float64] | None = None,
    units: str | None = "mm",
) -> Path:
    image = nib.Nifti1Image(data, None)
    image.set_sform(sform, code=0 if sform is None else 1)
    image.set_qform(qform, code=0 if qform is None else 1)
    if units:
        image.header.set_xyzt_units(units)
    nib.save(image, path)
    return path


@contextmanager
def full_disk(limit_bytes: int) -> Iterator[None]:
    """Let no file grow beyond a limit, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("name", ["image.nii", "image.nii.gz", "IMAGE.NII.GZ"])
@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (bool, np.uint8),
        (np.uint8, np.uint8),
        (np.int16, np.int16),
        (np.uint16, np.uint16),
        (np.int32, np.int32),
        (np.int64, np.uint8),
        (np.float64, np.float32),
        (np.float32, np.float32),
    ],
)
def test_what_is_written_is_read_again(tmp_path: Path, name: str, given: Any, stored: Any) -> None:
    volume = Volume(data=ramp(given), affine=AFFINE)

    write_volume(volume, tmp_path / name)
    read = read_volume(tmp_path / name)

    assert read.data.dtype == stored
    np.testing.assert_array_equal(read.data, volume.data.astype(stored))
    np.testing.assert_allclose(read.affine, AFFINE, atol=1e-5)


def test_the_same_volume_gives_the_same_bytes_under_any_name(tmp_path: Path) -> None:
    volume = Volume(data=ramp(), affine=AFFINE)

    write_volume(volume, tmp_path / "one.nii.gz")
    os.utime(tmp_path / "one.nii.gz", (0, 0))
    write_volume(volume, tmp_path / "other.nii.gz")

    assert (tmp_path / "one.nii.gz").read_bytes() == (tmp_path / "other.nii.gz").read_bytes()


def test_a_written_header_is_complete(tmp_path: Path) -> None:
    write_volume(Volume(data=ramp(), affine=AFFINE), tmp_path / "image.nii.gz")

    header = nib.load(tmp_path / "image.nii.gz").header
    assert (int(header["sform_code"]), int(header["qform_code"])) == (1, 1)
    assert header.get_xyzt_units()[0] == "mm"
    np.testing.assert_allclose(header.get_qform(), AFFINE, atol=1e-4)


def test_a_full_disk_leaves_nothing_and_the_older_file_untouched(tmp_path: Path) -> None:
    path = tmp_path / "image.nii"
    path.write_bytes(b"older")
    big = Volume(data=np.zeros((100, 100, 100), np.float32), affine=AFFINE)

    with (
        full_disk(100_000),
        pytest.raises(OutputError, match=r"image\.nii can't be written") as told,
    ):
        write_volume(big, path)

    assert told.value.exit_code == 4
    assert path.read_bytes() == b"older"
    assert [left.name for left in tmp_path.iterdir()] == ["image.nii"]


def test_a_folder_that_is_a_file_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(OutputError, match="choose another output folder"):
        write_volume(Volume(data=ramp(), affine=AFFINE), tmp_path / "taken" / "image.nii")


def test_other_suffixes_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="change the name"):
        write_volume(Volume(data=ramp(), affine=AFFINE), tmp_path / "image.png")


def test_integers_beyond_nifti_are_refused(tmp_path: Path) -> None:
    data = np.full((2, 2, 2), 2**40)

    with pytest.raises(OutputError, match="1099511627776"):
        write_volume(Volume(data=data, affine=AFFINE), tmp_path / "image.nii")


def test_scaled_integers_are_read_as_the_values_they_mean(tmp_path: Path) -> None:
    image = nib.Nifti1Image(ramp(np.float32) / 7 - 3, AFFINE)
    image.set_data_dtype(np.int16)
    nib.save(image, tmp_path / "scaled.nii.gz")

    read = read_volume(tmp_path / "scaled.nii.gz")

    assert read.data.dtype == np.float32
    np.testing.assert_allclose(read.data, ramp() / 7 - 3, atol=1e-3)


def test_big_endian_files_are_read_in_native_order(tmp_path: Path) -> None:
    header = nib.Nifti1Header(endianness=">")
    header.set_data_dtype(np.int16)
    nib.save(nib.Nifti1Image(ramp(), AFFINE, header), tmp_path / "big.nii")

    read = read_volume(tmp_path / "big.nii")

    assert read.data.dtype.isnative
    np.testing.assert_array_equal(read.data, ramp())


def test_a_fourth_axis_of_one_is_dropped(tmp_path: Path) -> None:
    read = read_volume(save(tmp_path / "one.nii", ramp()[..., np.newaxis]))

    assert read.shape == (4, 5, 6)


def colored() -> npt.NDArray[Any]:
    return np.zeros((4, 5, 6), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])


def holed() -> npt.NDArray[Any]:
    data = ramp(np.float32)
    data[1, 2, 3] = np.nan
    data[0, 0, 0] = np.inf
    return data


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (ramp()[:, :, 0], r"single slice \(shape \(4, 5\)\); give the whole 3D series"),
        (ramp()[:, :, :1], "single slice"),
        (np.stack([ramp(), ramp()], axis=-1), r"several volumes \(shape \(4, 5, 6, 2\)\)"),
        (colored(), "color image; give the gray-scale series"),
        (holed(), "2 voxels that are NaN or infinite; set them to 0"),
        (ramp().astype(np.complex64), "complex numbers; give the magnitude"),
    ],
    ids=["2d", "one slice", "4d", "rgb", "nan", "complex"],
)
def test_what_is_no_volume_is_refused_with_its_cause_and_remedy(
    tmp_path: Path, data: npt.NDArray[Any], told: str
) -> None:
    path = save(tmp_path / "image.nii.gz", data)

    with pytest.raises(InputError, match=told) as refused:
        read_volume(path)

    assert refused.value.exit_code == 2
    assert str(tmp_path) not in str(refused.value)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    whole = save(tmp_path / "whole.nii.gz", np.random.default_rng(0).random((20, 20, 20)))
    (tmp_path / "cut.nii.gz").write_bytes(whole.read_bytes()[:5000])
    (tmp_path / "text.nii.gz").write_text("not an image at all")
    (tmp_path / "empty.nii").write_bytes(b"")

    for name in ("cut.nii.gz", "text.nii.gz", "empty.nii"):
        with pytest.raises(InputError, match=f"{name} is damaged or not NIfTI"):
            read_volume(tmp_path / name)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_volume(tmp_path / "image.nii")


def test_no_geometry_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "image.nii", ramp(), sform=None)

    with pytest.raises(GeometryError, match="left and right can't be told"):
        read_volume(path)


def test_the_qform_serves_where_there_is_no_sform(tmp_path: Path) -> None:
    read = read_volume(save(tmp_path / "image.nii", ramp(), sform=None, qform=AFFINE))

    np.testing.assert_allclose(read.affine, AFFINE, atol=1e-4)


def test_forms_that_disagree_are_told_and_the_sform_wins(tmp_path: Path) -> None:
    moved = AFFINE.copy()
    moved[0, 3] += 3.0

    loaded = load_nifti(save(tmp_path / "image.nii", ramp(), qform=moved), name="image.nii")

    np.testing.assert_allclose(loaded.volume.affine, AFFINE, atol=1e-4)
    (notice,) = loaded.notices
    assert notice.severity is Severity.WARNING
    assert "3.0 mm apart; the sform was used" in notice.message


def test_forms_that_mirror_each_other_are_an_alarm(tmp_path: Path) -> None:
    mirrored = np.diag([-1.0, 1.0, 1.0, 1.0]) @ AFFINE

    loaded = load_nifti(save(tmp_path / "image.nii", ramp(), qform=mirrored), name="image.nii")

    (notice,) = loaded.notices
    assert notice.severity is Severity.ALARM
    assert "mirror each other" in notice.message


def sheared() -> npt.NDArray[np.float64]:
    affine = AFFINE.copy()
    affine[0, 2] = 0.8
    return affine


def test_a_sheared_sform_gives_way_to_the_qform(tmp_path: Path) -> None:
    path = save(tmp_path / "image.nii", ramp(), sform=sheared(), qform=AFFINE)

    loaded = load_nifti(path, name="image.nii")

    np.testing.assert_allclose(loaded.volume.affine, AFFINE, atol=1e-4)
    assert "the qform was used" in loaded.notices[0].message


def test_shear_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GeometryError, match=r"8\.3 degrees off a right angle"):
        read_volume(save(tmp_path / "image.nii", ramp(), sform=sheared()))


def test_impossible_voxels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GeometryError, match=r"a voxel of 200 x 200 x 200 mm can't be true"):
        read_volume(save(tmp_path / "image.nii", ramp(), sform=np.diag([200.0, 200, 200, 1])))


@pytest.mark.parametrize(("units", "scale"), [("meter", 1000.0), ("micron", 0.001), (None, 1.0)])
def test_lengths_become_millimetres(tmp_path: Path, units: str | None, scale: float) -> None:
    affine = np.diag([1 / scale, 1 / scale, 1 / scale, 1.0]) @ AFFINE

    loaded = load_nifti(save(tmp_path / "i.nii", ramp(), sform=affine, units=units), name="i.nii")

    np.testing.assert_allclose(loaded.volume.affine, AFFINE, rtol=1e-5)
    assert len(loaded.notices) == (scale != 1.0)
