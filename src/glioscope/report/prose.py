"""The findings in a radiologist's words, built from numbers alone."""

from __future__ import annotations

from collections.abc import Mapping

from glioscope.core import (
    CaseResult,
    Diameters,
    EloquentDistance,
    Findings,
    Hemisphere,
    Location,
    Region,
    Sequence,
)
from glioscope.report.numbers import fixed, shown
from glioscope.report.words import (
    REGION_NAMES,
    REGION_ORDER,
    capitalized,
    eloquent_structures,
    listed,
    main_diameters,
    missing_sequences,
    sequences_text,
    sided,
    used_sequences,
)

_EXTENSION_PERCENT = 10.0
"""A structure that holds less of the tumor is left to the table."""

_NAMED_EXTENSIONS = 3
_NAMED_ELOQUENT = 3
_NEAR_MM = 20.0


def findings_sentences(result: CaseResult) -> tuple[str, ...]:
    """Return two to six sentences: what and where, how large, of what, effects, eloquence."""
    if not result.findings.has_tumor:
        return _no_tumor(result)
    sentences = [
        _what_and_where(result),
        _size(result.findings),
        _composition(result),
        _effects(result.findings),
        _eloquent(result.findings.location),
    ]
    return tuple(sentence for sentence in sentences if sentence)


def diameters_text(diameters: Diameters) -> str:
    """Return such as "42 x 31 mm"; undefined in words."""
    if diameters.longest.value is None or diameters.perpendicular.value is None:
        return "not defined"
    long, short = diameters.longest.value, diameters.perpendicular.value
    return f"{fixed(long, 1)} × {fixed(short, 1)} mm"


def volume_of(findings: Findings, region: Region) -> float:
    """Return a volume in ml; 0 for a region that is empty or was not measured."""
    quantity = findings.measurements.volumes.get(region)
    return 0.0 if quantity is None or quantity.value is None else quantity.value


def _no_tumor(result: CaseResult) -> tuple[str, ...]:
    used = sequences_text(used_sequences(result))
    found = f"No tumor was found on {used}: the segmentation is empty."
    caution = (
        "An empty result does not exclude a tumor; small lesions are the ones most often missed,"
        " so read the images."
    )
    shift = _midline(result.findings.location)
    return tuple(sentence for sentence in (found, shift, caution) if sentence)


def _what_and_where(result: CaseResult) -> str:
    findings = result.findings
    lesions = findings.measurements.lesions
    kind, place = _kind(result), _place(findings)
    if len(lesions) == 1:
        article = "An" if kind.startswith("e") else "A"
        return f"{article} {kind} {place}, as a single lesion."
    how = "multifocal" if findings.measurements.multifocal else "not multifocal"
    satellites = findings.measurements.satellites
    apart = f", {satellites} of them {_satellites(satellites)}" if satellites else ""
    return f"{capitalized(kind)} {place}, in {len(lesions)} separate lesions{apart} ({how})."


def _kind(result: CaseResult) -> str:
    if Sequence.T1C in missing_sequences(result):
        return "tumor"
    return "enhancing tumor" if volume_of(result.findings, Region.ET) else "non-enhancing tumor"


def _satellites(number: int) -> str:
    return "a satellite" if number == 1 else "satellites"


def _place(findings: Findings) -> str:
    location = findings.location
    if location is None or location.hemisphere is None:
        return "whose place was not determined"
    if location.main_lobe is None:
        both = location.hemisphere is Hemisphere.BOTH
        return "in both hemispheres" if both else f"in the {location.hemisphere} hemisphere"
    where = f"of the {sided(location.main_lobe, location.main_lobe_hemisphere)}"
    extensions = _extensions(location)
    return f"{where}, extending into the {listed(extensions)}" if extensions else where


def _extensions(location: Location) -> list[str]:
    main = (location.main_lobe, location.main_lobe_hemisphere)
    return [
        f"{sided(part.structure, part.hemisphere)} ({fixed(part.percent_of_region, 0)}%)"
        for part in location.involvement.get(Region.WT, ())
        if part.percent_of_region >= _EXTENSION_PERCENT
        and (part.structure, part.hemisphere) != main
    ][:_NAMED_EXTENSIONS]


def _size(findings: Findings) -> str:
    volumes = findings.measurements.volumes
    parts = [
        f"{REGION_NAMES[region]} {shown(volumes[region])}"
        for region in (Region.WT, Region.TC, Region.ET)
        if region in volumes and volume_of(findings, region)
    ]
    sizes = f"Volumes: {listed(parts)}"
    diameters = main_diameters(findings.measurements)
    if not diameters:
        return f"{sizes}; too small for two axial diameters."
    texts = [
        f"{REGION_NAMES[region]} {diameters_text(found)} ({_measurable(found)})"
        for region, found in diameters.items()
        if region is not Region.TC
    ]
    return f"{sizes}. Axial diameters: {listed(texts)}."


def _measurable(diameters: Diameters) -> str:
    return "measurable" if diameters.measurable else "below the 10 × 10 mm of RANO 2.0"


def _composition(result: CaseResult) -> str:
    proportions = result.findings.measurements.proportions
    verbs = {
        Region.ET: "enhances",
        Region.NCR: "is necrotic or non-enhancing core",
        Region.ED: "is edema",
    }
    parts = [
        f"{shown(proportions[region], 0)} {verb}"
        for region, verb in verbs.items()
        if region in proportions and proportions[region].value
    ]
    if not parts:
        return ""
    text = f"Of the whole tumor {listed(parts)}"
    if Sequence.T1C in missing_sequences(result):
        return f"{text}, which is a guess: no contrast-enhanced T1 was given."
    return f"{text}."


def _effects(findings: Findings) -> str:
    location = findings.location
    if location is None or location.hemisphere is None:
        return "Side, midline and contact with structures were not determined."
    sentences = (_contacts(location), _crossing(findings, location), _midline(location))
    return " ".join(sentence for sentence in sentences if sentence)


def _contacts(location: Location) -> str:
    surfaces = {"cortex": location.contact_cortex, "ventricles": location.contact_ventricles}
    touched = [f"the {name}" for name, contact in surfaces.items() if contact]
    free = [f"the {name}" for name, contact in surfaces.items() if contact is False]
    claims = [f"touches {' and '.join(touched)}"] if touched else []
    claims += [f"keeps clear of {' and '.join(free)}"] if free else []
    return f"The whole tumor {listed(claims)}." if claims else ""


def _crossing(findings: Findings, location: Location) -> str:
    if location.crosses_midline is None:
        return ""
    whose = Region.TC if volume_of(findings, Region.TC) else Region.WT
    verb = "crosses" if location.crosses_midline else "does not cross"
    return f"The {REGION_NAMES[whose]} {verb} the midline."


def _midline(location: Location | None) -> str:
    if location is None or location.midline_shift.value is None:
        return ""
    if location.midline_shift_towards is None:
        return f"There is no relevant midline shift ({shown(location.midline_shift)})."
    side = location.midline_shift_towards
    return f"The midline is shifted by {shown(location.midline_shift)} to the {side}."


def _eloquent(location: Location | None) -> str:
    structures = eloquent_structures(location) if location else ()
    if not structures:
        return ""
    near = [s for s in structures if min(d.distance.value or 0.0 for d in s.values()) <= _NEAR_MM]
    if not near:
        return f"No named eloquent structure lies within {_NEAR_MM:.0f} mm."
    named = [next(iter(structure.values())) for structure in near[:_NAMED_ELOQUENT]]
    known = sorted({fixed(structure.uncertainty_mm, 0) for structure in named}, key=float)
    within = known[0] if len(known) == 1 else f"{known[0]} to {known[-1]}"
    texts = "; ".join(_eloquent_text(structure) for structure in near[:_NAMED_ELOQUENT])
    return f"Nearest eloquent structures, whose places are known to ±{within} mm: {texts}."


def _eloquent_text(by_region: Mapping[Region, EloquentDistance]) -> str:
    first = next(iter(by_region.values()))
    distances = [
        f"overlaps the {REGION_NAMES[region]}"
        if by_region[region].distance.value == 0
        else f"{shown(by_region[region].distance)} from the {REGION_NAMES[region]}"
        for region in REGION_ORDER
        if region in by_region
    ]
    return f"{sided(first.structure, first.hemisphere)} ({', '.join(distances)})"
