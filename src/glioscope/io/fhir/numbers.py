"""An Observation for each number of a result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from pydicom.sr.codedict import codes

from glioscope.core import Hemisphere, Quantity
from glioscope.io.dicom_out.codes import BRAIN, LATERALITY, REGION_TYPES, SITES
from glioscope.io.dicom_out.codes_sr import INTERVAL_HIGH, INTERVAL_LOW, quantity_code
from glioscope.io.fhir.setting import Setting, identifier
from glioscope.io.fhir.terms import IMAGING, Json, concept, defined, narrative, quantity
from glioscope.io.results.folder import WrittenResult
from glioscope.io.results.measured import (
    REGION_NAMES,
    MeasuredGroup,
    head_numbers,
    measured_groups,
)

_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "volume": "Volume",
        "maximum_3d_diameter": "Largest diameter",
        "longest_axial_diameter": "Longest axial diameter",
        "perpendicular_axial_diameter": "Perpendicular axial diameter",
        "product_of_axial_diameters": "Product of the axial diameters",
        "proportion_of_whole_tumor": "Share of the whole tumor",
        "midline_shift": "Midline shift",
        "left_percent": "Share left of the midline",
    }
)


def number_observations(result: WrittenResult, setting: Setting) -> Iterator[tuple[str, Json]]:
    """Yield URN and Observation of every number: regions, then lesions, then the head.

    All are preliminary, FHIR's word for what nobody has verified.
    """
    for group in measured_groups(result):
        for number in group.numbers:
            yield _of_group(number, group, setting)
    for number in head_numbers(result):
        yield _of_head(number, setting)


def observation(urn: str, setting: Setting, **fields: object) -> Json:
    """Return an Observation: the fields given, and those that all of a result share."""
    return defined(
        resourceType="Observation",
        identifier=[identifier(urn)],
        status="preliminary",
        category=[{"coding": [IMAGING]}],
        subject=setting.subject,
        effectiveDateTime=setting.imaged,
        issued=setting.issued,
        device={"reference": setting.device, "type": "Device"},
        derivedFrom=setting.derived_from,
        **fields,
    )


def _of_group(number: Quantity, group: MeasuredGroup, setting: Setting) -> tuple[str, Json]:
    urn = setting.urn(group.tracking_id, number.name)
    site = BRAIN if group.site is None else SITES.get(group.site)  # of one's own atlas: no code
    return urn, observation(
        urn,
        setting,
        **_measured(number, f"{_NAMES[number.name]}, {group.title.lower()}"),
        bodySite=concept(_place(group), *([] if site is None else [site])),
        component=[*_whose(group), *_interval(number)],
    )


def _of_head(number: Quantity, setting: Setting) -> tuple[str, Json]:
    urn = setting.urn("head", number.name)
    region = "" if number.region is None else f", {REGION_NAMES[number.region].lower()}"
    return urn, observation(
        urn,
        setting,
        **_measured(number, f"{_NAMES[number.name]}{region}"),
        bodySite=concept("brain", BRAIN),
        component=list(_interval(number)),
    )


def _measured(number: Quantity, title: str) -> Json:
    value = number.value
    return defined(
        text=narrative(f"{title}: {value} {number.unit}"),
        code=concept(title, quantity_code(number.name)),
        valueQuantity=None if value is None else quantity(value, number.unit),
        method={"text": number.method},
    )


def _whose(group: MeasuredGroup) -> Iterator[Json]:
    """Yield the components that tell one group's numbers from another's."""
    yield {
        "code": concept("tracking identifier", codes.DCM.TrackingIdentifier),
        "valueString": group.tracking_id,
    }
    yield {
        "code": concept("finding", codes.DCM.Finding),
        "valueCodeableConcept": concept(REGION_NAMES[group.region], REGION_TYPES[group.region]),
    }
    side = group.hemisphere
    if side is not None:
        yield {
            "code": concept("laterality", codes.SCT.Laterality),
            "valueCodeableConcept": concept(str(side), LATERALITY[side]),
        }


def _interval(number: Quantity) -> Iterator[Json]:
    ends = ((INTERVAL_LOW, "lower", number.low), (INTERVAL_HIGH, "upper", number.high))
    for code, word, value in ends:
        if value is not None:
            text = f"{word} end of the interval: {number.interval}"
            yield {"code": concept(text, code), "valueQuantity": quantity(value, number.unit)}


def _place(group: MeasuredGroup) -> str:
    site = group.site or "brain"
    if group.hemisphere is None:
        return site
    if group.hemisphere is Hemisphere.BOTH:
        return f"{site}, both sides"
    return f"{group.hemisphere} {site}"
