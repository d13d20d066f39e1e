"""How the report calls regions, sequences and sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from glioscope.core import (
    CaseResult,
    Diameters,
    EloquentDistance,
    Hemisphere,
    Location,
    Measurements,
    Notice,
    Patient,
    Region,
    Sequence,
    Severity,
)

STATEMENT: Final = (
    "Glioscope is research software and not a medical device; a radiologist must check all of this"
    " before use."
)

SEX_NAMES: Final[Mapping[str, str]] = MappingProxyType({"F": "female", "M": "male", "O": "other"})

REGION_NAMES: Final[Mapping[Region, str]] = MappingProxyType(
    {
        Region.WT: "whole tumor",
        Region.TC: "tumor core",
        Region.ET: "enhancing tumor",
        Region.NCR: "necrotic or non-enhancing core",
        Region.ED: "edema",
    }
)

REGION_ORDER: Final = tuple(REGION_NAMES)

SEQUENCE_NAMES: Final[Mapping[Sequence, str]] = MappingProxyType(
    {Sequence.T1: "T1", Sequence.T1C: "T1c", Sequence.T2: "T2", Sequence.FLAIR: "FLAIR"}
)

MISSING_COSTS: Final[Mapping[Sequence, str]] = MappingProxyType(
    {
        Sequence.T1: (
            "without it, blood products and calcification that are bright on T1 may be taken for"
            " enhancement"
        ),
        Sequence.T1C: (
            "without it, enhancement can't be seen: the enhancing and the necrotic part are"
            " guessed from the other sequences"
        ),
        Sequence.T2: "without it, necrosis, cysts and edema are told apart less well",
        Sequence.FLAIR: (
            "without it, edema next to the ventricles and the cortex is told from fluid less well"
        ),
    }
)


def listed(words: Iterable[str]) -> str:
    """Join words as English does: "a, b and c"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def capitalized(text: str) -> str:
    """Return the text with a capital first letter, the rest untouched."""
    return text[:1].upper() + text[1:]


def sequences_text(sequences: Iterable[Sequence]) -> str:
    """Return such as "T1c and FLAIR"; "none" for none."""
    names = [SEQUENCE_NAMES[sequence] for sequence in Sequence if sequence in set(sequences)]
    return listed(names) if names else "none"


def sided(structure: str, hemisphere: Hemisphere | None) -> str:
    """Return a structure with its side; one on the midline or without side as it is."""
    if hemisphere in {None, Hemisphere.BOTH}:
        return structure
    return f"{hemisphere} {structure}"


def patient_facts(patient: Patient) -> tuple[tuple[str, str], ...]:
    """Return age and sex as the user told them, by name."""
    age, sex = patient.age_years, patient.sex
    return (
        ("Age", "not given" if age is None else f"{age:g} years"),
        ("Sex", "not given" if sex is None else SEX_NAMES[sex]),
    )


def used_sequences(result: CaseResult) -> tuple[Sequence, ...]:
    """Return what the segmentation was made from."""
    return result.segmentation.sequences or result.case.sequences


def missing_sequences(result: CaseResult) -> tuple[Sequence, ...]:
    """Return what the segmentation went without, in channel order."""
    used = used_sequences(result)
    return tuple(sequence for sequence in Sequence if sequence not in used)


def all_notices(result: CaseResult) -> tuple[Notice, ...]:
    """Return the notices of all stages, each once, alarms first, else in order of the stages."""
    location = result.findings.location
    found = [
        *result.notices,
        *(notice for quality in result.case.qualities for notice in quality.notices),
        *result.case.notices,
        *result.segmentation.notices,
        *result.findings.notices,
        *(location.notices if location else ()),
        *(result.assessment.notices if result.assessment else ()),
    ]
    rank = (Severity.ALARM, Severity.WARNING, Severity.INFO)
    return tuple(sorted(dict.fromkeys(found), key=lambda notice: rank.index(notice.severity)))


def main_diameters(measurements: Measurements) -> dict[Region, Diameters]:
    """Return the axial diameters that stand for the whole case, by region.

    Where the measurements carry none of their own, they are those of the largest lesion.
    """
    if measurements.diameters:
        return {r: measurements.diameters[r] for r in REGION_ORDER if r in measurements.diameters}
    if not measurements.lesions or measurements.lesions[0].diameters is None:
        return {}
    largest = measurements.lesions[0]
    return {largest.diameters_region: largest.diameters} if largest.diameters else {}


def eloquent_structures(location: Location) -> tuple[dict[Region, EloquentDistance], ...]:
    """Return the distances of each eloquent structure by region, the nearest structure first.

    A structure without any defined distance is left out.
    """
    structures: dict[tuple[str, Hemisphere], dict[Region, EloquentDistance]] = {}
    for found in location.eloquent:
        if found.distance.value is not None:
            by_region = structures.setdefault((found.structure, found.hemisphere), {})
            by_region[found.region] = found
    return tuple(sorted(structures.values(), key=_nearest_mm))


def _nearest_mm(by_region: Mapping[Region, EloquentDistance]) -> list[float]:
    return sorted(found.distance.value or 0.0 for found in by_region.values())
