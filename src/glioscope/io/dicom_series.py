"""The DICOM files of one patient, as series."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from glioscope.core import GeometryError, Notice, Series, Severity
from glioscope.io.dicom_header import SliceHeader, read_headers
from glioscope.io.dicom_select import select
from glioscope.io.dicom_split import split
from glioscope.io.dicom_stack import read_pixels, stack
from glioscope.io.folder import Contents

_FEWEST_SLICES: Final = 5
"""Fewer slices are a localizer or single images, no scan of a brain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DicomSeries:
    """What the DICOM files of a folder hold.

    Args:
        series: All that may be a sequence of the head.
        notices: What was left out.
        study_instance_uid: ``None`` without series.
        frame_of_reference_uids: By series id.
    """

    series: tuple[Series, ...] = ()
    notices: tuple[Notice, ...] = ()
    study_instance_uid: str | None = None
    frame_of_reference_uids: Mapping[str, str] = field(default_factory=dict)


def read_all_headers(contents: Contents) -> tuple[SliceHeader, ...]:
    """Read the headers of all DICOM files of a folder.

    Raises:
        InputError: If a file is damaged.
    """
    return tuple(
        header
        for path in contents.dicom
        for header in read_headers(path, name=str(contents.name(path)))
    )


def read_dicom_series(contents: Contents, headers: tuple[SliceHeader, ...]) -> DicomSeries:
    """Read all series of one patient.

    Args:
        contents: The folder.
        headers: Of all its DICOM files.

    Raises:
        InputError: If a file is damaged, too many slices of a series are missing, or the latest
            of several studies can't be told.
    """
    by_series, left_out = select(headers)
    notices = list(left_out)
    series: list[Series] = []
    frames: dict[str, str] = {}
    for uid in sorted(by_series):
        found, told = _series(uid, by_series[uid], contents)
        series += found
        notices += told
        frames.update({one.series_id: by_series[uid][0].frame_of_reference_uid for one in found})
    studies = [slices[0].study_uid for slices in by_series.values()]
    return DicomSeries(
        series=tuple(series),
        notices=tuple(notices),
        study_instance_uid=max(studies, key=studies.count) if series else None,
        frame_of_reference_uids={uid: frame for uid, frame in frames.items() if frame},
    )


def _series(
    uid: str, slices: list[SliceHeader], contents: Contents
) -> tuple[list[Series], list[Notice]]:
    """Read the volumes of one SeriesInstanceUID."""
    place = contents.name(slices[0].path).parent
    name = f"series {slices[0].series_number or '?'} (in {place})"
    volumes, told = split(slices, name=name)
    notices = list(told)
    series: list[Series] = []
    for number, volume in enumerate(volumes, start=1):
        series_id = uid if len(volumes) == 1 else f"{uid}-{number}"
        found = _one(series_id, volume, name=name, contents=contents)
        if isinstance(found, Notice):
            notices.append(found)
        else:
            series.append(found)
    return series, notices


def _one(
    series_id: str, slices: list[SliceHeader], *, name: str, contents: Contents
) -> Series | Notice:
    """Read one volume; a notice if it can't be one of the head's sequences."""
    if len(slices) < _FEWEST_SLICES:
        return _left_out("few-slices", f"{name} has {len(slices)} slices, no scan of a brain")
    try:
        found = stack(slices, name=name)
    except GeometryError as error:
        return _left_out("geometry", f"{error}", severity=Severity.ALARM)
    volume, sources = read_pixels(found, named=lambda path: str(contents.name(path)))
    low, high = float(volume.data.min()), float(volume.data.max())
    if not math.isfinite(high - low):
        told = f"{name} holds voxels that are NaN or infinite"
        return _left_out("not-finite", told, severity=Severity.ALARM)
    if low == high:
        told = f"{name} is constant ({low:g} everywhere)"
        return _left_out("constant", told, severity=Severity.WARNING)
    return Series(
        series_id=series_id,
        volume=volume,
        acquisition=slices[0].acquisition,
        sources=sources,
        sop_instance_uids=tuple(
            "" if one is None else one.sop_instance_uid for one in found.slices
        ),
        notices=found.notices,
    )


def _left_out(code: str, reason: str, severity: Severity = Severity.INFO) -> Notice:
    return Notice(code=f"left-out-{code}", severity=severity, message=f"Left out: {reason}.")
