"""A DICOM segmentation back to labels: of Glioscope, and of others where it is plain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.sr.coding import Code

from glioscope.core import GeometryError, InputError, Label, Volume
from glioscope.io.dicom_frames import check_frames
from glioscope.io.dicom_header import SliceHeader, damaged, read_headers
from glioscope.io.dicom_open import open_dicom, whole
from glioscope.io.dicom_out.codes import LABEL_TYPES
from glioscope.io.dicom_quiet import BROKEN, tolerant
from glioscope.io.dicom_tags import PER_FRAME
from glioscope.io.limits import MOST_VOXELS
from glioscope.io.nifti_geometry import SPACING_LIMITS_MM

_LPS_TO_RAS: Final = np.diag([-1.0, -1.0, 1.0])
_KINDS: Final = ("BINARY", "LABELMAP")
_OFF_VOXELS: Final = 0.25
"""How far a frame may lie from a slice of the grid: an uneven series has slices a tenth of their
distance off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frames:
    """The frames of a file.

    Args:
        headers: Where each lies.
        values: The labels by the voxel values, by frame.
        pixels: Shape ``(frames, rows, columns)``.
        spacing_mm: Between slices, as the file says; ``None`` where it does not.
    """

    headers: tuple[SliceHeader, ...]
    values: tuple[Mapping[int, Label], ...]
    pixels: npt.NDArray[Any]
    spacing_mm: float | None


def read_segmentation(path: Path, *, grid: Volume | None = None) -> Volume:
    """Read the necrosis, edema and enhancing tumor of a segmentation as labels.

    Segments are known by the code of their tissue; others, such as the unions, are passed over.

    Args:
        path: Segmentation Storage of type BINARY, or Label Map Segmentation Storage.
        grid: Whose voxels the labels shall be; by default the slices from the first to the last
            frame, as a segmentation says nothing of those beyond.

    Returns:
        Integers of ``Label``, uint8, RAS+ mm; slices without a frame are background.

    Raises:
        InputError: If it is no segmentation, is damaged, holds none of the three, or two labels
            claim one voxel.
        GeometryError: If its frames do not lie on one grid, or not on the one given.
    """
    frames = _read(path)
    grid = grid or _own_grid(frames, name=path.name)
    labels = np.zeros(grid.shape, dtype=np.uint8)
    for header, values, pixels in zip(frames.headers, frames.values, frames.pixels, strict=True):
        if values:
            place = _place(header, grid, name=path.name)
            _draw(labels[:, :, place], pixels.T, values, name=path.name)
    return grid.with_data(labels)


def _draw(
    plane: npt.NDArray[np.uint8],
    pixels: npt.NDArray[Any],
    values: Mapping[int, Label],
    *,
    name: str,
) -> None:
    for value, label in values.items():
        mask = pixels == value
        if plane[mask].any():
            msg = f"{name}: two tissues claim one voxel; give a segmentation without overlap"
            raise InputError(msg)
        plane[mask] = label


def _read(path: Path) -> _Frames:
    try:
        with tolerant():
            file = open_dicom(BytesIO(whole(path)))
            kind = _kind(file, name=path.name)
            labels = _labels_of_segments(file, name=path.name)
            check_frames(file)
            pixels = file.pixel_array.reshape(-1, file.Rows, file.Columns)
            spacing = _told_spacing(file)
            values = [_values(groups, kind, labels, file) for groups in file[PER_FRAME].value]
        headers = read_headers(path, name=path.name)
    except BROKEN as error:
        raise InputError(damaged(path.name)) from error
    if not len(headers) == len(values) == len(pixels):
        raise InputError(damaged(path.name))
    return _Frames(
        headers=headers,
        values=tuple(values),
        pixels=pixels,
        spacing_mm=spacing,
    )


def _told_spacing(file: Dataset) -> float | None:
    measures = file.SharedFunctionalGroupsSequence[0].get("PixelMeasuresSequence")
    spacing = measures[0].get("SpacingBetweenSlices") if measures else None
    return None if spacing is None else float(spacing)


def _kind(file: Dataset, *, name: str) -> str:
    kind = str(file.get("SegmentationType", ""))
    if kind not in _KINDS:
        msg = f"{name} is no binary segmentation nor a label map; give one of these"
        raise InputError(msg)
    return kind


def _labels_of_segments(file: Dataset, *, name: str) -> dict[int, Label]:
    found: dict[int, Label] = {}
    for segment in file.SegmentSequence:
        item = segment.SegmentedPropertyTypeCodeSequence[0]
        code = Code(item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning)
        matching = [label for known, label in LABEL_TYPES if known == code]
        found.update({int(segment.SegmentNumber): label for label in matching})
    if not found:
        told = ", ".join(known.meaning.lower() for known, _ in LABEL_TYPES)
        msg = f"{name} has no segment that is coded as one of: {told}"
        raise InputError(msg)
    return found


def _values(
    groups: Dataset, kind: str, labels: Mapping[int, Label], file: Dataset
) -> Mapping[int, Label]:
    """Return what the voxel values of a frame mean."""
    if kind == "LABELMAP":
        return labels
    shared = file.SharedFunctionalGroupsSequence[0]
    holder = groups if "SegmentIdentificationSequence" in groups else shared
    number = int(holder.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
    return {1: labels[number]} if number in labels else {}


def _corners(header: SliceHeader, *, name: str) -> npt.NDArray[np.float64]:
    """Return where the first and the last voxel of a frame lie, shape ``(2, 3)``, RAS+ mm."""
    if header.position is None or header.orientation is None or header.pixel_spacing_mm is None:
        msg = f"{name} does not say where its frames lie; send it from the archive again"
        raise GeometryError(msg)
    rows, columns = header.shape
    along_rows_mm, along_columns_mm = header.pixel_spacing_mm
    across = header.orientation[:3] * along_columns_mm * (columns - 1)
    down = header.orientation[3:] * along_rows_mm * (rows - 1)
    ends = np.stack([header.position, header.position + across + down])
    return np.asarray(ends @ _LPS_TO_RAS)


def _place(header: SliceHeader, grid: Volume, *, name: str) -> int:
    """Return which slice of a grid a frame is."""
    rows, columns = header.shape
    index = grid.index(_corners(header, name=name))
    place = round(float(index[:, 2].mean()))
    wanted = np.array([[0, 0, place], [columns - 1, rows - 1, place]])
    inside = (columns, rows) == grid.shape[:2] and 0 <= place < grid.shape[2]
    if not inside or np.abs(index - wanted).max() > _OFF_VOXELS:
        msg = f"{name}: a frame does not lie on a slice of the grid; give the grid of its series"
        raise GeometryError(msg)
    return place


def _own_grid(frames: _Frames, *, name: str) -> Volume:
    """Return the grid from the first to the last frame along the normal of their plane."""
    points = np.array([_corners(one, name=name)[0] for one in frames.headers])
    first = frames.headers[0]
    across, down = np.asarray(first.orientation)[:3], np.asarray(first.orientation)[3:]
    normal = np.cross(across, down)
    along = (points @ _LPS_TO_RAS) @ normal
    spacing_mm = _spacing_mm(frames, along, name=name)
    between_rows_mm, between_columns_mm = first.pixel_spacing_mm or (1.0, 1.0)
    steps = np.column_stack([across * between_columns_mm, down * between_rows_mm, normal])
    affine = np.eye(4)
    affine[:3, :3] = _LPS_TO_RAS @ steps @ np.diag([1.0, 1.0, spacing_mm])
    affine[:3, 3] = points[int(along.argmin())]
    rows, columns = first.shape
    count = round(float(np.ptp(along)) / spacing_mm) + 1
    if rows * columns * count > MOST_VOXELS:
        msg = f"{name}: its frames lie further apart than any head is long; give another file"
        raise GeometryError(msg)
    return Volume(data=np.zeros((columns, rows, count), dtype=np.uint8), affine=affine)


def _spacing_mm(frames: _Frames, along: npt.NDArray[np.float64], *, name: str) -> float:
    """Return the distance between slices: as told, else the smallest between two frames."""
    between = np.diff(np.unique(np.round(along, 3)))
    told_mm = frames.spacing_mm or (float(between.min()) if len(between) else None)
    spacing_mm = told_mm or frames.headers[0].acquisition.slice_thickness_mm or 0.0
    if spacing_mm < SPACING_LIMITS_MM[0]:
        msg = f"{name} does not say how far its frames lie apart; give the grid of its series"
        raise GeometryError(msg)
    return spacing_mm
