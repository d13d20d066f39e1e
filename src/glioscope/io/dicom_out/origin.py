"""The images that a result was drawn on, as DICOM objects: what its own objects refer to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from pydicom import Dataset, dcmread

from glioscope.core import InputError, Volume
from glioscope.io.dicom_header import SliceHeader, damaged
from glioscope.io.dicom_quiet import BROKEN, tolerant
from glioscope.io.dicom_select import select
from glioscope.io.dicom_series import read_all_headers
from glioscope.io.dicom_split import split
from glioscope.io.dicom_stack import Stack, stack
from glioscope.io.folder import Contents, scan
from glioscope.io.results.folder import WrittenResult

_SAME_PLACE_MM = 0.05


@dataclass(frozen=True)
class Origin:
    """The reference series of a result as it lies in the patient's study.

    Args:
        slices: A header by slice, in the order of the labels' K axis; ``None`` where the scanner's
            slice is missing and was interpolated. Several may be frames of one enhanced file.
        grid: Of the series as acquired, RAS+ mm; its data is the result's labels.
    """

    slices: tuple[SliceHeader | None, ...]
    grid: Volume

    @cached_property
    def datasets(self) -> tuple[Dataset, ...]:
        """The source objects without pixels, each once, in slice order.

        Raises:
            InputError: If one can't be read any more.
        """
        paths = dict.fromkeys(one.path for one in self.slices if one is not None)
        return tuple(_without_pixels(path) for path in paths)

    @property
    def is_enhanced(self) -> bool:
        """Whether the slices are frames of one multi-frame object."""
        return len(self.datasets) == 1 and "NumberOfFrames" in self.datasets[0]

    @property
    def study_uid(self) -> str:
        """StudyInstanceUID."""
        return str(self.datasets[0].StudyInstanceUID)

    @property
    def series_uid(self) -> str:
        """SeriesInstanceUID."""
        return str(self.datasets[0].SeriesInstanceUID)

    @property
    def frame_of_reference_uid(self) -> str:
        """FrameOfReferenceUID; empty where the source has none."""
        return str(self.datasets[0].get("FrameOfReferenceUID", ""))


def find_origin(study: Path, result: WrittenResult) -> Origin:
    """Find the reference series of a result in the study that was analyzed.

    Args:
        study: The folder that was analyzed, unchanged, of DICOM files.
        result: Of this study.

    Raises:
        InputError: If the study does not hold the series, or not as it was analyzed: another file,
            another geometry.
    """
    contents = scan(study)
    wanted = result.reference_series
    found = _stacks(contents, wanted)
    for candidate in found:
        if _lies_on(candidate, result.labels):
            _check_unchanged(candidate, contents, result.files_of(wanted))
            return Origin(slices=candidate.slices, grid=result.labels)
    if found:
        msg = (
            f"{contents.title}: the reference series of case {result.case_id} lies on another grid"
            " than its segmentation; give the study that was analyzed, or analyze it again"
        )
    else:
        msg = (
            f"{contents.title} does not hold the reference series of case {result.case_id} as"
            " DICOM; give the folder that was analyzed"
        )
    raise InputError(msg)


def _stacks(contents: Contents, series_id: str) -> list[Stack]:
    """Return every volume of the wanted series; a suffix names one of several volumes of a UID."""
    by_series, _ = select(read_all_headers(contents))
    uid = series_id if series_id in by_series else series_id.rpartition("-")[0]
    volumes, _ = split(by_series.get(uid, []), name="the reference series")
    return [stack(volume, name="the reference series") for volume in volumes if len(volume) > 1]


def _lies_on(candidate: Stack, labels: Volume) -> bool:
    one = next(one for one in candidate.slices if one is not None)
    shape = (one.shape[1], one.shape[0], len(candidate.slices))
    if shape != labels.shape:
        return False
    corners = np.array(np.meshgrid(*[(0, size - 1) for size in shape])).reshape(3, -1).T
    here = corners @ candidate.affine[:3, :3].T + candidate.affine[:3, 3]
    return bool(np.linalg.norm(here - labels.world(corners), axis=1).max() < _SAME_PLACE_MM)


def _check_unchanged(found: Stack, contents: Contents, digests: Mapping[str, str]) -> None:
    for path in dict.fromkeys(one.path for one in found.slices if one is not None):
        name = str(contents.name(path))
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise InputError(damaged(name)) from error
        if digests.get(name) != digest:
            msg = (
                f"{name} is not the file that was analyzed (its content or its place in the folder"
                " has changed); give the folder as it was analyzed, or analyze it again"
            )
            raise InputError(msg)


def _without_pixels(path: Path) -> Dataset:
    try:
        with tolerant():
            return dcmread(path, stop_before_pixels=True, force=True)
    except BROKEN as error:
        raise InputError(damaged(path.name)) from error
