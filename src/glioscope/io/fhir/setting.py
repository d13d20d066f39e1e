"""What every resource of one result shares: the patient, the study, the program, the times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from pydicom import Dataset

from glioscope.core import InputError
from glioscope.io.dicom_out.identity import Identity
from glioscope.io.dicom_out.origin import Origin
from glioscope.io.dicom_quiet import BROKEN, tolerant
from glioscope.io.dicom_values import derived_uid
from glioscope.io.fhir.terms import CASES, RESOURCES, Json, defined
from glioscope.io.results.folder import WrittenResult

_DATE = re.compile(r"(\d{4})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a resource refers to.

    Args:
        identity: Makes the identifiers.
        subject: Logical reference to the patient.
        study_uid: StudyInstanceUID; ``None`` where the images were no DICOM.
        imaged: Day of the study, as FHIR writes it; ``None`` unknown.
        issued: When the analysis ended, an instant.
        device: URN of the Device.
    """

    identity: Identity
    subject: Json
    study_uid: str | None
    imaged: str | None
    issued: str
    device: str

    def urn(self, *parts: str) -> str:
        """Return the identifier of a resource of this result, the same whenever it is made."""
        return urn_of_uid(self.identity.uid("fhir", *parts))

    @property
    def study(self) -> str | None:
        """URN of the ImagingStudy: that of the study, whatever the result."""
        if self.study_uid is None:
            return None
        return urn_of_uid(derived_uid("fhir", "ImagingStudy", self.study_uid))

    @property
    def derived_from(self) -> list[Json]:
        """The reference that says on which images a number was measured."""
        return [] if self.study is None else [{"reference": self.study, "type": "ImagingStudy"}]


def urn_of_uid(uid: str) -> str:
    """Return a UID under the root 2.25 as the UUID that it is."""
    return f"urn:uuid:{UUID(int=int(uid.removeprefix('2.25.')))}"


def identifier(urn: str) -> Json:
    """Return the identifier by which a server finds that it holds a resource already.

    Not the URN itself, which stands for the resource in references: servers put the address that
    they give the resource in its place, some of them wherever it stands.
    """
    return {"system": RESOURCES, "value": urn.removeprefix("urn:uuid:")}


def tag_text(source: Dataset, keyword: str) -> str:
    """Return a tag of a DICOM object as text; one that is missing or malformed is empty."""
    try:
        with tolerant():
            value = source.get(keyword)
            return "" if value is None else str(value).strip()
    except BROKEN:
        return ""


def make_setting(
    result: WrittenResult, origin: Origin | None, identity: Identity | None, *, identified: bool
) -> Setting:
    """Return what the resources of a result share.

    Args:
        result: What was found.
        origin: The images; their study's date goes into the resources.
        identity: ``None`` is the one that ``identify`` gives.
        identified: Name the patient as the images do instead of by the pseudonym.

    Raises:
        InputError: If the patient shall be named and there are no images that do.
    """
    if identified and origin is None:
        msg = "only the DICOM files say who the patient is; give the folder that was analyzed"
        raise InputError(msg)
    study_uid = origin.study_uid if origin else result.run.get("study_instance_uid")
    source = origin.datasets[0] if origin else None
    versions = _versions(result)
    return Setting(
        identity=identity
        or Identity(study_uid=study_uid or "", digest=result.digest, finished=result.finished),
        subject=_dicom_subject(source) if identified and source else _pseudonym(result.case_id),
        study_uid=study_uid,
        imaged=None if source is None else _day(tag_text(source, "StudyDate")),
        issued=result.finished.isoformat(timespec="seconds"),
        device=urn_of_uid(derived_uid("fhir", "Device", *(v for pair in versions for v in pair))),
    )


def device(result: WrittenResult, setting: Setting) -> Json:
    """Return the program with its model as a Device: one for all patients and hospitals."""
    (_, version), *models = _versions(result)
    return {
        "resourceType": "Device",
        "identifier": [identifier(setting.device)],
        "status": "active",
        "manufacturer": "Glioscope",
        "deviceName": [{"name": "Glioscope", "type": "model-name"}],
        "type": {"text": "software that segments and measures gliomas in MRI"},
        "version": [
            {"type": {"text": "software"}, "value": version},
            *({"type": {"text": name}, "value": value} for name, value in models),
        ],
        "note": [{"text": result.content["statement"]}],
    }


def _versions(result: WrittenResult) -> list[tuple[str, str]]:
    model = result.content["segmentation"]["model"]
    own = [("glioscope", result.version)]
    return own if model is None else [*own, (f"model {model['name']}", str(model["version"]))]


def _pseudonym(case_id: str) -> Json:
    return {
        "type": "Patient",
        "identifier": {"system": CASES, "value": case_id},
        "display": case_id,
    }


def _dicom_subject(source: Dataset) -> Json:
    issuer = tag_text(source, "IssuerOfPatientID")
    identity = defined(
        type={
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/v2-0203",
                    "code": "MR",
                    "display": "Medical record number",
                }
            ]
        },
        value=tag_text(source, "PatientID"),
        assigner={"display": issuer} if issuer else None,
    )
    # what follows an equals sign is the same name in another script
    name = tag_text(source, "PatientName").partition("=")[0].replace("^", " ").strip()
    return defined(type="Patient", identifier=identity, display=name)


def _day(written: str) -> str | None:
    """Return a DICOM date as FHIR writes it; its time has no zone, which FHIR would demand."""
    found = _DATE.fullmatch(written)
    return None if found is None else "-".join(found.groups())
