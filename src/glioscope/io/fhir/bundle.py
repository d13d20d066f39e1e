"""All resources of one result in one Bundle, a transaction that a FHIR server stores whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydicom import Dataset

from glioscope.io.atomic import write_atomically
from glioscope.io.dicom_out.identity import Identity
from glioscope.io.dicom_out.origin import Origin
from glioscope.io.fhir.diagnostic_report import diagnostic_report
from glioscope.io.fhir.imaging_study import imaging_study
from glioscope.io.fhir.numbers import number_observations
from glioscope.io.fhir.predictions import prediction_observations
from glioscope.io.fhir.setting import device, make_setting
from glioscope.io.fhir.terms import Json
from glioscope.io.results.folder import WrittenResult

BUNDLE: Final = Path("fhir") / "bundle.json"


def make_bundle(
    result: WrittenResult,
    origin: Origin | None = None,
    identity: Identity | None = None,
    *,
    written: Sequence[Dataset] = (),
    pdf: bytes | None = None,
    identified: bool = False,
) -> Json:
    """Return a result as FHIR R4 (4.0.1).

    The Bundle is a transaction, so that a server stores all of it or nothing.  Each entry is
    created only if no resource has its identifier yet: sent twice it doubles nothing, and an
    ImagingStudy that the hospital holds is referred to and never overwritten.

    Args:
        result: Its numbers are those of result.json, digit by digit.
        origin: The images, if they were DICOM: gives the ImagingStudy its instances and the
            resources the day of the study.
        identity: Makes the identifiers; ``None`` is what ``identify`` gives for the result.
        written: DICOM objects made of this result, listed in the ImagingStudy.
        pdf: The report, taken into the DiagnosticReport.
        identified: Refer to the patient by ID and name of the images instead of the pseudonym.

    Raises:
        InputError: If the patient shall be identified and ``origin`` is not given.
    """
    setting = make_setting(result, origin, identity, identified=identified)
    observed = [
        *number_observations(result, setting),
        *prediction_observations(result, setting),
    ]
    report = diagnostic_report(result, setting, [urn for urn, _ in observed], pdf)
    study = imaging_study(result, origin, setting, written)
    entries = [report, *observed, (setting.device, device(result, setting))]
    if study is not None and setting.study is not None:
        entries.append((setting.study, study))
    return {
        "resourceType": "Bundle",
        "id": setting.urn("bundle").removeprefix("urn:uuid:"),
        "type": "transaction",
        "timestamp": setting.issued,
        "entry": [_entry(urn, resource) for urn, resource in entries],
    }


def write_bundle(bundle: Json, folder: Path) -> Path:
    """Write a Bundle as ``fhir/bundle.json`` below a folder.

    Returns:
        The path of the file.

    Raises:
        OutputError: If it can't be written; nothing is left behind.
    """
    text = json.dumps(bundle, indent=1, ensure_ascii=False, allow_nan=False)
    path = folder / BUNDLE
    write_atomically(path, f"{text}\n".encode())
    return path


def _entry(urn: str, resource: Json) -> Json:
    kind, (own, *_) = resource["resourceType"], resource["identifier"]
    return {
        "fullUrl": urn,
        "resource": resource,
        "request": {
            "method": "POST",
            "url": kind,
            "ifNoneExist": f"identifier={own['system']}|{own['value']}",
        },
    }
