"""What compressed frames claim to be, before a decoder makes room for it."""

from __future__ import annotations

import struct
from typing import Final

from pydicom import Dataset
from pydicom.encaps import generate_frames
from pydicom.errors import InvalidDicomError
from pydicom.uid import RLELossless

from glioscope.io.limits import MOST_VOXELS

_PLAIN_MARKERS: Final = frozenset({0x01, *range(0xD0, 0xD9)})
"""Of JPEG, without a length behind them: TEM, restarts, start of image."""

_START_OF_FRAME: Final = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
"""Of JPEG (ITU-T T.81, table B.1) and JPEG-LS (ITU-T T.87); the three are tables, not frames."""

_JPEG_2000: Final = b"\xff\x4f\xff\x51"
"""Start of a codestream and its size marker (ITU-T T.800, A.4 and A.5)."""

_LARGEST_GROWTH: Final = 2
_SLACK_BYTES: Final = 1 << 16
"""A frame that compresses badly grows by some percent, and carries tables."""


def check_frames(file: Dataset) -> None:
    """Compare what each compressed frame says of its size with what the header says.

    Decoders written in C make room for what the frame says, which may be anything.

    Args:
        file: With its transfer syntax.

    Raises:
        InvalidDicomError: If they differ, or a frame is longer than its pixels can make it.
        Exception: What pydicom raises on damage; see ``dicom_quiet.BROKEN``.
    """
    rows, columns = int(file.Rows), int(file.Columns)
    frames = int(file.get("NumberOfFrames") or 1)
    if min(rows, columns, frames) < 1 or rows * columns * frames > MOST_VOXELS:
        msg = "more pixels than any scan has"
        raise InvalidDicomError(msg)
    syntax = file.file_meta.TransferSyntaxUID
    if not syntax.is_compressed or not syntax.is_encapsulated:
        return
    sample_bytes = max(1, int(file.BitsAllocated) // 8) * int(file.get("SamplesPerPixel") or 1)
    longest = _LARGEST_GROWTH * rows * columns * sample_bytes + _SLACK_BYTES
    for frame in generate_frames(file.PixelData, number_of_frames=frames):
        told = None if syntax == RLELossless else size_of_frame(frame)
        if len(frame) > longest or (told is None) != (syntax == RLELossless):
            msg = "a frame that is none of its compression"
            raise InvalidDicomError(msg)
        if told is not None and told != (rows, columns):
            msg = "a frame of another size than its header says"
            raise InvalidDicomError(msg)


def size_of_frame(frame: bytes) -> tuple[int, int] | None:
    """Return rows and columns that a JPEG, JPEG-LS or JPEG 2000 frame says it has.

    Returns:
        ``None`` if it is none of them or says no size.
    """
    start = frame.find(_JPEG_2000, 0, _SLACK_BYTES)
    try:
        if start >= 0:
            x1, y1, x0, y0 = struct.unpack_from(">4I", frame, start + 8)
            return (y1 - y0, x1 - x0)
        return _size_of_jpeg(frame) if frame.startswith(b"\xff\xd8") else None
    except struct.error:
        return None


def _size_of_jpeg(frame: bytes) -> tuple[int, int] | None:
    place = 2
    while place < len(frame) and frame[place] == 0xFF:
        marker = frame[place + 1] if place + 1 < len(frame) else 0
        if marker == 0xFF:
            place += 1
        elif marker in _PLAIN_MARKERS:
            place += 2
        elif marker in _START_OF_FRAME:
            rows, columns = struct.unpack_from(">2H", frame, place + 5)
            return (rows, columns)
        else:
            (length,) = struct.unpack_from(">H", frame, place + 2)
            place += 2 + length
    return None
