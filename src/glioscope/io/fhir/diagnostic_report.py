"""The DiagnosticReport: what a person opens, and the list of everything that was observed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence

from glioscope.core import Region, Severity
from glioscope.io.fhir.setting import Setting, identifier
from glioscope.io.fhir.terms import BRAIN_MRI, RADIOLOGY, Json, defined, narrative
from glioscope.io.results.folder import WrittenResult
from glioscope.io.results.measured import measured_groups
from glioscope.io.results.stated import abstained, notices


def diagnostic_report(
    result: WrittenResult, setting: Setting, observed: Sequence[str], pdf: bytes | None
) -> tuple[str, Json]:
    """Return URN and report, preliminary as its observations are.

    Args:
        result: What was found.
        setting: Of the result.
        observed: URNs of the Observations.
        pdf: The report of the result, taken into the resource.
    """
    urn = setting.urn("report")
    sentences = tuple(_conclusion(result))
    return urn, defined(
        resourceType="DiagnosticReport",
        text=narrative(*sentences),
        identifier=[identifier(urn)],
        status="preliminary",
        category=[{"coding": [one]} for one in RADIOLOGY],
        code={"coding": [BRAIN_MRI], "text": "MRI of the brain: glioma, measured by Glioscope"},
        subject=setting.subject,
        effectiveDateTime=setting.imaged,
        issued=setting.issued,
        result=[{"reference": one, "type": "Observation"} for one in observed],
        imagingStudy=setting.derived_from,
        conclusion="\n".join(sentences),
        presentedForm=[] if pdf is None else [_attached(pdf, setting)],
    )


def _conclusion(result: WrittenResult) -> Iterator[str]:
    yield result.content["statement"]
    yield _found(result)
    for one in notices(result):
        if one.severity is not Severity.INFO:
            yield f"{one.severity.capitalize()}: {one.message}"
    reason = abstained(result)
    if reason is not None:
        yield f"Nothing was predicted: {reason}"


def _found(result: WrittenResult) -> str:
    for group in measured_groups(result):
        if group.region is Region.WT and group.lesion_id is None:
            volume = group.numbers[0]
            lesions = result.content["measurements"]["lesion_count"]
            what = "1 lesion" if lesions == 1 else f"{lesions} lesions"
            return f"Tumor found: {what}, {volume.value} {volume.unit} in all."
    return "No tumor was found."


def _attached(pdf: bytes, setting: Setting) -> Json:
    # FHIR asks for SHA-1 here; it tells a damaged file, not a forged one
    digest = hashlib.sha1(pdf, usedforsecurity=False).digest()
    return {
        "contentType": "application/pdf",
        "language": "en",
        "data": base64.b64encode(pdf).decode("ascii"),
        "size": len(pdf),
        "hash": base64.b64encode(digest).decode("ascii"),
        "title": "Glioscope report",
        "creation": setting.issued,
    }
