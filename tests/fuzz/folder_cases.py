"""Archives and folders that are wrong on purpose: names that lead out, links, bombs, pipes."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.bases import bases, zipped
from tests.fuzz.damage import ANYWHERE, Random, pick

Files = dict[str, bytes]

_NAMES = (
    *("t1.nii", "a/t1.nii", "../t1.nii", "a/../../t1.nii", "/var/t1.nii", "C:\\t1.nii", "C:t1.nii"),
    *("..\\t1.nii", "a\\t1.nii", "", ".", "..", "/", "a//t1.nii", "./t1.nii", "t1.nii/", "T1.NII"),
    *("\u202et1.nii", "t" * 300 + ".nii", "a/" * 200 + "t1.nii", "t1\n.nii", "CON.nii", "~/t1.nii"),
)
_TAR_KINDS = (
    *(tarfile.REGTYPE, tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.LNKTYPE, tarfile.SYMTYPE),
    *(tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE),
)
_TARGETS = ("t1.nii", "/etc/passwd", "../..", ".", "/dev/zero")


def archive_case(random: Random) -> Files:
    """Return one archive, alone or in company."""
    kind = pick(random, ("zip", "zip", "tar", "tar.gz"))
    content = _zip(random) if kind == "zip" else _tar(random)
    if random.random() < 0.4:
        content = pick(random, ANYWHERE)(content, random)
    if kind == "tar.gz":
        content = zipped(content)
        if random.random() < 0.3:
            content = pick(random, ANYWHERE)(content, random)
    files = {f"study.{kind}": content}
    if random.random() < 0.1:
        files["t2.nii"] = bases().nifti[0]
    if random.random() < 0.1:
        files["more.zip"] = content
    return files


def _members(random: Random) -> list[tuple[str, bytes]]:
    contents = (bases().nifti[0], bases().enhanced, b"", bytes(2_000_000), b"text")
    names = ["t1.nii"] if random.random() < 0.3 else []
    names += [pick(random, _NAMES) for _ in range(int(random.integers(1, 5)))]
    return [(name, pick(random, contents)) for name in names]


def _zip(random: Random) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in _members(random):
            member = zipfile.ZipInfo(name or "x")
            member.filename = name or "x"
            kind = pick(random, (0, 0, 0, 0o100644, 0o120777, 0o040755, 0o010644, 0o020666))
            member.external_attr = kind << 16
            member.compress_type = pick(random, (0, 8, 8, 12, 14))
            if not any(member.filename == one for one in archive.namelist()):
                archive.writestr(member, content)
    return buffer.getvalue()


def _tar(random: Random) -> bytes:
    buffer = io.BytesIO()
    form = pick(random, (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT))
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, content in _members(random):
            member = tarfile.TarInfo(name)
            member.type = pick(random, _TAR_KINDS)
            member.linkname = pick(random, _TARGETS)
            member.size = len(content) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def folder_case(random: Random) -> tuple[Files, Callable[[Path], None]]:
    """Return files, and what else is done to the folder that they lie in."""
    files = {"a/t1.nii": bases().nifti[0]} if random.random() < 0.5 else {"a/e": bases().enhanced}
    return files, pick(random, _DEEDS)


def _loop(folder: Path) -> None:
    (folder / "loop").symlink_to(folder)
    (folder / "a" / "up").symlink_to(folder / "a")
    (folder / "self").symlink_to("self")


def _gone(folder: Path) -> None:
    (folder / "gone.nii").symlink_to(folder / "nowhere")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "t2.nii")
    os.mkfifo(folder / "pipe")


def _device(folder: Path) -> None:
    (folder / "t2.nii").symlink_to("/dev/zero")
    (folder / "x.dcm").symlink_to("/dev/zero")


def _folder_for_a_file(folder: Path) -> None:
    (folder / "t2.nii.gz").mkdir()
    (folder / "study.zip").mkdir()
    (folder / "t1.json").mkdir()


def _odd_names(folder: Path) -> None:
    for name in (b"t2\xff.nii", b"t2\n.nii", b"-t2.nii", b"t2 \xe2\x80\xae.nii"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(bases().nifti[0])


def _deep(folder: Path) -> None:
    place = folder.joinpath(*["d"] * 60)
    place.mkdir(parents=True)
    (place / "t1.nii").write_bytes(bases().nifti[0])


def _huge(folder: Path) -> None:
    for name in ("t2.nii", "flair.dcm"):
        with (folder / name).open("wb") as file:
            file.write(bytes(128) + b"DICM")
            file.truncate(1 << 40)


_DEEDS = (_loop, _gone, _pipe, _device, _folder_for_a_file, _odd_names, _deep, _huge)
