"""The tables of the findings."""

from __future__ import annotations

from glioscope.core import (
    Diameters,
    Findings,
    Hemisphere,
    Lesion,
    Location,
    Quantity,
    Region,
)
from glioscope.report.document import Column, Table
from glioscope.report.numbers import (
    UNDEFINED,
    fixed,
    optional,
    shown_interval,
    shown_unit,
    shown_value,
)
from glioscope.report.prose import diameters_text
from glioscope.report.words import (
    REGION_NAMES,
    REGION_ORDER,
    capitalized,
    eloquent_structures,
    main_diameters,
    sided,
)

_LISTED_STRUCTURES = 8
_LISTED_LESIONS = 10
_LISTED_ELOQUENT = 8


def measures_table(findings: Findings) -> Table:
    """Return the main measures, one row a source region."""
    measurements = findings.measurements
    diameters = main_diameters(measurements)
    rows = []
    for region in REGION_ORDER:
        quantities = (
            measurements.volumes.get(region),
            measurements.proportions.get(region),
            measurements.maximum_3d_diameter.get(region),
            *_axial(diameters.get(region)),
        )
        rows.append((capitalized(REGION_NAMES[region]), *map(_with_interval, quantities)))
    titles = ("Volume (mL)", "Share of whole tumor (%)", "Longest diameter in 3D (mm)")
    axial = ("Longest in the axial plane* (mm)", "Perpendicular* (mm)", "Product* (mm²)")
    weights = (2.35, 1.35, 1.3, 1.45, 1.75, 1.15)
    return Table(
        caption="Measures by source region",
        columns=(
            Column(title="Source region", weight=2.3),
            *(
                Column(title=title, weight=weight, numeric=True)
                for title, weight in zip(titles + axial, weights, strict=True)
            ),
        ),
        rows=tuple(rows),
        note=_measures_note(findings),
    )


def extent_table(findings: Findings) -> Table:
    """Return what is counted or judged on the whole tumour or the whole head, in one row."""
    measurements, location = findings.measurements, findings.location
    cells = {
        "Lesions (whole tumor)": str(len(measurements.lesions)),
        "Satellites (whole tumor)": str(measurements.satellites),
        "Multifocal (tumor core)": _yes(measurements.multifocal),
    }
    if location:
        shift = shown_value(location.midline_shift)
        towards = f" to the {location.midline_shift_towards}" if shift != UNDEFINED else ""
        towards = towards if location.midline_shift_towards else ""
        cells |= {
            "Midline shift of the head (mm)": f"{shift}{towards}",
            "Whole tumor left of midline (%)": optional(location.left_percent, 1),
            "Core crosses the midline": _yes(location.crosses_midline),
            "Tumor touches the cortex": _yes(location.contact_cortex),
            "Tumor touches the ventricles": _yes(location.contact_ventricles),
        }
    return Table(
        caption="Extent",
        columns=tuple(Column(title=title) for title in cells),
        rows=(tuple(cells.values()),),
    )


def lesions_table(findings: Findings) -> Table:
    """Return one row a lesion, the largest first."""
    lesions = findings.measurements.lesions
    left_out = len(lesions) - _LISTED_LESIONS
    located = findings.location is not None and findings.location.hemisphere is not None
    return Table(
        caption="Lesions, largest first",
        columns=(
            Column(title="Lesion", weight=1.25),
            Column(title="Place", weight=1.9),
            Column(title="Whole tumor (mL)", weight=1.0, numeric=True),
            Column(title="Tumor core (mL)", weight=1.0, numeric=True),
            Column(title="Enhancing tumor (mL)", weight=1.1, numeric=True),
            Column(title="Axial diameters", weight=1.5, numeric=True),
            Column(title="of", weight=1.2),
            Column(title="RANO 2.0", weight=1.2),
        ),
        rows=tuple(_lesion_row(one, located=located) for one in lesions[:_LISTED_LESIONS]),
        note=f"{left_out} smaller ones are in result.json." if left_out > 0 else None,
    )


def location_table(location: Location) -> Table:
    """Return the share of each region in the structures that hold most of the whole tumor."""
    regions = [region for region in REGION_ORDER if location.involvement.get(region)]
    shares = {
        region: {(part.structure, part.hemisphere): part for part in location.involvement[region]}
        for region in regions
    }
    main = location.involvement.get(Region.WT, ())[:_LISTED_STRUCTURES]
    columns = [Column(title="Structure", weight=2.4)]
    columns += [
        Column(
            title=f"{capitalized(REGION_NAMES[r])} (%)",
            weight=1.35 if r is Region.NCR else 1.0,
            numeric=True,
        )
        for r in regions
    ]
    columns.append(Column(title="Structure covered by whole tumor (%)", weight=1.2, numeric=True))
    rows = []
    for part in main:
        key = (part.structure, part.hemisphere)
        percents = [
            fixed(shares[region][key].percent_of_region, 1) if key in shares[region] else "–"
            for region in regions
        ]
        name = capitalized(sided(part.structure, part.hemisphere))
        rows.append((name, *percents, fixed(part.percent_of_structure, 1)))
    return Table(
        caption="Share of each region in the structures that hold most of the tumor",
        columns=tuple(columns),
        rows=tuple(rows),
        note=f"Atlas: {location.atlas}. Match of the template with this brain (normalized"
        f" cross-correlation): {fixed(location.registration_quality, 2)}.",
    )


def eloquent_table(location: Location) -> Table:
    """Return the nearest eloquent structures, with the distance from each region."""
    structures = eloquent_structures(location)[:_LISTED_ELOQUENT]
    regions = [region for region in REGION_ORDER if any(region in near for near in structures)]
    rows = []
    for by_region in structures:
        first = next(iter(by_region.values()))
        distances = [
            shown_value(by_region[region].distance) if region in by_region else "–"
            for region in regions
        ]
        name = capitalized(sided(first.structure, first.hemisphere))
        rows.append((name, *distances, f"±{fixed(first.uncertainty_mm, 0)}", first.source))
    return Table(
        caption="Distance to eloquent structures, nearest first",
        columns=(
            Column(title="Structure", weight=2.4),
            *(
                Column(title=f"From {REGION_NAMES[region]} (mm)", weight=1.1, numeric=True)
                for region in regions
            ),
            Column(title="Place known to (mm)", weight=1.0, numeric=True),
            Column(title="Source of its place", weight=2.6),
        ),
        rows=tuple(rows),
        note="Places are those of a standard brain carried over by registration; 0 is overlap.",
    )


def shape_table(findings: Findings) -> Table:
    """Return the shape features by region."""
    shape = findings.measurements.shape
    regions = [region for region in REGION_ORDER if region in shape]
    names = sorted({name for features in shape.values() for name in features})
    rows = []
    for name in names:
        found = [shape[region].get(name) for region in regions]
        unit = next(shown_unit(quantity.unit) for quantity in found if quantity)
        values = [UNDEFINED if quantity is None else _shape_value(quantity) for quantity in found]
        rows.append((name, *values, unit))
    columns = [Column(title="Feature (PyRadiomics)", weight=2.0)]
    columns += [Column(title=capitalized(REGION_NAMES[r]), numeric=True) for r in regions]
    columns.append(Column(title="Unit", weight=0.6))
    return Table(caption="Shape", columns=tuple(columns), rows=tuple(rows))


def _with_interval(quantity: Quantity | None) -> str:
    if quantity is None:
        return "–"
    interval = shown_interval(quantity)
    return shown_value(quantity) if interval is None else f"{shown_value(quantity)} ({interval})"


def _axial(diameters: Diameters | None) -> tuple[Quantity | None, ...]:
    if diameters is None:
        return (None, None, None)
    return (diameters.longest, diameters.perpendicular, diameters.product)


def _measures_note(findings: Findings) -> str:
    measured = findings.measurements
    quantities = [*measured.volumes.values(), *measured.proportions.values()]
    quantities += measured.maximum_3d_diameter.values()
    kinds = dict.fromkeys(q.interval for q in quantities if q.interval and q.low is not None)
    diameters = "* Of the lesion with the largest product, in one axial plane (RANO 2.0)."
    return f"{diameters} In brackets: {'; '.join(map(str, kinds))}." if kinds else diameters


def _yes(claim: bool | None) -> str:
    return {True: "yes", False: "no", None: UNDEFINED}[claim]


def _lesion_row(lesion: Lesion, *, located: bool) -> tuple[str, ...]:
    volumes = [
        shown_value(lesion.volumes[region]) if region in lesion.volumes else "–"
        for region in (Region.WT, Region.TC, Region.ET)
    ]
    name = f"{lesion.lesion_id} (satellite)" if lesion.satellite else str(lesion.lesion_id)
    place = _lesion_place(lesion) if located else "not located"
    if lesion.diameters is None:
        return (name, place, *volumes, UNDEFINED, "–", "too small")
    measurable = "measurable" if lesion.diameters.measurable else "not measurable"
    of = REGION_NAMES[lesion.diameters_region]
    return (name, place, *volumes, diameters_text(lesion.diameters), of, measurable)


def _lesion_place(lesion: Lesion) -> str:
    side = "both sides" if lesion.hemisphere is Hemisphere.BOTH else str(lesion.hemisphere)
    return f"{lesion.main_lobe}, {side}" if lesion.main_lobe else side


def _shape_value(quantity: Quantity) -> str:
    return shown_value(quantity, 0 if quantity.unit in {"mm2", "mm3"} else None)
