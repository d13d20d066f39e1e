"""Tags as plain values; what is missing or malformed is ``None`` or empty."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pydicom import Dataset

from glioscope.core import Acquisition

_GAUSS_PER_TESLA: Final = 10_000.0
_STRONGEST_T: Final = 100.0
"""A field above this was given in gauss, as old scanners do."""


def text(tags: Dataset, name: str) -> str:
    """Return a tag as text, empty if it is missing."""
    value = tags.get(name)
    return "" if value is None else str(value).strip().strip("\0")


def number(tags: Dataset, name: str) -> float | None:
    """Return a tag's (first) number."""
    value = tags.get(name)
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        value = next(iter(value), None)
    try:
        return None if value is None or value == "" else float(value)
    except (TypeError, ValueError):
        return None


def numbers(groups: Iterable[Dataset], name: str, count: int) -> tuple[float, ...] | None:
    """Return the ``count`` numbers of a tag in the first group that has them."""
    for group in groups:
        value = group.get(name)
        if value is None or value == "":
            continue
        values = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
        try:
            found = tuple(float(item) for item in values)
        except (TypeError, ValueError):
            continue
        if len(found) == count:
            return found
    return None


def texts(groups: Iterable[Dataset], name: str) -> str:
    """Return a tag as text from the first group that has it."""
    return next((found for group in groups if (found := text(group, name))), "")


def first_item(tags: Dataset, name: str) -> Dataset:
    """Return the first item of a sequence; an empty one if there is none."""
    items = tags.get(name)
    return items[0] if items else Dataset()


def acquisition_of(file: Dataset, groups: list[Dataset]) -> Acquisition:
    """Return how a slice was made.

    Args:
        file: Header of the file.
        groups: Functional groups, the frame's own first, and the header last.
    """
    return Acquisition(
        series_description=text(file, "SeriesDescription") or None,
        protocol_name=text(file, "ProtocolName") or None,
        modality=text(file, "Modality") or None,
        repetition_time_ms=_number_of(groups, "RepetitionTime"),
        echo_time_ms=_number_of(groups, "EffectiveEchoTime", "EchoTime"),
        inversion_time_ms=_number_of(groups, "InversionTimes", "InversionTime"),
        flip_angle_deg=_number_of(groups, "FlipAngle"),
        contrast_bolus_agent=_agent(file),
        magnetic_field_strength_t=_field_strength_t(file),
        slice_thickness_mm=_number_of(groups, "SliceThickness"),
        acquisition_date=(text(file, "AcquisitionDate") or text(file, "AcquisitionDateTime")[:8])
        or None,
        acquisition_time=(text(file, "AcquisitionTime") or text(file, "AcquisitionDateTime")[8:])
        or None,
        manufacturer=text(file, "Manufacturer") or None,
        manufacturer_model_name=text(file, "ManufacturerModelName") or None,
        image_type=_words(groups, "FrameType", "ImageType"),
        scanning_sequence=_words([file], "ScanningSequence", "EchoPulseSequence"),
    )


def _number_of(groups: Iterable[Dataset], *names: str) -> float | None:
    found = (number(group, name) for name in names for group in groups)
    return next((value for value in found if value is not None), None)


def _words(groups: Iterable[Dataset], *names: str) -> tuple[str, ...]:
    for name in names:
        for group in groups:
            value = group.get(name)
            if value:
                return (value,) if isinstance(value, str) else tuple(str(item) for item in value)
    return ()


def _agent(file: Dataset) -> str | None:
    agent = text(file, "ContrastBolusAgent")
    return agent or text(first_item(file, "ContrastBolusAgentSequence"), "CodeMeaning") or None


def _field_strength_t(file: Dataset) -> float | None:
    value = number(file, "MagneticFieldStrength")
    if value is None or value <= 0:
        return None
    return value / _GAUSS_PER_TESLA if value > _STRONGEST_T else value
