"""A study in an archive is read as the folder would be, and no archive does harm."""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from glioscope.core import Acquisition, InputError, Volume
from glioscope.io import (
    DicomIdentity,
    archive,
    find_patients,
    read_study,
    write_dicom_series,
    write_volume,
)

HEAD = Volume(
    data=np.random.default_rng(0).integers(0, 4000, (10, 9, 6)).astype(np.int16),
    affine=np.diag([-1.0, -1.0, 4.0, 1.0]),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "P1"
    write_dicom_series(
        HEAD,
        folder=folder / "series",
        acquisition=Acquisition(series_description="T1"),
        identity=DicomIdentity.from_seed(1, patient_id="P1"),
    )
    return folder


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def packed(folder: Path, kind: str) -> Path:
    path = folder.parent / f"given.{kind}"
    files = sorted(one for one in folder.rglob("*") if one.is_file())
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
            for file in files:
                target.write(file, file.relative_to(folder))
        return path
    with tarfile.open(path, "w" if kind == "tar" else "w:gz") as tar:
        tar.add(folder, arcname=".")
    return path


def zip_of(path: Path, members: dict[str, bytes], *, mode: int = 0, flags: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            member = zipfile.ZipInfo(name)
            member.filename = name
            member.external_attr = mode << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, content)
    if flags:
        whole = bytearray(path.read_bytes())
        whole[whole.find(b"PK\x01\x02") + 8] |= flags
        path.write_bytes(whole)
    return path


def tar_of(path: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w") as target:
        for member in members:
            target.addfile(member, io.BytesIO(bytes(member.size)))
    return path


def member_of(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def refusal(path: Path, temporary: Path) -> str:
    before = {one for one in path.parent.rglob("*") if one != path}
    with pytest.raises(InputError) as refused:
        read_study(path)
    assert {one for one in path.parent.rglob("*") if one != path} == before
    assert list(temporary.iterdir()) == []
    return str(refused.value)


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tgz", "ZIP"])
def test_an_archive_is_read_as_its_folder(folder: Path, temporary: Path, kind: str) -> None:
    path = packed(folder, kind.lower())
    path = path.rename(path.with_suffix(f".{kind}")) if kind == "ZIP" else path

    found, plain = read_study(path), read_study(folder)

    assert find_patients(path) == (path,)
    assert found.case_id == "given"
    np.testing.assert_array_equal(found.series[0].volume.data, plain.series[0].volume.data)
    assert found.series[0].sources == plain.series[0].sources
    assert list(temporary.iterdir()) == []


def test_the_only_archive_of_a_folder_is_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "P2").mkdir()
    packed(folder, "zip").rename(tmp_path / "P2" / "export.zip")

    assert find_patients(tmp_path / "P2") == (tmp_path / "P2",)
    assert read_study(tmp_path / "P2").case_id == "P2"


def test_an_archive_beside_images_stays_packed_and_is_told(folder: Path) -> None:
    packed(folder, "zip").rename(folder / "more.zip")

    (notice,) = read_study(folder).notices
    assert notice.code == "archive"


def test_several_patients_in_an_archive_are_refused(tmp_path: Path) -> None:
    for name in ("patient-1", "patient-2"):
        for kind in ("t1", "flair"):
            write_volume(HEAD, tmp_path / "all" / name / f"{kind}.nii.gz")
    path = packed(tmp_path / "all", "zip")

    with pytest.raises(InputError, match="given: the archive holds 2 patients; unpack it"):
        find_patients(path)


@pytest.mark.parametrize(
    "name",
    ["../t1.nii", "a/../../t1.nii", "/t1.nii", "C:\\t1.nii", "C:t1.nii", "\\t1.nii", "..\\t1.nii"],
)
def test_names_that_lead_out_are_refused(tmp_path: Path, temporary: Path, name: str) -> None:
    zipped = zip_of(tmp_path / "given.zip", {name: b"x"})
    assert "a file whose name leads out of it" in refusal(zipped, temporary)

    tarred = tar_of(tmp_path / "given.tar", member_of(name))
    assert "a file whose name leads out of it" in refusal(tarred, temporary)


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE],
)
def test_links_and_devices_in_tar_are_refused(tmp_path: Path, temporary: Path, kind: bytes) -> None:
    path = tar_of(tmp_path / "given.tar", member_of("t1.nii", kind, "/etc/passwd"))

    assert "holds a link or a device" in refusal(path, temporary)


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_in_zip_are_refused(tmp_path: Path, temporary: Path, mode: int) -> None:
    path = zip_of(tmp_path / "given.zip", {"t1.nii": b"/etc/passwd"}, mode=mode | 0o777)

    assert "holds a link or a device" in refusal(path, temporary)


def test_what_is_encrypted_or_stands_twice_is_refused(tmp_path: Path, temporary: Path) -> None:
    path = zip_of(tmp_path / "given.zip", {"t1.nii": b"x"}, flags=1)
    assert "is encrypted" in refusal(path, temporary)

    path = zip_of(tmp_path / "given.zip", {"t1.nii": b"x", "T1.nii": b"y"})
    assert "holds two files of one name" in refusal(path, temporary)


def test_a_zip_bomb_is_refused(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_ALWAYS_BYTES", 3 << 20)
    path = zip_of(tmp_path / "given.zip", {"t1.nii": bytes(4 << 20)})
    assert path.stat().st_size < 1 << 13

    assert "becomes larger than any study" in refusal(path, temporary)


def test_a_tar_bomb_is_refused(tmp_path: Path, temporary: Path) -> None:
    header = member_of("t1.nii")
    header.size = 300 << 20
    path = tmp_path / "given.tar.gz"
    path.write_bytes(gzip.compress(header.tobuf() + bytes(1 << 20)))

    assert "becomes larger than any study" in refusal(path, temporary)


def test_a_header_of_tar_that_asks_for_all_memory_is_refused(
    tmp_path: Path, temporary: Path
) -> None:
    header = member_of("long", tarfile.XHDTYPE)
    header.size = 8 << 30
    path = tmp_path / "given.tar"
    path.write_bytes(header.tobuf(tarfile.GNU_FORMAT) + bytes(4 << 20))

    assert "is damaged or can't be unpacked here" in refusal(path, temporary)


def test_too_many_entries_are_refused(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_MOST_ENTRIES", 50)
    folders = [member_of(f"f{number}", tarfile.DIRTYPE) for number in range(51)]

    assert "more than 50 entries" in refusal(tar_of(tmp_path / "given.tar", *folders), temporary)


def test_rare_methods_of_packing_are_refused(tmp_path: Path, temporary: Path) -> None:
    with zipfile.ZipFile(tmp_path / "given.zip", "w", zipfile.ZIP_LZMA) as target:
        target.writestr("t1.nii", b"x")

    assert "is packed by a rare method" in refusal(tmp_path / "given.zip", temporary)


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_a_cut_archive_is_refused(folder: Path, kind: str, share: float, temporary: Path) -> None:
    path = packed(folder, kind)
    os.truncate(path, int(share * path.stat().st_size))

    told = refusal(path, temporary)
    assert "given" in told


def test_archives_in_an_archive_stay_packed(folder: Path, tmp_path: Path, temporary: Path) -> None:
    inner = packed(folder, "zip").read_bytes()
    path = zip_of(tmp_path / "outer.zip", {"inner.zip": inner})

    assert "inner.zip must be unpacked to be read" in refusal(path, temporary)
