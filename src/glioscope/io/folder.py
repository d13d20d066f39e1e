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
_BIDS_MANIFEST: Final = "dataset_description.json"
_NOT_RAW_IN_BIDS: Final = frozenset({"derivatives", "sourcedata"})
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
        passed_over: Folders that were not entered: results of Glioscope, and what BIDS calls
            derivatives and source data.
    """

    root: Path
    nifti: tuple[Path, ...]
    dicom: tuple[Path, ...]
    empty: tuple[Path, ...]
    archives: tuple[Path, ...]
    others: int
    passed_over: tuple[Path, ...]

    @property
    def title(self) -> str:
        """Name of the folder itself, for messages."""
        return printable(self.root.resolve().name)

    def name(self, path: Path) -> PurePosixPath:
        """Return a path below the folder, as messages and series ids give it."""
        return PurePosixPath(printable(path.relative_to(self.root).as_posix()))

    def notices(self) -> tuple[Notice, ...]:
        """Say what was not even opened."""
        found = (
            ("empty-file", Severity.WARNING, self.empty, "has no content; copy it again"),
            ("archive", Severity.WARNING, self.archives, "must be unpacked to be read"),
            ("passed-over", Severity.INFO, self.passed_over, "was passed over: no raw images"),
        )
        return tuple(
            Notice(code=code, severity=severity, message=f"{self.listed(paths)} {told}.")
            for code, severity, paths, told in found
            if paths
        )

    def listed(self, paths: tuple[Path, ...]) -> str:
        """Name the first few of some paths, and how many more there are."""
        return listed([str(self.name(path)) for path in paths])


def printable(name: str) -> str:
    """Return a file name that any file can hold: bytes that are not UTF-8 are replaced."""
    return name.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="replace")


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
        msg = f"{printable(folder.name)}: no such folder; check the path"
        raise InputError(msg)
    if not folder.is_dir():
        msg = f"{printable(folder.name)} is a file; give the folder that holds the patient's series"
        raise InputError(msg)
    passed_over: list[Path] = []
    kinds: dict[str, list[Path]] = {kind: [] for kind in ("nifti", "dicom", "empty", "archive")}
    others = 0
    for path in _files(folder, passed_over):
        kind = _kind(path, name=printable(path.relative_to(folder).as_posix()))
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
        passed_over=tuple(passed_over),
    )


def _files(folder: Path, passed_over: list[Path]) -> Iterator[Path]:
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
            passed_over.append(here)
            folders.clear()
            continue
        if _BIDS_MANIFEST in names:
            passed_over += [here / name for name in sorted(_NOT_RAW_IN_BIDS & set(folders))]
            folders[:] = set(folders) - _NOT_RAW_IN_BIDS
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
        # a pipe would be waited for without end; a link that leads nowhere is told below
        if path.exists() and not path.is_file():
            return None
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
