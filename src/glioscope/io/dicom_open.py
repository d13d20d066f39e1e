"""Opening DICOM files of which nobody knows what they do to a reader."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

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
    _check_inflated(content)
    content.seek(0)
    if tags is None:
        return dcmread(content, force=True)
    return dcmread(content, stop_before_pixels=True, force=True, specific_tags=[*tags])


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


def _check_inflated(content: BinaryIO) -> None:
    """Inflate a deflated file piece by piece, to see how large it becomes."""
    read_preamble(content, force=True)
    meta = _read_file_meta_info(content)
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
