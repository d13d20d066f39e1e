"""Pixels and nothing beside them: no comments of a compression, no spare bits, no padding."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

Pixels = npt.NDArray[Any]


def read_frames(dataset: Dataset) -> Pixels:
    """Return the stored values, shape ``(frames, rows, columns)``, native and writable.

    Bits above those that are said to be stored may hold anything, so they are made what the value
    implies: zeros, or copies of the sign.

    Args:
        dataset: Of a file, with its transfer syntax.

    Raises:
        Exception: What pydicom and its decoders raise (``glioscope.io.BROKEN``).
        ValueError: If the bits are said to lie where none are.
    """
    stored, allocated = int(dataset.BitsStored), int(dataset.BitsAllocated)
    if not 0 < stored <= allocated or int(dataset.HighBit) != stored - 1:
        msg = f"{stored} bits stored of {allocated} below bit {dataset.HighBit}"
        raise ValueError(msg)
    # pydicom clears the bits above those that are stored
    return np.array(dataset.pixel_array).reshape(-1, int(dataset.Rows), int(dataset.Columns))


def write_frames(dataset: Dataset, frames: Pixels) -> None:
    """Store values uncompressed, little endian.

    Args:
        dataset: Changed in place; its pixel module must describe the frames.
        frames: As `read_frames` returned them.
    """
    data = frames.astype(frames.dtype.newbyteorder("<"), copy=False).tobytes()
    vr = "OB" if frames.dtype.itemsize == 1 else "OW"
    dataset.add_new("PixelData", vr, data + b"\0" * (len(data) % 2))
