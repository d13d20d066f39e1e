"""A folder as it came: what in it may be an image, and what is not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from glioscope.core import InputError, Notice, Severity
from glioscope.io.nifti import is_nifti

_PREAMBLE: Final = 132
_GROUPS_WITHOUT_PREAMBLE: Final = (b"\x08\x00\x00\x00", b"\x08\x00\x05\x00", b"\x02\x00\x00\x00")
_ARCHIVES: Final = (".zip", ".tar", ".tgz", ".tar.gz", ".7z", ".rar")
_OWN_MANIFEST: Final = "run.json"
_NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The files of a folder, sorted by path below it.

    Args:
        root: The folder.
        nifti: Files with the suffix of NIfTI.
        dicom: Files that begin as DICOM does.
        empty: Files of no bytes that are named as images.
        archives: Files that must be unpacked first.
        others: Number of files that are none of these.
        results: Folders that Glioscope wrote; not entered.
    """

    root: Path
    nifti: tuple[Path, ...]
    dicom: tuple[Path, ...]
    empty: tuple[Path, ...]
    archives: tuple[Path, ...]
    others: int
    results: tuple[Path, ...]

    def name(self, path: Path) -> PurePosixPath:
        """Return a path below the folder, as messages and series ids give it."""
        return PurePosixPath(path.relative_to(self.root).as_posix())

    def notices(self) -> tuple[Notice, ...]:
        """Say what was not even opened."""
        found = (
            ("empty-file", Severity.WARNING, self.empty, "has no content; copy it again"),
            ("archive", Severity.WARNING, self.archives, "must be unpacked to be read"),
            ("earlier-result", Severity.INFO, self.results, "holds an earlier result; not read"),
        )
        return tuple(
            Notice(code=code, severity=severity, message=f"{self.listed(paths)} {told}.")
            for code, severity, paths, told in found
            if paths
        )

    def listed(self, paths: tuple[Path, ...]) -> str:
        """Name the first few of some paths, and how many more there are."""
        return listed([str(self.name(path)) for path in paths])


def listed(names: list[str]) -> str:
    """Name the first few of many, and how many more there are."""
    first = ", ".join(names[:_NAMED])
    more = len(names) - _NAMED
    return f"{first} and {more} more" if more > 0 else first


def scan(folder: Path) -> Contents:
    """List a folder of any depth; hidden files and folders are passed over.

    Raises:
        InputError: If it is missing, no folder, or a part of it can't be read.
    """
    if not folder.exists():
        msg = f"{folder.name}: no such folder; check the path"
        raise InputError(msg)
    if not folder.is_dir():
        msg = f"{folder.name} is a file; give the folder that holds the patient's series"
        raise InputError(msg)
    results: list[Path] = []
    kinds: dict[str, list[Path]] = {kind: [] for kind in ("nifti", "dicom", "empty", "archive")}
    others = 0
    for path in _files(folder, results):
        kind = _kind(path, name=path.relative_to(folder).as_posix())
        if kind is None:
            others += 1
        else:
            kinds[kind].append(path)
    return Contents(
        root=folder,
        nifti=tuple(kinds["nifti"]),
        dicom=tuple(kinds["dicom"]),
        empty=tuple(kinds["empty"]),
        archives=tuple(kinds["archive"]),
        others=others,
        results=tuple(results),
    )


def _files(folder: Path, results: list[Path]) -> Iterator[Path]:
    """Walk in a fixed order, into linked folders too, but into none twice."""
    seen: set[str] = set()
    for place, folders, names in os.walk(folder, onerror=_unreadable, followlinks=True):
        here = Path(place)
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        if _OWN_MANIFEST in names and here != folder:
            results.append(here)
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        yield from (here / name for name in sorted(names) if not name.startswith("."))


def _unreadable(error: OSError) -> None:
    msg = f"a folder of the input can't be read ({error.strerror}); check its permissions"
    raise InputError(msg) from error


def _kind(path: Path, *, name: str) -> str | None:
    lower = path.name.lower()
    if lower.endswith(_ARCHIVES):
        return "archive"
    try:
        with path.open("rb") as file:
            start = file.read(_PREAMBLE)
    except OSError as error:
        msg = f"{name} can't be read ({error.strerror}); check its permissions or remove it"
        raise InputError(msg) from error
    if is_nifti(path):
        return "nifti" if start else "empty"
    if not start:
        return "empty" if lower.endswith((".dcm", ".ima")) else None
    if lower == "dicomdir":
        return None
    return "dicom" if _begins_as_dicom(start) else None


def _begins_as_dicom(start: bytes) -> bool:
    return start[128:] == b"DICM" or start.startswith(_GROUPS_WITHOUT_PREAMBLE)
