"""What is known of a NIfTI series beside its voxels: BIDS sidecar and header text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from glioscope.core import Acquisition, InputError
from glioscope.io.limits import MOST_SIDECAR_BYTES

_ECHO_TIME_OF_DCM2NIIX: Final = re.compile(r"(?:^|;)TE=([0-9.eE+]+)")
_MS: Final = 1000.0
"""BIDS gives times in seconds, DICOM in milliseconds."""


def acquisition_of_nifti(path: Path, *, description: str, name: str) -> Acquisition:
    """Return the tags of a NIfTI file: its JSON sidecar, else the echo time in its header.

    Args:
        path: The NIfTI file.
        description: Text of its header.
        name: How messages call it.

    Raises:
        InputError: If there is a sidecar that is not JSON.
    """
    sidecar = path.with_name(
        re.sub(r"\.nii(?:\.gz)?$", "", path.name, flags=re.IGNORECASE) + ".json"
    )
    if sidecar.is_file():
        return _acquisition(_loaded(sidecar, name=name))
    found = _ECHO_TIME_OF_DCM2NIIX.search(description)
    return Acquisition(echo_time_ms=_number({"TE": found[1]}, "TE") if found else None)


def _loaded(sidecar: Path, *, name: str) -> Mapping[str, Any]:
    try:
        if sidecar.stat().st_size > MOST_SIDECAR_BYTES:
            msg = f"the JSON file beside {name} is larger than any sidecar; repair or remove it"
            raise InputError(msg)
        content = json.loads(sidecar.read_text(encoding="utf-8-sig"))
    # brackets within brackets end in a RecursionError
    except (OSError, ValueError, RecursionError) as error:
        msg = f"the JSON file beside {name} can't be read; repair or remove it"
        raise InputError(msg) from error
    return content if isinstance(content, dict) else {}


def _acquisition(tags: Mapping[str, Any]) -> Acquisition:
    return Acquisition(
        series_description=_text(tags, "SeriesDescription"),
        protocol_name=_text(tags, "ProtocolName"),
        modality=_text(tags, "Modality"),
        repetition_time_ms=_number(tags, "RepetitionTime", scale=_MS),
        echo_time_ms=_number(tags, "EchoTime", scale=_MS),
        inversion_time_ms=_number(tags, "InversionTime", scale=_MS),
        flip_angle_deg=_number(tags, "FlipAngle"),
        contrast_bolus_agent=_text(tags, "ContrastBolusIngredient", "ContrastBolusAgent"),
        magnetic_field_strength_t=_number(tags, "MagneticFieldStrength"),
        slice_thickness_mm=_number(tags, "SliceThickness"),
        acquisition_time=_text(tags, "AcquisitionTime"),
        manufacturer=_text(tags, "Manufacturer"),
        manufacturer_model_name=_text(tags, "ManufacturersModelName"),
        image_type=_texts(tags, "ImageType"),
        scanning_sequence=_texts(tags, "ScanningSequence"),
    )


def _number(tags: Mapping[str, Any], name: str, *, scale: float = 1.0) -> float | None:
    try:
        number = float(tags[name]) * scale
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _text(tags: Mapping[str, Any], *names: str) -> str | None:
    values = (tags.get(name) for name in names)
    return next((value for value in values if isinstance(value, str) and value), None)


def _texts(tags: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = tags.get(name, ())
    if isinstance(value, str):
        value = re.split(r"[\\_]", value) if value else []
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
