"""Opening DICOM files of which nobody knows what they do to a reader."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import SEEK_CUR, SEEK_END, SEEK_SET
from pathlib import Path
from typing import BinaryIO, Final, cast

from pydicom import FileDataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.filereader import _read_file_meta_info, read_preamble
from pydicom.uid import DeflatedExplicitVRLittleEndian

from glioscope.io.limits import MOST_BYTES, MOST_INFLATED, MOST_INFLATED_TIMES

_CHUNK: Final = 1 << 20


def open_dicom(content: BinaryIO, *, tags: Sequence[str] | None = None) -> FileDataset:
    """Read a DICOM file whose content, once inflated, is no larger than any real one.

    Args:
        content: From its beginning; it can be read twice.
        tags: Keywords of what is read, without pixels; all of the file if not given.

    Raises:
        InvalidDicomError: If it would become larger; pydicom inflates without a limit.
        Exception: What pydicom raises on damage; see ``dicom_quiet.BROKEN``.
    """
    length = content.seek(0, SEEK_END)
    if length > MOST_BYTES:
        msg = "larger than any file of a scan"
        raise InvalidDicomError(msg)
    content.seek(0)
    rationed = cast("BinaryIO", _Rationed(content=content, length=length))
    _check_body(rationed)
    content.seek(0)
    if tags is None:
        return dcmread(rationed, force=True)
    return dcmread(rationed, stop_before_pixels=True, force=True, specific_tags=[*tags])


@dataclass(slots=True, kw_only=True)
class _Rationed:
    """A file that can be read from so often and no more.

    Behind a sound beginning, a file of zeros is millions of empty elements: a reader would go
    through them for hours.  And an element may claim 4 GiB, for which Python makes room before it
    reads, so nothing is asked for beyond the end.

    Args:
        content: The file.
        length: Of the file.
        left: How often it may still be read from; an element takes two to four.
    """

    content: BinaryIO
    length: int
    left: int = 1 << 19

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes.

        Raises:
            InvalidDicomError: If it was read from too often.
        """
        self.left -= 1
        if self.left < 0:
            msg = "more elements than any real file has"
            raise InvalidDicomError(msg)
        rest = max(0, self.length - self.content.tell())
        return self.content.read(rest if size < 0 else min(size, rest))

    def seek(self, place: int, whence: int = SEEK_SET) -> int:
        """Go to a place."""
        return self.content.seek(place, whence)

    def tell(self) -> int:
        """Return the place."""
        return self.content.tell()


def whole(path: Path) -> bytes:
    """Return the bytes of a file that is no larger than any real one.

    Raises:
        InvalidDicomError: If it is larger.
        OSError: If it can't be read.
    """
    if path.stat().st_size > MOST_BYTES:
        msg = "larger than any file of a scan"
        raise InvalidDicomError(msg)
    return path.read_bytes()


def _check_body(content: BinaryIO) -> None:
    """Look at what comes behind the meta header; inflate it piece by piece if it is deflated."""
    read_preamble(content, force=True)
    meta = _read_file_meta_info(content)
    group = content.read(2)
    content.seek(-len(group), SEEK_CUR)
    if group == b"\0\0":
        # commands of the network are in no file; what looks like them are zeros without end
        msg = "zeros in place of the data set"
        raise InvalidDicomError(msg)
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = deflated = 0
    while piece := inflater.unconsumed_tail or content.read(_CHUNK):
        before = len(piece)
        inflated += len(inflater.decompress(piece, _CHUNK))
        deflated += before - len(inflater.unconsumed_tail)
        if inflated > max(MOST_INFLATED, MOST_INFLATED_TIMES * deflated) or inflated > MOST_BYTES:
            msg = "a deflated file that becomes larger than any real one"
            raise InvalidDicomError(msg)
        if inflater.eof:
            return
