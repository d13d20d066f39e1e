"""What a folder of DICOM holds before anything is changed: whose it is, and what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydicom import Dataset

from glioscope.core import InputError
from glioscope.io import BROKEN, Contents, patient_key, tolerant
from glioscope.privacy.headers.profile import Action, rule_of
from glioscope.privacy.headers.pseudonym import identity_of
from glioscope.privacy.study.exclusion import Exclusion, reason_to_leave_out
from glioscope.privacy.study.reading import read_dicom

_TAKEN_AWAY: Final = frozenset({Action.REMOVE, Action.EMPTY, Action.DUMMY})
_TEXTS: Final = frozenset({"AE", "LO", "LT", "PN", "SH", "ST", "UC", "UT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One DICOM file that may be shared once it is cleaned.

    Args:
        path: The file.
        study_uid: As it came, like the next.
        series_uid: Of its series.
        sop_uid: Its own.
        study_date: YYYYMMDD or empty.
        series_number: 0 if it has none.
        description: SeriesDescription, else ProtocolName; as it came.
        number: InstanceNumber, 0 if it has none.
    """

    path: Path
    study_uid: str
    series_uid: str
    sop_uid: str
    study_date: str
    series_number: int
    description: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The DICOM files of one patient.

    Args:
        identity: What tells the patient from all others; never printed.
        patient_id: PatientID as it came, for the encrypted table.
        instances: What may be shared.
        left_out: How many files are not, by reason.
        telling: Texts that identify someone, of all files.
    """

    identity: str
    patient_id: str
    instances: tuple[Instance, ...]
    left_out: Counter[Exclusion]
    telling: frozenset[str]


def take_inventory(contents: Contents) -> Inventory:
    """Read all headers of a folder.

    Raises:
        InputError: If they are of more than one patient, or none is a DICOM object.
    """
    patients: dict[str, Dataset] = {}
    instances: list[Instance] = []
    others = contents.others + len(contents.nifti) + len(contents.archives) + len(contents.empty)
    left_out: Counter[Exclusion] = Counter({Exclusion.OTHER_FILE: others} if others else {})
    telling: set[str] = set()
    seen: set[str] = set()
    for path in contents.dicom:
        try:
            header = read_dicom(path)
            with tolerant():
                telling.update(_telling_texts(header))
                found = reason_to_leave_out(header)
                instance = _instance(path, header)
                if not instance.study_uid or not instance.sop_uid:
                    left_out[Exclusion.DAMAGED] += 1
                    continue
                patients.setdefault(patient_key(header), header)
        except BROKEN:
            left_out[Exclusion.DAMAGED] += 1
            continue
        if found is None and instance.sop_uid in seen:
            found = Exclusion.DUPLICATE
        if found is None:
            seen.add(instance.sop_uid)
            instances.append(instance)
        else:
            left_out[found] += 1
    first = _only_patient(patients, contents)
    return Inventory(
        identity=identity_of(first),
        patient_id=str(first.get("PatientID", "")),
        instances=tuple(instances),
        left_out=left_out,
        telling=frozenset(telling),
    )


def _only_patient(patients: dict[str, Dataset], contents: Contents) -> Dataset:
    if not patients:
        msg = f"{contents.title} holds no DICOM file that can be read; give the folder of the scans"
        raise InputError(msg)
    if len(patients) > 1:
        msg = (
            f"the folder holds DICOM files of {len(patients)} patients; give each patient a folder"
            " of their own, and files of unknown patients one a study"
        )
        raise InputError(msg)
    return next(iter(patients.values()))


def _instance(path: Path, header: Dataset) -> Instance:
    return Instance(
        path=path,
        study_uid=_text(header, "StudyInstanceUID"),
        series_uid=_text(header, "SeriesInstanceUID"),
        sop_uid=_text(header, "SOPInstanceUID"),
        study_date=_text(header, "StudyDate"),
        series_number=_whole(header.get("SeriesNumber")),
        description=_text(header, "SeriesDescription") or _text(header, "ProtocolName"),
        number=_whole(header.get("InstanceNumber")),
    )


def _text(header: Dataset, keyword: str) -> str:
    value = header.get(keyword)
    return "" if value is None else str(value).strip(" \0")


def _whole(value: Any) -> int:  # noqa: ANN401 - whatever a damaged header holds
    try:
        return int(str(value))
    except ValueError:
        return 0


def _telling_texts(dataset: Dataset) -> Iterator[str]:
    """Yield the texts that the profile takes away without cleaning them, at every level."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value or ():
                yield from _telling_texts(item)
        elif element.VR in _TEXTS and not element.tag.is_private:
            rule = rule_of(element.tag)
            if rule is not None and rule.action in _TAKEN_AWAY and not element.is_empty:
                value = element.value
                yield from (str(one) for one in (value if element.VM > 1 else [value]))
