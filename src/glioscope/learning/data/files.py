"""Whether the files of a case can be learned from, told without reading them where possible."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import nibabel as nib
import numpy as np
from nibabel.imageglobals import logger

from glioscope.core import InputError, Volume, grid_difference
from glioscope.io import BROKEN_NIFTI, read_labels, read_volume
from glioscope.io.nifti_geometry import affine_of_header
from glioscope.learning.data.listing import ListedCase

_CHUNK_BYTES: Final = 1 << 20


def grid_of(path: Path) -> Volume:
    """Return the grid of a NIfTI file from its header, as a volume that is False everywhere.

    A file that is shorter than its header promises is found without decompressing: gzip keeps the
    length of its content in its last four bytes (RFC 1952).  Damage in the middle needs
    ``read_whole``.

    Args:
        path: ``.nii`` or ``.nii.gz``; 4D with a single volume will do.

    Raises:
        InputError: If it is missing, empty, no NIfTI, cut off, 2D, 4D, or without a geometry.
    """
    _check_there(path)
    image = _opened(path)
    shape = _shape_3d(image.shape, name=path.name)
    # arithmetic on the numbers of a damaged header may overflow; the checks refuse what comes out
    with np.errstate(all="ignore"):
        affine, _ = affine_of_header(image.header, shape=shape, name=path.name)
        grid = Volume(data=np.broadcast_to(np.zeros((), bool), shape), affine=affine)
    itemsize = image.header.get_data_dtype().itemsize
    _check_length(path, image.dataobj.offset + shape[0] * shape[1] * shape[2] * itemsize)
    return grid


def read_whole(case: ListedCase) -> None:
    """Decompress and check every file of a case: slow, and finds all that training would find.

    The checksum at the end of a gzip file is checked as well; reading its voxels alone stops
    before it.

    Raises:
        InputError: At the first file that can't be read, has a wrong checksum, holds NaN, or
            other labels than expected.
    """
    for path in files_of(case).values():
        _check_sum(path)
    for path in case.images.values():
        read_volume(path)
    if case.brain is not None:
        read_volume(case.brain)
    if case.labels is not None and case.whole_tumor_only:
        read_volume(case.labels)
    elif case.labels is not None:
        read_labels(case.labels, convention=case.convention)


def fault(case: ListedCase, *, one_grid: bool, thorough: bool) -> str | None:
    """Say in one line why nobody can learn from a case; ``None`` if nothing is wrong.

    Args:
        case: Its files are opened, never changed.
        one_grid: Whether all files must lie on one voxel grid.
        thorough: Whether files are decompressed and read, not their headers only.
    """
    try:
        grids = {name: grid_of(path) for name, path in files_of(case).items()}
        if one_grid:
            _check_grids(grids)
        if thorough:
            read_whole(case)
    except InputError as error:
        return " ".join(str(error).split())
    return None


def files_of(case: ListedCase) -> Mapping[str, Path]:
    """Return all files of a case by what they are for, images first."""
    files = {str(sequence): path for sequence, path in case.images.items()}
    further = {"labels": case.labels, "brain": case.brain}
    return files | {name: path for name, path in further.items() if path is not None}


def _check_there(path: Path) -> None:
    try:
        if not path.is_file():
            msg = f"{path.name}: no such file"
            raise InputError(msg)
        length = path.stat().st_size
    except OSError as error:
        msg = f"{path.name} can't be read ({error.strerror})"
        raise InputError(msg) from error
    if length == 0:
        msg = f"{path.name} is empty (0 bytes)"
        raise InputError(msg)


def _opened(path: Path) -> Any:  # noqa: ANN401 - nibabel is not typed
    level = logger.level
    # nibabel prints what it repairs in a header; geometry is checked after it
    logger.setLevel(logging.CRITICAL + 1)
    try:
        image = nib.load(path, mmap=False)
    except BROKEN_NIFTI as error:
        msg = f"{path.name} is damaged or not NIfTI"
        raise InputError(msg) from error
    finally:
        logger.setLevel(level)
    if not isinstance(image, nib.Nifti1Image):
        msg = f"{path.name} is not NIfTI"
        raise InputError(msg)
    if image.header.get_data_dtype().kind not in "iuf":
        msg = f"{path.name} holds colors or complex numbers"
        raise InputError(msg)
    return image


def _shape_3d(shape: tuple[int, ...], *, name: str) -> tuple[int, int, int]:
    """Return the three axes of an image whose further axes have length 1."""
    if len(shape) < 3 or min(shape[:3]) < 2 or any(length != 1 for length in shape[3:]):
        told = " x ".join(str(length) for length in shape)
        msg = f"{name} is no single 3D volume ({told} voxels)"
        raise InputError(msg)
    i, j, k = (int(length) for length in shape[:3])
    return (i, j, k)


def _check_length(path: Path, expected: int) -> None:
    zipped = path.name.lower().endswith(".gz")
    try:
        if not zipped:
            length = path.stat().st_size
        elif _length_at_end(path) == expected % (1 << 32):
            return
        else:
            # several gzip members, or bytes after the last voxel: only reading can tell
            length = _length_read(path)
    except BROKEN_NIFTI as error:
        msg = f"{path.name} is cut off or damaged"
        raise InputError(msg) from error
    if length < expected:
        msg = f"{path.name} is cut off: {length} of {expected} bytes"
        raise InputError(msg)


def _check_sum(path: Path) -> None:
    if not path.name.lower().endswith(".gz"):
        return
    try:
        _length_read(path)
    except BROKEN_NIFTI as error:
        msg = f"{path.name} is damaged (its content does not fit its checksum)"
        raise InputError(msg) from error


def _length_at_end(path: Path) -> int:
    with path.open("rb") as file:
        file.seek(-4, 2)
        return int.from_bytes(file.read(4), "little")


def _length_read(path: Path) -> int:
    with gzip.open(path) as file:
        return sum(len(chunk) for chunk in iter(lambda: file.read(_CHUNK_BYTES), b""))


def _check_grids(grids: Mapping[str, Volume]) -> None:
    (first_name, first), *others = grids.items()
    for name, grid in others:
        difference = grid_difference(first, grid)
        if difference is not None:
            msg = f"{name} and {first_name} lie on different grids ({difference})"
            raise InputError(msg)
