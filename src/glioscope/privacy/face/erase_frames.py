"""Where the frames of a DICOM image lie, and which of their pixels show a face."""

from __future__ import annotations

from collections.abc import Sequence as Items
from typing import Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from pydicom import Dataset

from glioscope.core import InputError, Volume
from glioscope.io import from_itk
from glioscope.privacy.face.search import Faces, FaceStatus, SeriesFace

Pixels = npt.NDArray[np.bool_]

_GROUPS: Final = {
    "ImagePositionPatient": "PlanePositionSequence",
    "ImageOrientationPatient": "PlaneOrientationSequence",
    "PixelSpacing": "PixelMeasuresSequence",
}
"""Functional group of an enhanced image that holds what a classic one has at its top."""


def face_pixels(dataset: Dataset, faces: Faces, *, name: str) -> Pixels:
    """Return the pixels of a DICOM image that show the face of its series.

    Each frame is asked by where it lies in the patient, so that slices which the study left out as
    repeated, and the frames of an enhanced image in any order, lose the same as the others.

    Args:
        dataset: A classic slice or an enhanced multi-frame image, with its identifiers as they
            were when the study was read.
        faces: Of the study that it belongs to.
        name: How messages call the file.

    Returns:
        Bool, shape ``(frames, rows, columns)``; nothing is set where the series needs no erasing.

    Raises:
        InputError: If its series is not of the study, or a frame does not say where it lies.
    """
    face = _face_of(dataset, faces, name=name)
    frames = int(dataset.get("NumberOfFrames") or 1)
    shape = (frames, int(dataset.Rows), int(dataset.Columns))
    if face.status is not FaceStatus.FOUND or face.region is None:
        return np.zeros(shape, dtype=bool)
    pixels = np.empty(shape, dtype=bool)
    for frame in range(frames):
        grid = frame_grid(dataset, frame, name=name)
        pixels[frame] = face.region.on(grid, to_reference=face.to_reference).data[:, :, 0].T
    return pixels


def frame_grid(dataset: Dataset, frame: int, *, name: str) -> Volume:
    """Return the (empty) grid of one frame, shape ``(columns, rows, 1)``, RAS+ mm.

    Args:
        dataset: Classic or enhanced.
        frame: Index, 0 for a classic slice.
        name: How messages call the file.

    Raises:
        InputError: If position, orientation or spacing is missing or can't be true.
    """
    position = _numbers(dataset, frame, "ImagePositionPatient", 3, name=name)
    turn = _numbers(dataset, frame, "ImageOrientationPatient", 6, name=name)
    between_rows, between_columns = _numbers(dataset, frame, "PixelSpacing", 2, name=name)
    row, column = turn[:3], turn[3:]
    normal = np.cross(row, column)
    lengths = [float(np.linalg.norm(axis)) for axis in (row, column, normal)]
    if min(*lengths, between_rows, between_columns) <= 0:
        raise InputError(_without("a true orientation and spacing", name))
    image = sitk.Image([int(dataset.Columns), int(dataset.Rows), 1], sitk.sitkUInt8)
    axes = [axis / size for axis, size in zip((row, column, normal), lengths, strict=True)]
    image.SetDirection(np.column_stack(axes).ravel().tolist())
    image.SetOrigin(position.tolist())
    image.SetSpacing([float(between_columns), float(between_rows), 1.0])
    return from_itk(image)


def _face_of(dataset: Dataset, faces: Faces, *, name: str) -> SeriesFace:
    """Return the face of a series; where a series holds several volumes, one that is erased."""
    uid = str(dataset.get("SeriesInstanceUID", ""))
    found = [
        face
        for series_id, face in faces.by_series.items()
        if series_id == uid or series_id.startswith(f"{uid}-")
    ]
    if not uid or not found:
        msg = (
            f"{name}: its series was left out when the study was read, so that nobody knows where"
            " the face is; leave the file out as well"
        )
        raise InputError(msg)
    return next((face for face in found if face.status is FaceStatus.FOUND), found[0])


def _numbers(
    dataset: Dataset, frame: int, keyword: str, count: int, *, name: str
) -> npt.NDArray[np.float64]:
    for group in (*_functional_groups(dataset, frame, keyword), dataset):
        values = group.get(keyword)
        if values is not None and len(values) == count:
            numbers = np.array([float(value) for value in values])
            if np.isfinite(numbers).all():
                return numbers
    raise InputError(_without(keyword, name))


def _functional_groups(dataset: Dataset, frame: int, keyword: str) -> list[Dataset]:
    """Return what a frame says before what all frames share."""
    own: Items[Dataset] = dataset.get("PerFrameFunctionalGroupsSequence") or []
    shared: Items[Dataset] = dataset.get("SharedFunctionalGroupsSequence") or []
    groups = [*own[frame : frame + 1], *shared[:1]]
    return [item for group in groups for item in (group.get(_GROUPS[keyword]) or [])[:1]]


def _without(what: str, name: str) -> str:
    return f"{name} has no {what}, so that its face can't be found; leave the file out"
