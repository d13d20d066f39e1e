"""Slices to a volume: order, spacing, gaps, affine, pixels."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from glioscope.core import GeometryError, InputError, Notice, Severity, SourceFile, Volume
from glioscope.io.dicom_decode import Decoder
from glioscope.io.dicom_frames import check_frames
from glioscope.io.dicom_header import SliceHeader, damaged
from glioscope.io.dicom_open import open_dicom, whole
from glioscope.io.dicom_quiet import BROKEN, tolerant
from glioscope.io.limits import MOST_VOXELS
from glioscope.io.nifti_geometry import SHEAR_LIMIT, check_affine

Affine = npt.NDArray[np.float64]

_LPS_TO_RAS: Final = np.diag([-1.0, -1.0, 1.0, 1.0])
_UNEVEN_SHARE: Final = 0.1
"""A distance between slices may differ this much from (a multiple of) the usual one."""

_NOTED_MM: Final = 0.05
_TOLD_GAPS: Final = 10
_LONGEST_GAP_MM: Final = 2000.0
"""Between two slices of one head; it also keeps what follows within the range of integers."""

_LARGEST_MISSING_SHARE: Final = 0.1
"""Of the slices that there should be.  One missing slice between two others is interpolated,
as a registration would do; two in a row (10 mm of a thick-slice scan) would be invented tissue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Slices in order, and where the volume that they make lies.

    Args:
        slices: Along K; ``None`` where one is missing.
        affine: Voxel index to RAS+ mm.
        notices: What was found.
    """

    slices: tuple[SliceHeader | None, ...]
    affine: Affine
    notices: tuple[Notice, ...]


def stack(ordered: list[SliceHeader], *, name: str) -> Stack:
    """Find the even spacing of slices that are sorted along the normal of their plane.

    Args:
        ordered: At least two, each with position, orientation and spacing.
        name: How messages call the series.

    Raises:
        GeometryError: If the slices are not a stack at even distances.
        InputError: If more slices are missing than may be interpolated.
    """
    positions = np.array([one.position for one in ordered])
    axes = _axes(ordered[0])
    along = positions @ axes[:, 2]
    _check_straight(positions, axes, name=name)
    steps = _steps(along, name=name)
    places = np.concatenate([[0], np.cumsum(steps)])
    spacing_mm = float((along[-1] - along[0]) / places[-1])
    off_mm = float(np.abs(along - along[0] - places * spacing_mm).max())
    notices = _uneven(off_mm, spacing_mm, name=name)
    _check_gaps(places, start_mm=float(along[0]), spacing_mm=spacing_mm, name=name)
    slices: list[SliceHeader | None] = [None] * (int(places[-1]) + 1)
    for place, one in zip(places, ordered, strict=True):
        slices[int(place)] = one
    notices += _missing(slices, along[0], spacing_mm, name=name)
    affine = _affine(ordered[0], axes, spacing_mm)
    check_affine(affine, name=name)
    return Stack(slices=tuple(slices), affine=affine, notices=notices)


def _axes(one: SliceHeader) -> npt.NDArray[np.float64]:
    """Return the unit vectors of I, J and K as columns, LPS."""
    row, column = np.asarray(one.orientation)[:3], np.asarray(one.orientation)[3:]
    row = row / np.linalg.norm(row)
    column = column - (column @ row) * row
    column /= np.linalg.norm(column)
    return np.column_stack([row, column, np.cross(row, column)])


def _check_straight(
    positions: npt.NDArray[np.float64], axes: npt.NDArray[np.float64], *, name: str
) -> None:
    offsets = positions - positions[0]
    sideways_mm = np.abs(offsets @ axes[:, :2]).max(axis=1)
    if (sideways_mm > _NOTED_MM + SHEAR_LIMIT * np.abs(offsets @ axes[:, 2])).any():
        msg = f"{name}: its slices are not stacked straight above each other (sheared)"
        raise GeometryError(msg)


def _steps(along: npt.NDArray[np.float64], *, name: str) -> npt.NDArray[np.int64]:
    """Return each distance as a multiple of the usual one."""
    distances = np.diff(along)
    usual_mm = float(np.median(distances))
    if not math.isfinite(usual_mm) or distances.max() > _LONGEST_GAP_MM:
        msg = f"{name}: its slices lie metres apart, which no head does"
        raise GeometryError(msg)
    steps: npt.NDArray[np.int64] = np.maximum(1, np.rint(distances / usual_mm)).astype(np.int64)
    if (np.abs(distances - steps * usual_mm) > _UNEVEN_SHARE * usual_mm).any():
        told = f"{distances.min():.2f} to {distances.max():.2f} mm"
        msg = f"{name}: its slices lie at uneven distances ({told})"
        raise GeometryError(msg)
    return steps


def _uneven(off_mm: float, spacing_mm: float, *, name: str) -> tuple[Notice, ...]:
    if off_mm <= _NOTED_MM:
        return ()
    message = (
        f"{name}: slices lie up to {off_mm:.2f} mm off an even spacing of {spacing_mm:.2f} mm,"
        " which is used."
    )
    return (Notice(code="uneven-spacing", severity=Severity.WARNING, message=message),)


def _check_gaps(
    places: npt.NDArray[np.int64], *, start_mm: float, spacing_mm: float, name: str
) -> None:
    """Refuse more missing slices than may be interpolated, before room is made for them.

    Raises:
        InputError: Saying how many, and where the first are.
    """
    total = int(places[-1]) + 1
    missing = total - len(places)
    in_a_row = bool((np.diff(places) > 2).any())
    if not in_a_row and missing <= _LARGEST_MISSING_SHARE * total:
        return
    gaps = (one for low, high in pairwise(places.tolist()) for one in range(low + 1, high))
    told = _told(islice(gaps, _TOLD_GAPS), start_mm, spacing_mm)
    msg = (
        f"{name}: {missing} of {total} slices are missing (at {told} mm along the"
        " stack), too many to interpolate; send the series from the archive again"
    )
    raise InputError(msg)


def _told(gaps: Iterable[int], start_mm: float, spacing_mm: float) -> str:
    return ", ".join(f"{start_mm + place * spacing_mm:.1f}" for place in gaps)


def _missing(
    slices: list[SliceHeader | None], start_mm: float, spacing_mm: float, *, name: str
) -> tuple[Notice, ...]:
    gaps = [place for place, one in enumerate(slices) if one is None]
    if not gaps:
        return ()
    told = _told(gaps[:_TOLD_GAPS], start_mm, spacing_mm)
    numbers = ", ".join(str(place + 1) for place in gaps)
    message = (
        f"{name}: {len(gaps)} of {len(slices)} slices are missing (number {numbers}, at {told} mm"
        " along the stack) and were interpolated from their neighbours; nothing there was measured."
    )
    return (Notice(code="missing-slice", severity=Severity.WARNING, message=message),)


def _affine(first: SliceHeader, axes: npt.NDArray[np.float64], spacing_mm: float) -> Affine:
    between_rows_mm, between_columns_mm = first.pixel_spacing_mm or (0.0, 0.0)
    lps = np.eye(4)
    lps[:3, :3] = axes * np.array([between_columns_mm, between_rows_mm, spacing_mm])
    lps[:3, 3] = np.asarray(first.position)
    return np.asarray(_LPS_TO_RAS @ lps)


def read_pixels(
    found: Stack, *, named: Callable[[Path], str]
) -> tuple[Volume, tuple[SourceFile, ...]]:
    """Read the pixels of a stack, each file once, and its SHA-256 on the way.

    Args:
        found: The stack.
        named: How messages call a file.

    Raises:
        InputError: If a file is damaged.
    """
    first = next(one for one in found.slices if one is not None)
    rows, columns = first.shape
    if min(first.shape) < 1 or rows * columns * len(found.slices) > MOST_VOXELS:
        msg = (
            f"{named(first.path)} and {len(found.slices) - 1} more slices claim {columns} x {rows}"
            " pixels each, which no scan of a head has; send the series from the archive again"
        )
        raise InputError(msg)
    data = np.empty((len(found.slices), rows, columns), dtype=np.float32)
    sources: dict[Path, SourceFile] = {}
    open_file: tuple[Path, npt.NDArray[Any]] | None = None
    for place, one in enumerate(found.slices):
        if one is None:
            continue
        if open_file is None or open_file[0] != one.path:
            pixels, sources[one.path] = _file(one, name=named(one.path))
            open_file = (one.path, pixels)
        # a damaged file may hold fewer frames than its header describes
        if one.frame >= len(open_file[1]):
            raise InputError(damaged(named(one.path)))
        slope, intercept = one.rescale
        with np.errstate(over="ignore"):  # what overflows is infinite, and found by the caller
            data[place] = open_file[1][one.frame] * slope + intercept
    for place, one in enumerate(found.slices):
        if one is None:
            data[place] = (data[place - 1] + data[place + 1]) / 2
    volume = Volume(data=data.transpose(2, 1, 0), affine=found.affine)
    return volume, tuple(sources.values())


def _file(one: SliceHeader, *, name: str) -> tuple[npt.NDArray[Any], SourceFile]:
    """Return the frames of a file, shape ``(frames, rows, columns)``, and the file's digest."""
    try:
        with tolerant():
            content = whole(one.path)
            file = open_dicom(BytesIO(content))
            if "TransferSyntaxUID" not in file.file_meta:
                file.file_meta.TransferSyntaxUID = _plain_syntax(file)
            _check_compression(file, name=name)
            check_frames(file)
            pixels = _pixels(file, content)
    except BROKEN as error:
        raise InputError(damaged(name)) from error
    frames = pixels.reshape(-1, *pixels.shape[-2:])
    if frames.shape[1:] != one.shape:
        raise InputError(damaged(name))
    return frames, SourceFile(path=name, sha256=hashlib.sha256(content).hexdigest())


def _pixels(file: Dataset, content: bytes) -> npt.NDArray[Any]:
    if file.file_meta.TransferSyntaxUID.is_encapsulated:
        count = int(file.Rows) * int(file.Columns) * int(file.get("NumberOfFrames") or 1)
        return Decoder.shared().pixels(content, count=count)
    return np.asarray(file.pixel_array)


def _plain_syntax(file: Dataset) -> UID:
    """Return how the values of a file without a preamble are written, as they showed."""
    implicit, _ = file.original_encoding
    return ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian


def _check_compression(file: Dataset, *, name: str) -> None:
    """Refuse what no decoder here can read; it is not damaged.

    Raises:
        InputError: With the name of the compression.
    """
    syntax = file.file_meta.TransferSyntaxUID
    if syntax.is_compressed and not get_decoder(syntax).is_available:
        msg = f"{name} is compressed as {syntax.name}, which can't be read; decompress the series"
        raise InputError(msg)
