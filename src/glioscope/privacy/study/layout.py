"""Names of folders and files that come from nothing but the new headers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from glioscope.privacy.headers.dates import shifted_date
from glioscope.privacy.headers.pseudonym import Pseudonyms
from glioscope.privacy.headers.words import cleaned_text
from glioscope.privacy.study.inventory import Instance

_LONGEST: Final = 40


def places(
    instances: Iterable[Instance], *, pseudonyms: Pseudonyms, patient: str, shift_days: int
) -> Mapping[Path, PurePosixPath]:
    """Return where each file goes below the output.

    ``PATIENT/STUDY-DATE_xxxx/003_xxxx_t1-mprage/0001.dcm``: four digits of the new UID tell studies
    of one day and series of one number apart; files are numbered in the order of the slices.

    Args:
        instances: Of one patient.
        pseudonyms: Of the project.
        patient: Pseudonym.
        shift_days: Of the patient's dates.
    """
    by_series: defaultdict[tuple[str, str], list[Instance]] = defaultdict(list)
    for instance in instances:
        by_series[instance.study_uid, instance.series_uid].append(instance)
    found: dict[Path, PurePosixPath] = {}
    for (study_uid, series_uid), members in by_series.items():
        first = min(members, key=lambda one: (one.number, one.sop_uid))
        date = shifted_date(first.study_date, shift_days) or "undated"
        study = f"{date}_{_digits(pseudonyms.uid(study_uid))}"
        words = "-".join(re.findall(r"[a-z0-9]+", cleaned_text(first.description).lower()))
        parts = (
            f"{first.series_number:03d}",
            _digits(pseudonyms.uid(series_uid)),
            words[:_LONGEST],
        )
        folder = PurePosixPath(patient, study, "_".join(part for part in parts if part))
        ordered = sorted(members, key=lambda one: (one.number, pseudonyms.uid(one.sop_uid)))
        for number, instance in enumerate(ordered, start=1):
            found[instance.path] = folder / f"{number:04d}.dcm"
    return found


def _digits(uid: str) -> str:
    return uid[-4:]
