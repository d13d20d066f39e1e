"""DICOM files read whole, with pixels that need no decoder any more."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from pydicom import FileDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from glioscope.io import Decoder, check_frames, open_dicom, tolerant, whole


def read_dicom(path: Path) -> FileDataset:
    """Read a file whole, with a transfer syntax.

    Raises:
        Exception: What pydicom raises on damage (``glioscope.io.BROKEN``).
    """
    return _read(whole(path))


def read_plain(path: Path) -> FileDataset:
    """Read a file whose compressed frames, if any, are decompressed in another process.

    Raises:
        Exception: What pydicom and decoders raise on damage (``glioscope.io.BROKEN``).
    """
    content = whole(path)
    with tolerant():
        file = _read(content)
        check_frames(file)
        if file.file_meta.TransferSyntaxUID.is_encapsulated:
            count = int(file.Rows) * int(file.Columns) * int(file.get("NumberOfFrames") or 1)
            pixels = Decoder.shared().pixels(content, count=count)
            data = pixels.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes()
            file.add_new("PixelData", "OW" if pixels.itemsize > 1 else "OB", data)
            file["PixelData"].is_undefined_length = False
            file.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return file


def _read(content: bytes) -> FileDataset:
    with tolerant():
        file = open_dicom(BytesIO(content))
        if "TransferSyntaxUID" not in file.file_meta:
            implicit, _ = file.original_encoding
            plain = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
            file.file_meta.TransferSyntaxUID = plain
        return file
