"""What is looked for in a PACS, and what it has."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from pydicom import Dataset
from pydicom.config import disable_value_validation

from glioscope.core import InputError

MOST_STUDIES: Final = 1000
"""More than these are taken for a query that asks for too much."""

_UID: Final = re.compile(r"[0-9]+(\.[0-9]+)*")
_UID_LENGTH: Final = 64
_DATES: Final = re.compile(r"\d{8}|\d{8}-|-\d{8}|\d{8}-\d{8}")
_MODALITY: Final = re.compile(r"[A-Z]{2,16}")
_WILDCARDS: Final = re.compile(r"[*?]")
_TEXT: Final = re.compile(r"[^\\\x00-\x1f\x7f]{1,64}")
"""A backslash would make two values of one, and control characters are not allowed in LO or SH."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which studies; what is ``None`` may be anything.

    Args:
        study_uid: StudyInstanceUID.
        patient_id: As the hospital writes it; ``*`` and ``?`` match as in DICOM.
        accession: Accession number; likewise.
        dates: ``20200101``, ``20200101-20201231``, ``20200101-`` or ``-20201231``.
        modality: Only series of this one, such as ``MR``.

    Raises:
        InputError: If a value can't be one, or nothing but a modality is given, which would ask
            for the whole archive.
    """

    study_uid: str | None = None
    patient_id: str | None = field(default=None, repr=False)
    accession: str | None = field(default=None, repr=False)
    dates: str | None = None
    modality: str | None = None

    def __post_init__(self) -> None:
        if self.study_uid is not None and not _is_uid(self.study_uid):
            msg = "--study takes a StudyInstanceUID: digits and dots, 64 characters at most"
            raise InputError(msg)
        if self.dates is not None and _DATES.fullmatch(self.dates) is None:
            msg = "--date takes YYYYMMDD or a range of them, such as 20200101-20201231"
            raise InputError(msg)
        if self.modality is not None and _MODALITY.fullmatch(self.modality) is None:
            msg = "--modality takes a code of DICOM, such as MR"
            raise InputError(msg)
        for option, value in (("--patient-id", self.patient_id), ("--accession", self.accession)):
            if value is not None and _TEXT.fullmatch(value) is None:
                msg = f"{option} takes 1 to 64 characters, none of them a backslash or a control"
                raise InputError(msg)
        if not any((self.study_uid, self.patient_id, self.accession, self.dates)):
            msg = "say which studies: --study, --patient-id, --accession or --date"
            raise InputError(msg)

    def keys(self) -> dict[str, str]:
        """Return the matching keys of a query at the level of studies, by their keywords."""
        keys = {
            "StudyInstanceUID": self.study_uid,
            "PatientID": self.patient_id,
            "AccessionNumber": self.accession,
            "StudyDate": self.dates,
            "ModalitiesInStudy": self.modality,
        }
        return {keyword: value for keyword, value in keys.items() if value is not None}

    def allows(self, answer: Dataset) -> bool:
        """Tell whether an answer can be what was asked for.

        A PACS that does not know a key ignores it and answers with other patients' studies.
        """
        asked = {
            "StudyInstanceUID": self.study_uid,
            "PatientID": self.patient_id,
            "AccessionNumber": self.accession,
        }
        return all(
            value is None
            or bool(_WILDCARDS.search(value))
            or _text(answer, keyword).casefold() == value.strip().casefold()
            for keyword, value in asked.items()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSeries:
    """A series that a PACS has.

    Args:
        uid: SeriesInstanceUID.
        number: As the scanner counts.
        modality: Such as ``MR``.
        description: What the scanner calls it; without control characters.
        instances: How many it has, if the PACS says so.
    """

    uid: str
    number: int | None
    modality: str
    description: str
    instances: int | None

    @classmethod
    def of(cls, answer: Dataset) -> FoundSeries:
        """Read one answer to a query at the level of series."""
        return cls(
            uid=_text(answer, "SeriesInstanceUID"),
            number=_whole(answer, "SeriesNumber"),
            modality=_text(answer, "Modality"),
            description=_text(answer, "SeriesDescription"),
            instances=_whole(answer, "NumberOfSeriesRelatedInstances"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundStudy:
    """A study that a PACS has, with the series that were asked for.

    Args:
        uid: StudyInstanceUID.
        date: YYYYMMDD, or empty.
        patient_name: For the screen of who asked for it only.
        series: By number.
    """

    uid: str
    date: str
    patient_name: str = field(repr=False)
    series: tuple[FoundSeries, ...]

    @classmethod
    def of(cls, answer: Dataset, series: list[Dataset], *, modality: str | None) -> FoundStudy:
        """Read one answer to a query at the level of studies, and those to one for its series."""
        found = [FoundSeries.of(one) for one in series]
        wanted = [one for one in found if one.uid and modality in {None, one.modality}]
        return cls(
            uid=_text(answer, "StudyInstanceUID"),
            date=_text(answer, "StudyDate"),
            patient_name=_text(answer, "PatientName"),
            series=tuple(sorted(wanted, key=lambda one: (one.number or 0, one.uid))),
        )

    @property
    def instances(self) -> int | None:
        """How many instances its series have, if the PACS says so of each."""
        counts = [one.instances for one in self.series]
        return None if None in counts else sum(count or 0 for count in counts)


def too_many() -> InputError:
    """Return the error for a query that matches more than `MOST_STUDIES`."""
    msg = f"more than {MOST_STUDIES} studies match; narrow the query, such as by --date"
    return InputError(msg)


def _is_uid(text: str) -> bool:
    return len(text) <= _UID_LENGTH and _UID.fullmatch(text) is not None


def _text(answer: Dataset, keyword: str) -> str:
    with disable_value_validation():
        value = answer.get(keyword)
    text = "" if value is None else str(value)
    return "".join(letter if letter.isprintable() else "?" for letter in text).strip()


def _whole(answer: Dataset, keyword: str) -> int | None:
    text = _text(answer, keyword)
    return int(text) if text.isdecimal() else None
