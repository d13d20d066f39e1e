"""The DICOM study that a result was made of, and of the objects made of the result."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pydicom import Dataset

from glioscope.io.dicom_out.codes import BRAIN
from glioscope.io.dicom_out.origin import Origin
from glioscope.io.fhir.setting import Setting, tag_text
from glioscope.io.fhir.terms import DICOM_UID, URI, Json, coding, defined, narrative
from glioscope.io.results.folder import WrittenResult

_MODALITIES = "http://dicom.nema.org/resources/ontology/DCM"
_UID = re.compile(r"[0-2](?:\.(?:0|[1-9]\d*))+")


def imaging_study(
    result: WrittenResult, origin: Origin | None, setting: Setting, written: Iterable[Dataset]
) -> Json | None:
    """Return the study, or ``None`` where the images were no DICOM.

    Args:
        result: Names the series that were read.
        origin: The reference series, whose instances are listed; ``None`` lists no instance.
        setting: Of the result.
        written: Objects that Glioscope wrote of the result into this study.
    """
    if setting.study_uid is None:
        return None
    # what a scanner or a person wrote into a description may name the patient
    source = _listed(origin.datasets if origin else (), described=False)
    listed = [*source, *_listed(written, described=True)]
    series = [*listed, *_only_named(result, {str(one["uid"]) for one in listed})]
    modalities = dict.fromkeys(one["modality"]["code"] for one in series)
    return defined(
        resourceType="ImagingStudy",
        text=narrative("The study that Glioscope read and the objects that it made of it."),
        identifier=[{"system": DICOM_UID, "value": f"urn:oid:{setting.study_uid}"}],
        status="available",
        modality=[_modality(one) for one in modalities],
        subject=setting.subject,
        started=setting.imaged,
        series=series,
    )


def _listed(objects: Iterable[Dataset], *, described: bool) -> Iterator[Json]:
    members: dict[str, list[Dataset]] = {}
    for one in objects:
        members.setdefault(str(one.SeriesInstanceUID), []).append(one)
    for uid, instances in members.items():
        first = instances[0]
        yield defined(
            uid=uid,
            number=_unsigned(tag_text(first, "SeriesNumber")),
            modality=_modality(tag_text(first, "Modality") or "MR"),
            description=tag_text(first, "SeriesDescription") if described else None,
            bodySite=coding(BRAIN),
            instance=[_instance(one) for one in instances],
        )


def _only_named(result: WrittenResult, listed: set[str]) -> Iterator[Json]:
    """Yield the series that were read of which nothing but the UID is at hand."""
    for choice in result.content["sequences"]["choices"]:
        # a suffix tells several volumes of one series apart
        uid = str(choice["series_id"]).partition("-")[0]
        if _UID.fullmatch(uid) and uid not in listed:
            listed.add(uid)
            yield {"uid": uid, "modality": _modality("MR"), "bodySite": coding(BRAIN)}


def _instance(one: Dataset) -> Json:
    return defined(
        uid=str(one.SOPInstanceUID),
        sopClass={"system": URI, "code": f"urn:oid:{one.SOPClassUID}"},
        number=_unsigned(tag_text(one, "InstanceNumber")),
    )


def _modality(code: str) -> Json:
    return {"system": _MODALITIES, "code": code}


def _unsigned(written: str) -> int | None:
    """Return a number of a series or instance; FHIR has no negative ones."""
    return int(written) if written.isdecimal() else None
