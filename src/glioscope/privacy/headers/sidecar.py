"""JSON side-cars of BIDS with the keys that say how a scan was made, and no others."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from glioscope.privacy.headers.words import cleaned_text

_NUMBERS: Final = frozenset(
    {
        *("AcquisitionMatrixPE", "AcquisitionNumber", "BaseResolution", "DwellTime"),
        *("EchoNumber", "EchoTime", "EchoTime1", "EchoTime2", "EchoTrainLength"),
        *("EffectiveEchoSpacing", "FlipAngle", "ImagingFrequency", "InversionTime"),
        *("MagneticFieldStrength", "MultibandAccelerationFactor", "NumberOfAverages"),
        *("ParallelReductionFactorInPlane", "ParallelReductionFactorOutOfPlane"),
        *("PartialFourier", "PercentPhaseFOV", "PercentSampling", "PhaseEncodingSteps"),
        *("PhaseResolution", "PixelBandwidth", "ReconMatrixPE", "RepetitionTime"),
        *("RepetitionTimeExcitation", "RepetitionTimePreparation", "SAR", "SeriesNumber"),
        *(
            "SliceThickness",
            "SpacingBetweenSlices",
            "TotalReadoutTime",
            "VendorReportedEchoSpacing",
        ),
        *("ImageOrientationPatientDICOM", "SliceTiming", "ShimSetting", "TxRefAmp"),
        *("NumberShots", "WaterFatShift", "MixingTime", "SpoilingGradientMoment"),
    }
)
_WORDS: Final = frozenset(
    {
        *("BodyPart", "BodyPartExamined", "ContrastBolusAgent", "ContrastBolusIngredient"),
        *("ImageComments", "ImageType", "MRAcquisitionType", "Manufacturer"),
        *("ManufacturersModelName", "Modality", "PatientPosition", "ProtocolName"),
        *("ScanOptions", "ScanningSequence", "SequenceName", "SequenceVariant"),
        *("SeriesDescription", "ParallelAcquisitionTechnique", "MatrixCoilMode"),
        *("PulseSequenceType", "SpoilingType", "InPlanePhaseEncodingDirectionDICOM"),
    }
)
_AXES: Final = frozenset({"PhaseEncodingDirection", "PhaseEncodingAxis", "SliceEncodingDirection"})
_SWITCHES: Final = frozenset(
    {"MTState", "NonlinearGradientCorrection", "SpoilingState", "DistortionCorrection"}
)
_TIMES: Final = frozenset({"AcquisitionTime"})
_AXIS: Final = re.compile(r"[ijk]-?")
_TIME: Final = re.compile(r"\d\d:?\d\d:?\d\d(?:\.\d{1,6})?")
_MOST_NUMBERS: Final = 10_000


def cleaned_sidecar(content: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return what of a side-car may stay, and which keys it lost that are known by BIDS or not.

    Keys are those that BIDS (MRI metadata) and dcm2niix define; numbers stay as numbers, texts as
    words of the list, times of the day as they are.  Identifiers, dates, names, institutions and
    every key that is not on the list go.

    Args:
        content: As JSON held it.
    """
    kept = {
        key: value for key, given in content.items() if (value := _value(key, given)) is not None
    }
    return kept, tuple(sorted(set(content) - set(kept)))


def sidecar_bytes(content: Mapping[str, Any]) -> bytes:
    """Return a side-car as it is written."""
    return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()


def _value(key: str, given: Any) -> Any:  # noqa: ANN401 - JSON
    if key in _NUMBERS:
        return given if _is_numeric(given) else None
    if key in _SWITCHES:
        return given if isinstance(given, bool) else None
    if key in _WORDS:
        return _words(given)
    forms = ((_AXES, _AXIS), (_TIMES, _TIME))
    matches = any(key in keys and form.fullmatch(str(given)) for keys, form in forms)
    return given if matches and isinstance(given, str) else None


def _words(given: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(given, str):
        return cleaned_text(given) or None
    if isinstance(given, list) and all(isinstance(one, str) for one in given):
        return [text for one in given if (text := cleaned_text(one))] or None
    return None


def _is_numeric(given: Any) -> bool:  # noqa: ANN401 - JSON
    if isinstance(given, list):
        return len(given) <= _MOST_NUMBERS and all(map(_is_number, given))
    return _is_number(given)


def _is_number(given: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(given, int | float) and not isinstance(given, bool)
