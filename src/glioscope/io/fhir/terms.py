"""Codes, units and small parts of FHIR resources, as plain values that turn into JSON."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from types import MappingProxyType
from typing import Any, Final

from pydicom.sr.coding import Code

from glioscope.io.dicom_out.codes import SCHEME
from glioscope.io.dicom_values import derived_uid

Json = dict[str, Any]

OWN_CODES: Final = f"urn:oid:{derived_uid('glioscope', 'codes')}"
"""Code system of what no standard names: the scheme 99GLIOSCOPE of the DICOM objects."""

CASES: Final = f"urn:oid:{derived_uid('glioscope', 'cases')}"
"""Identifier system of pseudonyms."""

RESOURCES: Final = f"urn:oid:{derived_uid('glioscope', 'resources')}"
"""Identifier system of the resources themselves."""

URI: Final = "urn:ietf:rfc:3986"
DICOM_UID: Final = "urn:dicom:uid"
UCUM: Final = "http://unitsofmeasure.org"
LOINC: Final = "http://loinc.org"

# FHIR R4, 4.3.0 "Using codes" names those of SCT, LN and DCM; where a coding scheme has no name
# there, the OID of PS3.16 table 8-1 stands for it
_SYSTEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "SCT": "http://snomed.info/sct",
        "LN": LOINC,
        "DCM": "http://dicom.nema.org/resources/ontology/DCM",
        "NCIt": "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
        "IBSI": "urn:oid:1.2.840.10008.2.16.13",
        SCHEME: OWN_CODES,
    }
)

BRAIN_MRI: Final[Json] = {"system": LOINC, "code": "24590-2", "display": "MR Brain"}
"""PS3.16 CID 646 and LOINC's imaging document codes."""

RADIOLOGY: Final[tuple[Json, Json]] = (
    {"system": LOINC, "code": "LP29684-5", "display": "Radiology"},
    {
        "system": "http://terminology.hl7.org/CodeSystem/v2-0074",
        "code": "RAD",
        "display": "Radiology",
    },
)
"""Category of a report: of US Core, and of FHIR's own example."""

IMAGING: Final[Json] = {
    "system": "http://terminology.hl7.org/CodeSystem/observation-category",
    "code": "imaging",
    "display": "Imaging",
}

_SHOWN_UNITS: Final[Mapping[str, str]] = MappingProxyType({"mm2": "mm²", "mm3": "mm³"})


def coding(code: Code) -> Json:
    """Return a code of the DICOM objects as FHIR writes it."""
    return {
        "system": _SYSTEMS[code.scheme_designator],
        "code": code.value,
        "display": code.meaning,
    }


def concept(text: str, *codes: Code) -> Json:
    """Return a CodeableConcept.

    Args:
        text: What a person reads.
        codes: Of the same meaning; none where there is no code.
    """
    return {**({"coding": [coding(code) for code in codes]} if codes else {}), "text": text}


def quantity(value: float, unit: str) -> Json:
    """Return a number of result.json with its UCUM unit, digit by digit the same."""
    return {"value": value, "unit": _SHOWN_UNITS.get(unit, unit), "system": UCUM, "code": unit}


def narrative(*sentences: str) -> Json:
    """Return what a person reads where a resource can't be rendered, a paragraph a sentence."""
    paragraphs = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    return {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{paragraphs}</div>',
    }


def defined(**fields: object) -> Json:
    """Return the fields of a resource that have a value: FHIR knows no null and no empty list."""
    return {name: value for name, value in fields.items() if value not in (None, [], {}, "")}
