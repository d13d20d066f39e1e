"""How much a file may hold before it is taken for damaged or made to harm."""

from __future__ import annotations

from typing import Final

MOST_VOXELS: Final = 1 << 28
"""Of one volume: 645 along each edge, or 0.35 mm over a whole head; 1 GiB as float32."""

MOST_BYTES: Final = 1 << 31
"""Of one file that is read whole, and of the voxels of one image as they are stored."""

MOST_FRAMES: Final = 1 << 16
"""Of one DICOM file: long time courses have 20,000."""

MOST_GROUP_BYTES: Final = 1 << 25
"""Of the functional groups of a DICOM file: 20,000 frames of 1.6 KiB."""

MOST_HEADER_BYTES: Final = 1 << 24
"""Before the first voxel of a NIfTI file: extensions hold at most a DICOM header or two."""

MOST_SIDECAR_BYTES: Final = 1 << 23
"""Of a JSON file beside an image; dcm2niix writes some kilobytes."""

MOST_INFLATED: Final = 1 << 26
MOST_INFLATED_TIMES: Final = 100
"""What is compressed may always become ``MOST_INFLATED`` bytes; beyond that at most this many times
its size, where scans reach 20 times.  Deflate itself could reach 1,032 times."""
