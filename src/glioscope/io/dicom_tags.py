"""Tags as plain values; what is missing or malformed is ``None`` or empty."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.errors import InvalidDicomError

from glioscope.core import Acquisition
from glioscope.io.dicom_patient import IDENTITY_TAGS
from glioscope.io.dicom_quiet import BROKEN
from glioscope.io.limits import MOST_GROUP_BYTES

Tags = Mapping[str, Any]

_GAUSS_PER_TESLA: Final = 10_000.0
_STRONGEST_T: Final = 100.0
"""A field above this was given in gauss, as old scanners do."""

PER_FRAME: Final = "PerFrameFunctionalGroupsSequence"
SHARED: Final = "SharedFunctionalGroupsSequence"
_NAMES: Final = (
    *IDENTITY_TAGS,
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "StudyDate",
    "SeriesNumber",
    "InstanceNumber",
    "AcquisitionNumber",
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "StackID",
    "TriggerTime",
    "ContentTime",
    "DiffusionBValue",
    "Modality",
    "ImageType",
    "FrameType",
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
    "EffectiveEchoTime",
    "InversionTime",
    "InversionTimes",
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
    "EchoPulseSequence",
)
_BY_TAG: Final = {tag: name for name in _NAMES if (tag := tag_for_keyword(name)) is not None}
READ_TAGS: Final = (*_NAMES, "SpecificCharacterSet", SHARED, PER_FRAME)
"""All that is read of a header."""


def plain(dataset: Dataset) -> dict[str, Any]:
    """Return the tags that are used here by name; a malformed one counts as missing."""
    found: dict[str, Any] = {}
    for tag in dataset.keys() & _BY_TAG.keys():
        try:
            found[_BY_TAG[tag]] = dataset[tag].value
        except BROKEN:
            continue
    return found


def check_groups(dataset: Dataset, name: str) -> None:
    """Refuse functional groups that are longer than any scanner writes, before they are read.

    Raises:
        InvalidDicomError: If they are.
    """
    raw = dataset.get_item(name) if name in dataset else None
    value = None if raw is None else raw.value
    if isinstance(value, bytes) and len(value) > MOST_GROUP_BYTES:
        msg = "functional groups longer than any"
        raise InvalidDicomError(msg)


def plain_groups(groups: Dataset) -> dict[str, Any]:
    """Return the tags in the first item of each functional group."""
    found: dict[str, Any] = {}
    for tag in groups.keys():  # noqa: SIM118 - iterating a Dataset gives elements, not tags
        if not tag.is_private and (items := groups[tag].value):
            found |= plain(items[0])
    return found


def text(tags: Tags, *names: str) -> str:
    """Return the first of some tags that is there as text, else an empty one."""
    values = (tags.get(name) for name in names)
    found = (str(value).strip().strip("\0") for value in values if value is not None)
    return next((words for words in found if words), "")


def number(tags: Tags, *names: str) -> float | None:
    """Return the (first) number of the first of some tags that has one."""
    found = (_first_number(tags.get(name)) for name in names)
    return next((value for value in found if value is not None), None)


def _first_number(value: object) -> float | None:
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        value = next(iter(value), None)
    try:
        found = float(str(value))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def numbers(tags: Tags, name: str, count: int) -> tuple[float, ...] | None:
    """Return the numbers of a tag if there are as many as there must be."""
    value = tags.get(name)
    values = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    found = tuple(_first_number(item) for item in values)
    complete = tuple(item for item in found if item is not None)
    return complete if len(found) == len(complete) == count else None


def words(tags: Tags, *names: str) -> tuple[str, ...]:
    """Return the words of the first of some tags that is there."""
    value = next((tags[name] for name in names if tags.get(name)), ())
    return (value,) if isinstance(value, str) else tuple(str(item) for item in value)


def acquisition_of(tags: Tags) -> Acquisition:
    """Return how a slice was made; enhanced tags count before classic ones."""
    moment = text(tags, "AcquisitionDateTime")
    return Acquisition(
        series_description=text(tags, "SeriesDescription") or None,
        protocol_name=text(tags, "ProtocolName") or None,
        modality=text(tags, "Modality") or None,
        repetition_time_ms=number(tags, "RepetitionTime"),
        echo_time_ms=number(tags, "EffectiveEchoTime", "EchoTime"),
        inversion_time_ms=number(tags, "InversionTimes", "InversionTime"),
        flip_angle_deg=number(tags, "FlipAngle"),
        contrast_bolus_agent=_agent(tags),
        magnetic_field_strength_t=_field_strength_t(tags),
        slice_thickness_mm=number(tags, "SliceThickness"),
        acquisition_date=(text(tags, "AcquisitionDate") or moment[:8]) or None,
        acquisition_time=(text(tags, "AcquisitionTime") or moment[8:]) or None,
        manufacturer=text(tags, "Manufacturer") or None,
        manufacturer_model_name=text(tags, "ManufacturerModelName") or None,
        image_type=words(tags, "FrameType", "ImageType"),
        scanning_sequence=words(tags, "ScanningSequence", "EchoPulseSequence"),
    )


def _agent(tags: Tags) -> str | None:
    items = tags.get("ContrastBolusAgentSequence")
    coded = str(items[0].get("CodeMeaning", "")) if items else ""
    return text(tags, "ContrastBolusAgent") or coded or None


def _field_strength_t(tags: Tags) -> float | None:
    value = number(tags, "MagneticFieldStrength")
    if value is None or value <= 0:
        return None
    return value / _GAUSS_PER_TESLA if value > _STRONGEST_T else value
