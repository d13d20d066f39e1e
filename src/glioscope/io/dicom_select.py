"""Which of a patient's DICOM images may be a sequence of the head, and what is left out."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Final

import numpy as np

from glioscope.core import InputError, Notice, Severity
from glioscope.io.dicom_header import SliceHeader
from glioscope.io.nifti_geometry import SHEAR_LIMIT

_MR_CLASSES: Final = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.4",
        "1.2.840.10008.5.1.4.1.1.4.1",
        "1.2.840.10008.5.1.4.1.1.4.4",
    }
)
"""MR Image Storage, Enhanced MR Image Storage, Legacy Converted Enhanced MR Image Storage."""

_LOCALIZER_WORDS: Final = re.compile(
    r"(?<![a-z])(?:locs?|3[- ]?(?:plane|pl)|cal|asset|shim|b1[ _]?map)(?![a-z])"
    r"|localizer|localiser|scout|survey|smartbrain|calibration",
    re.IGNORECASE,
)
_USELESS_TYPES: Final = frozenset(
    {"ADC", "FA", "PHASE", "PHASE MAP", "P", "IMAGINARY", "I", "PROJECTION IMAGE"}
    | {"MOSAIC", "SUBTRACTION", "RGB", "TTP", "RCBF", "RCBV", "CBF", "CBV", "MTT", "TMAX"}
    | {"MIP", "MNIP", "TENSOR", "SCREEN SAVE", "PASTED", "VELOCITY MAP", "FIELD_MAP"}
)
_REASONS: Final = {
    "not-mr": "not an MR image (other modality, document, secondary capture or screenshot)",
    "color": "a color image",
    "localizer": "a localizer or scout",
    "derived": "a map, projection, subtraction, phase image or mosaic",
    "no-geometry": "without a valid position, orientation or pixel spacing",
}


def reason_to_leave_out(header: SliceHeader) -> str | None:
    """Return the code of why a slice can't belong to a sequence of the head, else ``None``."""
    image_type = {word.upper() for word in header.acquisition.image_type[2:]}
    if header.sop_class_uid not in _MR_CLASSES or header.modality not in {"MR", ""}:
        return "not-mr"
    if header.is_color:
        return "color"
    if "LOCALIZER" in image_type or _is_called_localizer(header):
        return "localizer"
    if image_type & _USELESS_TYPES:
        return "derived"
    has_place = header.position is not None and header.pixel_spacing_mm is not None
    return None if has_place and _has_directions(header) else "no-geometry"


def _has_directions(header: SliceHeader) -> bool:
    """Tell whether a slice says in which plane it lies: two perpendicular unit vectors."""
    if header.orientation is None:
        return False
    row, column = header.orientation[:3], header.orientation[3:]
    lengths = np.array([np.linalg.norm(row), np.linalg.norm(column)])
    return bool(np.abs(lengths - 1).max() < 0.01 and abs(row @ column) < SHEAR_LIMIT)


def select(
    headers: Iterable[SliceHeader],
) -> tuple[dict[str, list[SliceHeader]], tuple[Notice, ...]]:
    """Keep the slices that may be a sequence, of the latest date, each once.

    Returns:
        The slices by SeriesInstanceUID in the order of their files, and what was left out.

    Raises:
        InputError: If several studies have no date, so that the latest can't be told.
    """
    kept: list[SliceHeader] = []
    left: Counter[str] = Counter()
    left_series: defaultdict[str, set[str]] = defaultdict(set)
    seen: set[tuple[str, int]] = set()
    for header in headers:
        identity = (header.sop_instance_uid, header.frame)
        reason = "twice" if identity in seen else reason_to_leave_out(header)
        seen.add(identity)
        if reason is None:
            kept.append(header)
        else:
            left[reason] += 1
            left_series[reason].add(header.series_uid)
    latest, date_notices = _latest(kept)
    by_series: defaultdict[str, list[SliceHeader]] = defaultdict(list)
    for header in latest:
        by_series[header.series_uid].append(header)
    notices = [_notice(reason, left[reason], len(left_series[reason])) for reason in sorted(left)]
    return dict(by_series), tuple(notices) + date_notices


def _is_called_localizer(header: SliceHeader) -> bool:
    acquisition = header.acquisition
    words = acquisition.series_description or acquisition.protocol_name or ""
    return _LOCALIZER_WORDS.search(words) is not None


def _notice(reason: str, slices: int, series: int) -> Notice:
    if reason == "twice":
        message = f"{slices} slices are there twice (same SOPInstanceUID); the first copy is read."
        return Notice(code="duplicate-file", severity=Severity.INFO, message=message)
    message = f"Left out: {slices} images of {series} series, {_REASONS[reason]}."
    severity = Severity.WARNING if reason == "no-geometry" else Severity.INFO
    return Notice(code=f"left-out-{reason}", severity=severity, message=message)


def _latest(headers: list[SliceHeader]) -> tuple[list[SliceHeader], tuple[Notice, ...]]:
    """Keep the latest study date; a patient's earlier scans are another case."""
    studies = {header.study_uid for header in headers}
    dates = sorted({header.study_date for header in headers})
    if len(studies) < 2 or len(dates) < 2 or not dates[0]:
        if len(studies) > 1 and not dates[0]:
            msg = (
                f"{len(studies)} studies, some without a date, so the latest can't be told;"
                " give each study a folder of its own"
            )
            raise InputError(msg)
        return headers, ()
    latest = [header for header in headers if header.study_date == dates[-1]]
    earlier = {header.series_uid for header in headers} - {header.series_uid for header in latest}
    message = (
        f"{len(dates)} study dates lie in the folder; the latest is read, and {len(earlier)} series"
        f" that are {_days_before(dates)} days older are left out."
    )
    return latest, (
        Notice(code="left-out-earlier-date", severity=Severity.WARNING, message=message),
    )


def _days_before(dates: list[str]) -> str:
    try:
        days = [date.fromisoformat(text) for text in dates]
    except ValueError:
        return "some"
    ages = [(days[-1] - day).days for day in days[:-1]]
    return str(ages[-1]) if len(ages) == 1 else f"{ages[-1]} to {ages[0]}"
