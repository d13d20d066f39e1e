"""Whose a DICOM file is, told by a digest so that no name gets out."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

from pydicom import Dataset

from glioscope.io.dicom_open import open_dicom
from glioscope.io.dicom_quiet import BROKEN, tolerant

IDENTITY_TAGS: Final = (
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "SOPClassUID",
)
_BLANK: Final = re.compile(r"(?:anon\w*|unknown|none|na|null|deidentified|removed|x+|0+|-+)?")


def patient_of_dicom(path: Path) -> str | None:
    """Return a digest of the identity in a DICOM file; ``None`` if it can't be read as one."""
    try:
        with tolerant(), path.open("rb") as content:
            header = open_dicom(content, tags=IDENTITY_TAGS)
            return patient_key(header) if "SOPClassUID" in header else None
    except BROKEN:
        return None


def patient_key(header: Dataset) -> str:
    """Return a digest of who the patient is.

    Blank and anonymous identifiers are the same for everyone, so there the study tells.
    """
    identifier = _plain(header.get("PatientID"))
    name = _plain(header.get("PatientName"))
    if _BLANK.fullmatch(identifier) and _BLANK.fullmatch(name):
        text = f"study {header.get('StudyInstanceUID', '')}"
    else:
        text = f"{identifier}/{name}"
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> str:
    text = "" if value is None else str(value)
    return re.sub(r"[\s^]+", " ", text).strip().lower()
