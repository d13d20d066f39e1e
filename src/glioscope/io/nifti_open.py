"""A NIfTI file as header and voxels, no more of it read than its header may claim."""

from __future__ import annotations

import gzip
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import nibabel as nib
import numpy as np
import numpy.typing as npt
from nibabel.arrayproxy import ArrayProxy
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError

from glioscope.io.limits import MOST_BYTES, MOST_HEADER_BYTES, MOST_VOXELS

BROKEN_NIFTI: Final = (
    ImageFileError,
    HeaderDataError,
    OSError,
    EOFError,
    zlib.error,
    ValueError,
    TypeError,
    OverflowError,
)
"""What nibabel and gzip raise on files that are cut off, renamed or damaged."""

_KINDS: Final = (
    (348, 344, b"n+1\0", nib.Nifti1Header),
    (540, 4, b"n+2\0", nib.Nifti2Header),
)
"""Length of the header, place of the magic, magic and header of the two versions."""

_MOST_AXES: Final = 7
_SHORTEST: Final = min(length for length, *_ in _KINDS)

_GREATEST_GZIP_TIMES: Final = 1032
"""Deflate can't make its input grow more (zlib's technical details)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedNifti:
    """A file whose header can be true.

    Args:
        path: The file.
        header: Of nibabel; its extensions were not read, as nothing here asks for them and a few
            bytes in them make a reader take in all of the file.
        shape: Of the image, any number of axes.
    """

    path: Path
    header: Any
    shape: tuple[int, ...]

    def voxels(self) -> npt.NDArray[Any]:
        """Read the voxels, scaled where the header says so.

        Raises:
            Exception: What nibabel and gzip raise on damage.
        """
        with _content(self.path) as file:
            return np.asanyarray(ArrayProxy(file, self.header, mmap=False))


def open_nifti(path: Path) -> OpenedNifti | None:
    """Read and check the header of a NIfTI file of one part.

    Args:
        path: ``.nii`` or ``.nii.gz``.

    Returns:
        ``None`` if it is another format.

    Raises:
        ImageFileError: If it claims more voxels than any scan has, or than the file can hold.
        Exception: What nibabel and gzip raise on damage.
    """
    with _content(path) as file:
        start = file.read(max(length for length, *_ in _KINDS))
    if len(start) < _SHORTEST:
        msg = f"{len(start)} bytes"
        raise ImageFileError(msg)
    for length, place, magic, kind in _KINDS:
        if start[place : place + 4] == magic and len(start) >= length:
            header = kind(start[:length])
            return _checked(path, header)
    return None


def _content(path: Path) -> BinaryIO:
    if path.name.lower().endswith(".gz"):
        return cast("BinaryIO", gzip.open(path))
    return path.open("rb")


def _checked(path: Path, header: Any) -> OpenedNifti:  # noqa: ANN401 - nibabel is not typed
    axes = int(header["dim"][0])
    if not 1 <= axes <= _MOST_AXES:
        msg = f"{axes} axes"
        raise ImageFileError(msg)
    shape = tuple(int(length) for length in header.get_data_shape())
    offset = float(header["vox_offset"])
    if not math.isfinite(offset) or not 0 <= offset <= MOST_HEADER_BYTES:
        msg = f"its voxels begin at byte {offset:g}"
        raise ImageFileError(msg)
    voxels = math.prod(shape)
    length = voxels * header.get_data_dtype().itemsize
    if min(shape, default=0) < 1 or voxels > MOST_VOXELS or length > MOST_BYTES:
        msg = f"a shape of {shape}"
        raise ImageFileError(msg)
    held = path.stat().st_size
    if path.name.lower().endswith(".gz"):
        held *= _GREATEST_GZIP_TIMES
    if offset + length > held:
        msg = "more voxels than the file holds"
        raise ImageFileError(msg)
    return OpenedNifti(path=path, header=header, shape=shape)
