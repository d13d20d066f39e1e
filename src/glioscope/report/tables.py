"""The tables of the report."""

from __future__ import annotations

from collections.abc import Mapping

from glioscope.core import (
    Alignment,
    CaseResult,
    Choice,
    Diameters,
    Findings,
    Lesion,
    Location,
    Quality,
    Quantity,
    Region,
    Segmentation,
    Sequence,
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
from glioscope.report.plain import without_folder
from glioscope.report.prose import diameters_text
from glioscope.report.words import (
    REGION_NAMES,
    REGION_ORDER,
    SEQUENCE_NAMES,
    capitalized,
    main_diameters,
    missing_sequences,
    sided,
)

_LISTED_STRUCTURES = 8
_LISTED_LESIONS = 10
_LISTED_ELOQUENT = 8
_TIMES = "\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}"


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
    return Table(
        caption="Lesions, largest first",
        columns=(
            Column(title="Lesion", weight=0.7),
            Column(title="Place", weight=2.2),
            Column(title="Whole tumor (mL)", weight=1.0, numeric=True),
            Column(title="Tumor core (mL)", weight=1.0, numeric=True),
            Column(title="Enhancing tumor (mL)", weight=1.1, numeric=True),
            Column(title="Axial diameters", weight=1.5, numeric=True),
            Column(title="of", weight=1.2),
            Column(title="RANO 2.0", weight=1.2),
        ),
        rows=tuple(_lesion_row(lesion) for lesion in lesions[:_LISTED_LESIONS]),
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
    columns += [Column(title=f"{capitalized(REGION_NAMES[r])} (%)", numeric=True) for r in regions]
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
    """Return the nearest eloquent structures."""
    return Table(
        caption="Distance to eloquent structures, nearest first",
        columns=(
            Column(title="Structure", weight=2.4),
            Column(title="From", weight=1.4),
            Column(title="Distance (mm)", weight=1.0, numeric=True),
            Column(title="Place known to (mm)", weight=1.0, numeric=True),
            Column(title="Source of its place", weight=2.6),
        ),
        rows=tuple(
            (
                capitalized(sided(near.structure, near.hemisphere)),
                REGION_NAMES[near.region].replace(" ", "\N{NO-BREAK SPACE}"),
                shown_value(near.distance),
                f"±{fixed(near.uncertainty_mm, 0)}",
                near.source,
            )
            for near in location.eloquent[:_LISTED_ELOQUENT]
        ),
        note="Places are those of a standard brain carried over by registration; 0 is overlap.",
    )


def accuracy_table(segmentation: Segmentation) -> Table:
    """Return the accuracy measured for these sequences, beside that of all four."""
    expected, complete = segmentation.expected_dice, segmentation.complete_dice
    return Table(
        caption="Agreement with experts to be expected (Dice, 1 is perfect)",
        columns=(
            Column(title="Region", weight=2.0),
            Column(title="These sequences", weight=1.2, numeric=True),
            Column(title="95% interval", weight=1.4, numeric=True),
            Column(title="All four sequences", weight=1.2, numeric=True),
            Column(title="95% interval of all four", weight=1.4, numeric=True),
        ),
        rows=tuple(
            (
                capitalized(REGION_NAMES[region]),
                *_dice(expected, region),
                *_dice(complete, region),
            )
            for region in REGION_ORDER
            if region in expected
        ),
    )


def sequences_table(result: CaseResult) -> Table:
    """Return which series was taken for what, why, and how it was aligned."""
    alignments = {alignment.sequence: alignment for alignment in result.case.alignments}
    rows = [_choice_row(choice, alignments.get(choice.sequence)) for choice in result.case.choices]
    rows += [
        (SEQUENCE_NAMES[sequence], "missing", *["–"] * 6)
        for sequence in missing_sequences(result)
        if sequence not in {choice.sequence for choice in result.case.choices}
    ]
    return Table(
        caption="Which series was taken for which sequence",
        columns=(
            Column(title="Sequence", weight=1.0),
            Column(title="Series", weight=2.6, breakable=True),
            Column(title="By tags", weight=0.8),
            Column(title="By content", weight=1.0),
            Column(title="By name", weight=0.8),
            Column(title="Witnesses", weight=1.0),
            Column(title="Moved (mm)", weight=1.1, numeric=True),
            Column(title="Match after", weight=0.8, numeric=True),
        ),
        rows=tuple(rows),
        note=f"Reference: {SEQUENCE_NAMES[result.case.reference]}. Match: normalized mutual"
        " information with the reference after registration, 1 to 2.",
    )


def quality_table(result: CaseResult) -> Table:
    """Return the measured quality of each series as it came."""
    return Table(
        caption="Quality of the series as they came",
        columns=(
            Column(title="Sequence", weight=1.3),
            Column(title="Voxels", weight=1.7),
            Column(title="Voxel size (mm)", weight=2.2),
            Column(title="Coverage (mm)", weight=1.2, numeric=True),
            Column(title="SNR", weight=0.7, numeric=True),
            Column(title="CNR", weight=0.7, numeric=True),
            Column(title="Ghosting", weight=1.1, numeric=True),
            Column(title="Saturated (%)", weight=1.3, numeric=True),
            Column(title="Slices without image", weight=1.1, numeric=True),
        ),
        rows=tuple(_quality_row(quality) for quality in result.case.qualities),
        note="SNR: signal to noise; CNR: contrast to noise. A dash: not measurable, as where the"
        " background was removed before.",
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


def _lesion_row(lesion: Lesion) -> tuple[str, ...]:
    volumes = [
        shown_value(lesion.volumes[region]) if region in lesion.volumes else "–"
        for region in (Region.WT, Region.TC, Region.ET)
    ]
    name = f"{lesion.lesion_id} (satellite)" if lesion.satellite else str(lesion.lesion_id)
    place = lesion.main_lobe or "not located"
    side = "both sides" if lesion.hemisphere == "both" else str(lesion.hemisphere)
    if lesion.diameters is None:
        return (name, f"{place}, {side}", *volumes, UNDEFINED, "–", "too small")
    measurable = "measurable" if lesion.diameters.measurable else "not measurable"
    of = REGION_NAMES[lesion.diameters_region]
    return (name, f"{place}, {side}", *volumes, diameters_text(lesion.diameters), of, measurable)


def _dice(figures: Mapping[Region, tuple[float, float, float]], region: Region) -> tuple[str, str]:
    if region not in figures:
        return ("–", "–")
    mean, low, high = figures[region]
    return (fixed(mean, 2), f"{fixed(low, 2)} to {fixed(high, 2)}")


def _choice_row(choice: Choice, alignment: Alignment | None) -> tuple[str, ...]:
    said = {choice.by_tags, choice.by_content, choice.by_name} - {None}
    agree = "agree" if said <= {choice.sequence} else "DISAGREE"
    probability = optional(choice.content_probability, 2)
    content = _name(choice.by_content)
    if choice.content_probability is not None:
        content = f"{content} ({probability})"
    return (
        SEQUENCE_NAMES[choice.sequence],
        without_folder(choice.series_id),
        _name(choice.by_tags),
        content,
        _name(choice.by_name),
        agree,
        *_alignment_cells(alignment),
    )


def _alignment_cells(alignment: Alignment | None) -> tuple[str, str]:
    if alignment is None:
        return ("–", "–")
    moved = "was aligned" if alignment.already_aligned else fixed(alignment.moved_mm, 1)
    return (moved, fixed(alignment.similarity, 2))


def _quality_row(quality: Quality) -> tuple[str, ...]:
    return (
        SEQUENCE_NAMES[quality.sequence],
        _TIMES.join(str(size) for size in quality.shape),
        _TIMES.join(fixed(size, 2) for size in quality.spacing_mm),
        fixed(quality.coverage_mm, 0),
        optional(quality.snr, 1),
        optional(quality.contrast_to_noise, 1),
        optional(quality.motion, 2),
        fixed(quality.saturated_percent, 1),
        str(len(quality.noise_slices)),
    )


def _shape_value(quantity: Quantity) -> str:
    return shown_value(quantity, 0 if quantity.unit in {"mm2", "mm3"} else None)


def _name(sequence: Sequence | None) -> str:
    return "–" if sequence is None else SEQUENCE_NAMES[sequence]
