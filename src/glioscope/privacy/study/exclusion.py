"""Files that can't be shared whatever is done to their headers."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pydicom import Dataset
from pydicom.uid import (
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
)

_MR_IMAGES: Final = frozenset(
    {MRImageStorage, EnhancedMRImageStorage, LegacyConvertedEnhancedMRImageStorage}
)
_SCREENS: Final = frozenset(
    {"SCREEN SAVE", "SCREENSAVE", "SCREENSHOT", "SECONDARY CAPTURE", "REPORT", "PROTOCOL"}
    | {"PASTED", "CAPTURE"}
)
_OVERLAY_GROUPS: Final = range(0x6000, 0x6020, 2)


class Exclusion(StrEnum):
    """Why a file is left out; the value is what the report says."""

    NOT_MR = "not an MR image: another modality, document, presentation state, report or capture"
    BURNED_IN = "its header says that text is burned into the pixels"
    SCREEN = "a screen that was saved or captured: it may show text"
    OVERLAY_IN_PIXELS = "an overlay within the pixels: it may show text"
    COLOR = "a color image: made for people, it may show text"
    NO_PIXELS = "without pixels"
    OTHER_FILE = "no image that is read here: another file, an archive, or NIfTI beside DICOM"
    DUPLICATE = "the same instance as another file"
    DAMAGED = "damaged, or compressed in a way that can't be read"
    NO_FACE_REMOVED = "no part of a volume in which the face can be found: a localizer or the like"


def reason_to_leave_out(header: Dataset) -> Exclusion | None:
    """Return why a DICOM file must not be shared, else ``None``.

    Args:
        header: With or without pixels.
    """
    if header.get("SOPClassUID") not in _MR_IMAGES or header.get("Modality", "MR") != "MR":
        return Exclusion.NOT_MR
    if str(header.get("BurnedInAnnotation", "")).strip().upper() not in {"", "NO"}:
        return Exclusion.BURNED_IN
    if _is_screen(header):
        return Exclusion.SCREEN
    if any(_lies_in_pixels(header, group) for group in _OVERLAY_GROUPS):
        return Exclusion.OVERLAY_IN_PIXELS
    gray = str(header.get("PhotometricInterpretation", "")).startswith("MONOCHROME")
    if not gray or header.get("SamplesPerPixel", 1) != 1:
        return Exclusion.COLOR
    sized = bool(header.get("Rows")) and bool(header.get("Columns"))
    return None if sized else Exclusion.NO_PIXELS


def _is_screen(header: Dataset) -> bool:
    kinds = header.get("ImageType") or ()
    words = {str(kind).strip().upper() for kind in ([kinds] if isinstance(kinds, str) else kinds)}
    return bool(words & _SCREENS) or "ConversionType" in header


def _lies_in_pixels(header: Dataset, group: int) -> bool:
    """Tell whether an overlay uses spare bits of the pixels, as was allowed before 2004."""
    rows = header.get((group, 0x0010))
    data = header.get((group, 0x3000))
    return rows is not None and data is None
