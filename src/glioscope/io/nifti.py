"""NIfTI in and out, one volume a file."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import nibabel as nib
import numpy as np
import numpy.typing as npt
from nibabel.imageglobals import logger

from glioscope.core import InputError, Notice, OutputError, Volume
from glioscope.io.atomic import write_atomically
from glioscope.io.nifti_geometry import affine_of_header
from glioscope.io.nifti_open import BROKEN_NIFTI, OpenedNifti, open_nifti

SUFFIXES: Final = (".nii", ".nii.gz")

_STORED: Final = (np.uint8, np.int16, np.uint16, np.int32)
_GZIP_LEVEL: Final = 4
"""Level 6 is three times slower on float images, for files that are 1% smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NiftiFile:
    """One NIfTI file as read.

    Args:
        volume: Its voxels.
        notices: What was found in its header.
        description: The free text of the header (dcm2niix leaves the echo time there).
    """

    volume: Volume
    notices: tuple[Notice, ...]
    description: str


def is_nifti(path: Path) -> bool:
    """Tell by its name whether a file is NIfTI."""
    return path.name.lower().endswith(SUFFIXES)


def read_volume(path: Path) -> Volume:
    """Read one 3D NIfTI file.

    Args:
        path: ``.nii`` or ``.nii.gz``; 4D with a single volume will do.

    Returns:
        The voxels in the order of the file (no axis is flipped), in RAS+ mm: integers as
        stored, everything scaled or real as float32.  The sform wins over the qform.

    Raises:
        InputError: If the file is missing, damaged, 2D, 4D, colored, or holds NaN or infinity.
        GeometryError: If it does not say where its voxels lie.
    """
    return load_nifti(path, name=path.name).volume


def load_nifti(path: Path, *, name: str) -> NiftiFile:
    """Read one 3D NIfTI file with what its header says.

    Args:
        path: The file.
        name: How messages call it: its path below the input folder.

    Raises:
        InputError: As `read_volume`.
    """
    file = _opened(path, name=name)
    shape = _shape_3d(file.shape, name=name)
    affine, notices = affine_of_header(file.header, shape=shape, name=name)
    data = _voxels(file, name=name).reshape(shape, order="F")
    description = bytes(file.header["descrip"].item()).decode("ascii", errors="replace")
    volume = Volume(data=data, affine=affine)
    return NiftiFile(volume=volume, notices=notices, description=description)


def _opened(path: Path, *, name: str) -> OpenedNifti:
    if not path.is_file():
        msg = f"{name}: no such file; check the path"
        raise InputError(msg)
    try:
        with _without_remarks():
            file = open_nifti(path)
    except BROKEN_NIFTI as error:
        raise InputError(_damaged(name)) from error
    if file is None:
        msg = f"{name} is not NIfTI (.nii or .nii.gz); convert it, with dcm2niix for example"
        raise InputError(msg)
    dtype = file.header.get_data_dtype()
    if dtype.fields is not None:
        msg = f"{name} is a color image; give the gray-scale series that it was made from"
        raise InputError(msg)
    if dtype.kind == "c":
        msg = f"{name} holds complex numbers; give the magnitude image"
        raise InputError(msg)
    return file


@contextmanager
def _without_remarks() -> Iterator[None]:
    """Keep nibabel from printing what it repairs in a header; geometry is checked after it."""
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def _damaged(name: str) -> str:
    return f"{name} is damaged or not NIfTI; copy or convert it again from its source"


def _shape_3d(shape: tuple[int, ...], *, name: str) -> tuple[int, int, int]:
    """Return the three axes of an image whose further axes have length 1."""
    spatial, further = (*shape, 1, 1, 1)[:3], shape[3:]
    if any(length != 1 for length in further):
        msg = f"{name} holds several volumes (shape {shape}); give one volume a file"
        raise InputError(msg)
    if min(spatial) < 2:
        msg = f"{name} is a single slice (shape {shape}); give the whole 3D series"
        raise InputError(msg)
    i, j, k = spatial
    return (i, j, k)


def _voxels(file: OpenedNifti, *, name: str) -> npt.NDArray[Any]:
    try:
        # what overflows is infinite, and told below
        with np.errstate(over="ignore", invalid="ignore"):
            data = file.voxels()
            if np.issubdtype(data.dtype, np.floating):
                data = np.asarray(data, dtype=np.float32)
    except BROKEN_NIFTI as error:
        raise InputError(_damaged(name)) from error
    if not np.issubdtype(data.dtype, np.floating):
        native: npt.NDArray[Any] = data.astype(data.dtype.newbyteorder("="), copy=False)
        return native
    if not np.isfinite(data).all():
        count = int((~np.isfinite(data)).sum())
        msg = f"{name} holds {count} voxels that are NaN or infinite; set them to 0 and try again"
        raise InputError(msg)
    return data


def write_volume(volume: Volume, path: Path) -> None:
    """Write a volume as NIfTI, atomically; the same volume gives the same bytes.

    Args:
        volume: A bool mask is written as uint8, wider integers in the narrowest of uint8,
            int16, uint16 and int32 that holds them, reals as float32.
        path: ``.nii`` or ``.nii.gz``.  An older file of that name is replaced.

    Raises:
        OutputError: If it can't be written; no partial file is left.
    """
    if not is_nifti(path):
        msg = f"{path.name}: a volume is written as .nii or .nii.gz; change the name"
        raise OutputError(msg)
    data = _storable(volume.data, name=path.name)
    image = nib.Nifti1Image(data, volume.affine, dtype=data.dtype)
    image.set_sform(volume.affine, code="scanner")
    image.set_qform(volume.affine, code="scanner")
    image.header.set_xyzt_units("mm")
    content: bytes = image.to_bytes()
    write_atomically(path, _zipped(content) if path.name.lower().endswith(".gz") else content)


def _storable(data: npt.NDArray[Any], *, name: str) -> npt.NDArray[Any]:
    if np.issubdtype(data.dtype, np.floating):
        return data.astype(np.float32)
    if data.dtype == bool:
        return data.astype(np.uint8)
    if data.dtype in _STORED:
        return data
    low, high = int(data.min()), int(data.max())
    for dtype in _STORED:
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return data.astype(dtype)
    msg = f"{name}: values from {low} to {high} fit no integer type of NIfTI; scale them first"
    raise OutputError(msg)


def _zipped(content: bytes) -> bytes:
    """Compress without the time and the name that gzip would add."""
    buffer = BytesIO()
    with gzip.GzipFile(
        filename="", mode="wb", fileobj=buffer, mtime=0, compresslevel=_GZIP_LEVEL
    ) as file:
        file.write(content)
    return buffer.getvalue()
