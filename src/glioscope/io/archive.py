"""Archives of a study, unpacked into a folder that does not outlive the reading."""

from __future__ import annotations

import gzip
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, BinaryIO, Final, NoReturn, cast

from glioscope.core import InputError
from glioscope.io.folder import printable

SUFFIXES: Final = (".zip", ".tar", ".tar.gz", ".tgz")
"""Other archives are told of, and left packed."""

_MOST_ENTRIES: Final = 100_000
_MOST_BYTES: Final = 1 << 33
_ALWAYS_BYTES: Final = 1 << 28
_MOST_TIMES: Final = 100
"""All files together: at most 8 GiB, and beyond 256 MiB at most 100 times the archive.  DICOM
packs to a half, skull-stripped NIfTI to a twentieth."""

_MOST_HEADER_BYTES: Final = 1 << 20
"""Between two files of a tar archive: names and times, never more."""

_PLAIN_ZIP: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What every program writes; of others, LZMA lets the archive say how much memory it takes."""

_CHUNK: Final = 1 << 20
_BROKEN: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    KeyError,
    RuntimeError,
    OverflowError,
)
"""What zipfile, tarfile and gzip raise on damage, and on what they do not know."""


def is_archive(path: Path) -> bool:
    """Tell whether a path is a file that is named like an archive that can be unpacked."""
    return path.name.lower().endswith(SUFFIXES) and path.is_file()


def stem(path: Path) -> str:
    """Return the name of an archive without its suffix."""
    lower = path.name.lower()
    suffix = next((known for known in SUFFIXES if lower.endswith(known)), "")
    return path.name[: len(path.name) - len(suffix)] or "study"


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Unpack an archive, and remove what was unpacked at the end, however it comes.

    Args:
        path: See ``SUFFIXES``.

    Yields:
        A folder, named as the archive, with its regular files.

    Raises:
        InputError: If it is damaged or encrypted; if a file in it has a name that leads out of
            the folder, stands twice, or is a link or a device; or if it has more than 100,000
            entries, 8 GiB, or (beyond 256 MiB) 100 times its own size.
    """
    name = printable(path.name)
    # "." and ".." would be no folder of their own
    inside = stem(path).strip(". ") or "study"
    with tempfile.TemporaryDirectory(prefix="glioscope-", ignore_cleanup_errors=True) as place:
        folder = Path(place) / inside
        try:
            folder.mkdir()
            target = _Target(folder=folder, name=name, most=_most(path))
            if name.lower().endswith(".zip"):
                _unzip(path, target)
            else:
                _untar(path, target)
        except _BROKEN as error:
            msg = f"{name} is damaged or can't be unpacked here; unpack it, and give the folder"
            raise InputError(msg) from error
        yield folder


def _most(path: Path) -> int:
    return min(_MOST_BYTES, max(_ALWAYS_BYTES, _MOST_TIMES * path.stat().st_size))


@dataclass(slots=True, kw_only=True)
class _Target:
    """Where files of an archive go, and how much room is left for them.

    Args:
        folder: Empty at the beginning.
        name: How messages call the archive.
        most: Bytes that all files may have together.
        entries: How many there were.
        taken: Names that stood already, in lower case as some disks see them.
    """

    folder: Path
    name: str
    most: int
    entries: int = 0
    taken: set[str] = field(default_factory=set)

    def refuse(self, what: str) -> NoReturn:
        """Refuse the whole archive.

        Raises:
            InputError: Always.
        """
        msg = f"{self.name} {what}, so it is not opened; make the archive anew from the scans alone"
        raise InputError(msg)

    def count(self) -> None:
        """Count one more entry, folders too.

        Raises:
            InputError: If it is one too many.
        """
        self.entries += 1
        if self.entries > _MOST_ENTRIES:
            self.refuse(f"has more than {_MOST_ENTRIES} entries")

    def place(self, name: str) -> Path:
        """Return where a file goes.

        Raises:
            InputError: If its name leads elsewhere or stands twice.
        """
        parts = PurePosixPath(name.replace("\\", "/")).parts
        outside = name.startswith(("/", "\\")) or bool(PureWindowsPath(name).drive)
        if outside or not parts or ".." in parts or any("\0" in part for part in parts):
            self.refuse("holds a file whose name leads out of it")
        whole = "/".join(parts)
        if whole.lower() in self.taken:
            self.refuse("holds two files of one name")
        self.taken.add(whole.lower())
        return self.folder.joinpath(*parts)

    def write(self, name: str, content: IO[bytes]) -> None:
        """Write one file, no longer than what is left.

        Raises:
            InputError: As ``place``, and if nothing is left.
        """
        path = self.place(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            while piece := content.read(_CHUNK):
                self.most -= len(piece)
                if self.most < 0:
                    self.refuse("becomes larger than any study when it is unpacked")
                file.write(piece)


def _unzip(path: Path, target: _Target) -> None:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            target.count()
            if not member.filename:
                target.refuse("holds a file without a name")
            # the upper half holds the mode of the file where Unix wrote the archive
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
                target.refuse("holds a link or a device")
            if member.flag_bits & 0x1:
                target.refuse("is encrypted")
            if member.compress_type not in _PLAIN_ZIP:
                target.refuse("is packed by a rare method")
            if not member.is_dir():
                with archive.open(member) as content:
                    target.write(member.filename, content)


def _untar(path: Path, target: _Target) -> None:
    zipped = target.name.lower().endswith("gz")
    with cast("BinaryIO", gzip.open(path)) if zipped else path.open("rb") as content:
        source = _Rationed(content=content, left=_MOST_HEADER_BYTES)
        with tarfile.open(fileobj=cast("IO[bytes]", source), mode="r|") as archive:
            for member in archive:
                target.count()
                if not (member.isreg() or member.isdir()) or member.issparse():
                    target.refuse("holds a link or a device")
                if member.size > target.most:
                    target.refuse("becomes larger than any study when it is unpacked")
                source.left = member.size + _MOST_HEADER_BYTES
                data = archive.extractfile(member)
                if data is not None:
                    target.write(member.name, data)


@dataclass(slots=True, kw_only=True)
class _Rationed:
    """A stream that gives no more than it is allowed to, as headers of tar may ask for all memory.

    Args:
        content: The tar archive.
        left: Bytes that may still be read.
    """

    content: BinaryIO
    left: int

    def read(self, size: int) -> bytes:
        """Return the next bytes.

        Raises:
            ValueError: If they are more than allowed.
        """
        if size > self.left:
            msg = "a header that is too long"
            raise ValueError(msg)
        found = self.content.read(size)
        self.left -= len(found)
        return found
