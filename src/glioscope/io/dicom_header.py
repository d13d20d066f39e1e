"""What the header of a DICOM file says of each of its slices; no pixels yet."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from pydicom import Dataset, dcmread
from pydicom.config import disable_value_validation
from pydicom.errors import InvalidDicomError

from glioscope.core import Acquisition, InputError
from glioscope.io.dicom_patient import IDENTITY_TAGS, patient_key
from glioscope.io.dicom_tags import (
    acquisition_of,
    first_item,
    number,
    numbers,
    text,
    texts,
)

Vector = npt.NDArray[np.float64]

BROKEN: Final = (
    InvalidDicomError,
    OSError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    NotImplementedError,
    RuntimeError,
    IndexError,
    struct.error,
)
"""What pydicom and its decoders raise on files that are cut off or damaged."""

_DICOMDIR: Final = "1.2.840.10008.1.3.10"
_TAGS: Final = [
    *IDENTITY_TAGS,
    "SpecificCharacterSet",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "StudyDate",
    "SeriesNumber",
    "InstanceNumber",
    "AcquisitionNumber",
    "TemporalPositionIdentifier",
    "TriggerTime",
    "ContentTime",
    "DiffusionBValue",
    "Modality",
    "ImageType",
    "ComplexImageComponent",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "RescaleSlope",
    "RescaleIntercept",
    "SeriesDescription",
    "ProtocolName",
    "RepetitionTime",
    "EchoTime",
    "InversionTime",
    "FlipAngle",
    "ContrastBolusAgent",
    "ContrastBolusAgentSequence",
    "MagneticFieldStrength",
    "SliceThickness",
    "AcquisitionDate",
    "AcquisitionTime",
    "AcquisitionDateTime",
    "Manufacturer",
    "ManufacturerModelName",
    "ScanningSequence",
    "PulseSequenceName",
    "EchoPulseSequence",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
]

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
        rescale: Slope and intercept.
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
        with disable_value_validation():
            file = dcmread(path, stop_before_pixels=True, force=True, specific_tags=[*_TAGS])
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
    if "Rows" not in file or "Columns" not in file:
        return (_slice(path, file, groups=[file], frame=0),)
    shared = first_item(file, "SharedFunctionalGroupsSequence")
    frames = file.get("PerFrameFunctionalGroupsSequence") or []
    if not frames:
        count = int(number(file, "NumberOfFrames") or 1)
        return tuple(_slice(path, file, groups=[file], frame=frame) for frame in range(count))
    return tuple(
        _slice(path, file, groups=[*_flat(frames[frame]), *_flat(shared), file], frame=frame)
        for frame in range(len(frames))
    )


def _flat(groups: Dataset) -> list[Dataset]:
    """Return the first item of each functional group."""
    return [element.value[0] for element in groups if element.VR == "SQ" and element.value]


def _slice(path: Path, file: Dataset, *, groups: list[Dataset], frame: int) -> SliceHeader:
    """Read one slice: what a frame says counts before what all share, and that before the file."""
    position = numbers(groups, "ImagePositionPatient", 3)
    orientation = numbers(groups, "ImageOrientationPatient", 6)
    spacing = numbers(groups, "PixelSpacing", 2)
    slope, intercept = numbers(groups, "RescaleSlope", 1), numbers(groups, "RescaleIntercept", 1)
    acquisition = acquisition_of(file, groups)
    return SliceHeader(
        path=path,
        frame=frame,
        patient=patient_key(file),
        sop_class_uid=text(file, "SOPClassUID"),
        sop_instance_uid=text(file, "SOPInstanceUID"),
        series_uid=text(file, "SeriesInstanceUID"),
        series_number=text(file, "SeriesNumber"),
        study_uid=text(file, "StudyInstanceUID"),
        study_date=text(file, "StudyDate"),
        frame_of_reference_uid=text(file, "FrameOfReferenceUID"),
        modality=text(file, "Modality"),
        is_color=_is_color(file),
        shape=(int(number(file, "Rows") or 0), int(number(file, "Columns") or 0)),
        position=None if position is None else np.array(position),
        orientation=None if orientation is None else np.array(orientation),
        pixel_spacing_mm=None if spacing is None else (spacing[0], spacing[1]),
        rescale=(slope[0] if slope else 1.0, intercept[0] if intercept else 0.0),
        told_apart_by=_differences(groups, acquisition),
        order=(
            acquisition.acquisition_time or "",
            number(file, "InstanceNumber") or 0.0,
            frame,
        ),
        acquisition=acquisition,
    )


def _is_color(file: Dataset) -> bool:
    palette = text(file, "PhotometricInterpretation") == "PALETTE COLOR"
    return palette or (number(file, "SamplesPerPixel") or 1) > 1


def _differences(groups: list[Dataset], acquisition: Acquisition) -> tuple[str, ...]:
    echo_ms = acquisition.echo_time_ms
    values = [
        "\\".join(acquisition.image_type) + texts(groups, "ComplexImageComponent"),
        "" if echo_ms is None else f"{echo_ms:.1f}",
    ]
    return (*values, *(texts(groups, name) for name in _OTHER_DIFFERENCES))
