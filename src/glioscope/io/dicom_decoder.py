"""The child process that decompresses frames; run as a script, it imports nothing of Glioscope.

Frames are decompressed by libraries written in C, which a damaged frame can bring down.  Here they
bring down this process only; ``dicom_decode`` starts another.

It reads requests from its standard input (length as 8 bytes, then a DICOM file) and answers each on
its standard output: length of a JSON line, the line (``{}`` for a file that can't be decompressed,
else type and shape), and the voxels.  It ends when its input ends.
"""

from __future__ import annotations

import json
import struct
import sys
import warnings
from io import BytesIO
from typing import BinaryIO

import numpy as np
from pydicom import dcmread
from pydicom.config import disable_value_validation

LENGTH = struct.Struct("<Q")
_MOST_MEMORY_BYTES = 1 << 33


def _limit_memory() -> None:
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return  # the size of frames was checked before they came here
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY_BYTES, _MOST_MEMORY_BYTES))


def _answer(content: bytes, out: BinaryIO) -> None:
    told: dict[str, object] = {}
    voxels = b""
    try:
        with disable_value_validation():
            pixels = np.ascontiguousarray(dcmread(BytesIO(content), force=True).pixel_array)
        told = {"type": pixels.dtype.str, "shape": pixels.shape}
        voxels = pixels.tobytes()
    except Exception:  # noqa: BLE001 - of any library; the parent says what to do about the file
        told, voxels = {}, b""
    line = json.dumps(told).encode()
    out.write(LENGTH.pack(len(line)) + line + LENGTH.pack(len(voxels)))
    out.write(voxels)
    out.flush()


def main() -> None:
    """Answer requests until there are no more."""
    _limit_memory()
    warnings.simplefilter("ignore")
    source, out = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(LENGTH.size)) == LENGTH.size:
        _answer(source.read(LENGTH.unpack(head)[0]), out)


if __name__ == "__main__":
    main()
