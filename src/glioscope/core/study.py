"""What came from the scanner: series as they are, not aligned, not identified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from glioscope.core.labels import Sequence
from glioscope.core.notices import Notice
from glioscope.core.volume import Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """How a series was made, as its tags tell; ``None`` where they do not.

    Names follow the DICOM keywords; times are milliseconds, field strength is tesla.
    """

    series_description: str | None = None
    protocol_name: str | None = None
    modality: str | None = None
    repetition_time_ms: float | None = None
    echo_time_ms: float | None = None
    inversion_time_ms: float | None = None
    flip_angle_deg: float | None = None
    contrast_bolus_agent: str | None = None
    magnetic_field_strength_t: float | None = None
    slice_thickness_mm: float | None = None
    acquisition_date: str | None = None
    """YYYYMMDD; kept to order dates, never printed into a report."""
    acquisition_time: str | None = None
    manufacturer: str | None = None
    manufacturer_model_name: str | None = None
    image_type: tuple[str, ...] = ()
    scanning_sequence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file that was read: its path below the input folder and its SHA-256."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One volume as it was acquired, on its own grid, with what its tags say.

    Args:
        series_id: Unique in the study: SeriesInstanceUID (with a suffix where one series
            holds several volumes), or the file's name below the input folder for NIfTI.
        volume: Intensities, float32, on the acquired grid, RAS+ mm.
        acquisition: What the tags tell (all ``None`` for NIfTI without a sidecar).
        declared: The sequence that a file name or the user says this is; ``None`` for
            DICOM, where nothing but tags speak.
        by_user: ``declared`` comes from an explicit option and overrules everything.
        sources: The files it was read from.
        sop_instance_uids: By slice (K axis order) for DICOM; empty otherwise.
        notices: What was found while reading (gaps, duplicates, uneven spacing).
    """

    series_id: str
    volume: Volume
    acquisition: Acquisition = field(default_factory=Acquisition)
    declared: Sequence | None = None
    by_user: bool = False
    sources: tuple[SourceFile, ...] = ()
    sop_instance_uids: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Raw series of one patient at one time point, as read.

    Args:
        case_id: Pseudonym for messages and files: the name of the input folder unless given.
        series: At least one.
        brain_mask: The user's own brain mask, on the grid of any series, or ``None``.
        study_instance_uid: For DICOM.
        frame_of_reference_uids: By series id, for DICOM.
        notices: What was left out and why (localizers, other dates, derived images).
    """

    case_id: str
    series: tuple[Series, ...]
    brain_mask: Volume | None = None
    study_instance_uid: str | None = None
    frame_of_reference_uids: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
