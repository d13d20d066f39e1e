"""What the header of a DICOM file says of each of its slices; no pixels yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from glioscope.core import Acquisition, InputError
from glioscope.io.dicom_open import open_dicom
from glioscope.io.dicom_patient import patient_key
from glioscope.io.dicom_quiet import BROKEN, tolerant
from glioscope.io.dicom_tags import (
    PER_FRAME,
    READ_TAGS,
    SHARED,
    Tags,
    acquisition_of,
    check_groups,
    number,
    numbers,
    plain,
    plain_groups,
    text,
)
from glioscope.io.limits import MOST_FRAMES

Vector = npt.NDArray[np.float64]

_MOST_ALIKE: Final = 1000
"""Frames without groups of their own all lie at one place: more of them tell nothing more."""

_DICOMDIR: Final = "1.2.840.10008.1.3.10"
_OTHER_DIFFERENCES: Final = (
    "DiffusionBValue",
    "TemporalPositionIndex",
    "TemporalPositionIdentifier",
    "StackID",
    "AcquisitionNumber",
    "TriggerTime",
    "ContentTime",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceHeader:
    """One slice: a classic file, or one frame of an enhanced one.

    Args:
        path: The file.
        frame: Index of the frame in the file, 0 for a classic file.
        patient: Digest of who it is.
        sop_class_uid: Kind of object.
        sop_instance_uid: Of the file.
        series_uid: SeriesInstanceUID.
        series_number: For messages.
        study_uid: StudyInstanceUID.
        study_date: YYYYMMDD or empty.
        frame_of_reference_uid: Or empty.
        modality: Such as ``MR``.
        is_color: More than one sample a pixel, or a palette.
        shape: Rows and columns.
        position: Of the first voxel, LPS mm, shape ``(3,)``.
        orientation: Directions of a row and of a column, LPS, shape ``(6,)``.
        pixel_spacing_mm: Between rows and between columns.
        rescale: Slope and intercept; a slope of 0, which would erase all, counts as missing.
        told_apart_by: What may tell volumes at the same place apart, in the order of trust: image
            type, echo time, diffusion weight, temporal position, acquisition, trigger and time.
        order: For slices that nothing else tells apart.
        acquisition: What the tags say.
    """

    path: Path
    frame: int
    patient: str
    sop_class_uid: str
    sop_instance_uid: str
    series_uid: str
    series_number: str
    study_uid: str
    study_date: str
    frame_of_reference_uid: str
    modality: str
    is_color: bool
    shape: tuple[int, int]
    position: Vector | None
    orientation: Vector | None
    pixel_spacing_mm: tuple[float, float] | None
    rescale: tuple[float, float]
    told_apart_by: tuple[str, ...]
    order: tuple[str, float, int]
    acquisition: Acquisition


def read_headers(path: Path, *, name: str) -> tuple[SliceHeader, ...]:
    """Read what a DICOM file says of each of its slices.

    Args:
        path: The file.
        name: How messages call it.

    Returns:
        One a frame; none for a DICOMDIR and for a file that only begins like DICOM.

    Raises:
        InputError: If the file is damaged.
    """
    try:
        with tolerant():
            with path.open("rb") as content:
                file = open_dicom(content, tags=READ_TAGS)
            if str(file.file_meta.get("MediaStorageSOPClassUID", "")) == _DICOMDIR:
                return ()
            complete = "SOPClassUID" in file and "SeriesInstanceUID" in file
            if not complete and file.preamble is None:
                return ()
            if complete:
                return _slices(path, file)
    except BROKEN as error:
        raise InputError(damaged(name)) from error
    raise InputError(damaged(name))


def damaged(name: str) -> str:
    """Say that a file can't be read, and what to do."""
    return f"{name} is damaged or cut off; send the series from the archive again"


def _slices(path: Path, file: Dataset) -> tuple[SliceHeader, ...]:
    """Read each slice: what a frame says counts before what all share, and that before the file."""
    patient = patient_key(file)
    tags = plain(file)
    for name in (SHARED, PER_FRAME):
        check_groups(file, name)
    shared = file.get(SHARED) or []
    if shared:
        tags |= plain_groups(shared[0])
    claimed = number(tags, "NumberOfFrames") or 1
    if not 1 <= claimed <= MOST_FRAMES:
        msg = "a number of frames that can't be true"
        raise ValueError(msg)
    frames = file.get(PER_FRAME) or [Dataset()] * min(int(claimed), _MOST_ALIKE)
    return tuple(
        _slice(path, tags | plain_groups(frame), patient=patient, frame=index)
        for index, frame in enumerate(frames)
    )


def _slice(path: Path, tags: Tags, *, patient: str, frame: int) -> SliceHeader:
    position = numbers(tags, "ImagePositionPatient", 3)
    orientation = numbers(tags, "ImageOrientationPatient", 6)
    spacing = numbers(tags, "PixelSpacing", 2)
    slope, intercept = number(tags, "RescaleSlope"), number(tags, "RescaleIntercept")
    acquisition = acquisition_of(tags)
    time = acquisition.acquisition_time or ""
    return SliceHeader(
        path=path,
        frame=frame,
        patient=patient,
        sop_class_uid=text(tags, "SOPClassUID"),
        sop_instance_uid=text(tags, "SOPInstanceUID"),
        series_uid=text(tags, "SeriesInstanceUID"),
        series_number=text(tags, "SeriesNumber"),
        study_uid=text(tags, "StudyInstanceUID"),
        study_date=text(tags, "StudyDate"),
        frame_of_reference_uid=text(tags, "FrameOfReferenceUID"),
        modality=text(tags, "Modality"),
        is_color=_is_color(tags),
        shape=(int(number(tags, "Rows") or 0), int(number(tags, "Columns") or 0)),
        position=None if position is None else np.array(position),
        orientation=None if orientation is None else np.array(orientation),
        pixel_spacing_mm=None if spacing is None else (spacing[0], spacing[1]),
        rescale=(slope or 1.0, intercept or 0.0),
        told_apart_by=_differences(tags, acquisition),
        order=(time, number(tags, "InstanceNumber") or 0.0, frame),
        acquisition=acquisition,
    )


def _is_color(tags: Tags) -> bool:
    palette = text(tags, "PhotometricInterpretation") == "PALETTE COLOR"
    return palette or (number(tags, "SamplesPerPixel") or 1) > 1


def _differences(tags: Tags, acquisition: Acquisition) -> tuple[str, ...]:
    echo_ms = acquisition.echo_time_ms
    kind = (*acquisition.image_type, text(tags, "ComplexImageComponent"))
    echo = "" if echo_ms is None else f"{echo_ms:.1f}"
    return ("\\".join(kind), echo, *(text(tags, name) for name in _OTHER_DIFFERENCES))
