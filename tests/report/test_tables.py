from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from glioscope.core import CaseResult, Findings, Hemisphere, Sequence
from glioscope.report.document import Table
from glioscope.report.input_tables import accuracy_table, quality_table, sequences_table
from glioscope.report.tables import extent_table, lesions_table, location_table, shape_table

MakeResult = Callable[..., CaseResult]


def cell(table: Table, row: str, title: str) -> str:
    """The text in the row of that name under that head."""
    column = [c.title for c in table.columns].index(title)
    return next(cells[column] for cells in table.rows if cells[0] == row)


def with_lesions(result: CaseResult, number: int) -> Findings:
    measurements = result.findings.measurements
    first = measurements.lesions[0]
    others = [
        replace(first, lesion_id=k, satellite=True, hemisphere=Hemisphere.BOTH, diameters=None)
        for k in range(2, number + 1)
    ]
    return replace(result.findings, measurements=replace(measurements, lesions=(first, *others)))


def test_each_lesion_has_its_row(result: CaseResult) -> None:
    table = lesions_table(with_lesions(result, 2))

    assert cell(table, "1", "Place") == "frontal lobe, left"
    assert cell(table, "1", "of") == "enhancing tumor"
    assert cell(table, "1", "RANO 2.0") == "measurable"
    assert cell(table, "2 (satellite)", "Place") == "frontal lobe, both sides"
    assert cell(table, "2 (satellite)", "Axial diameters") == "not defined"


def test_a_lesion_without_location_has_no_side(make_result: MakeResult) -> None:
    table = lesions_table(make_result(located=False).findings)

    assert cell(table, "1", "Place") == "not located"


def test_many_lesions_are_cut_and_counted(result: CaseResult) -> None:
    table = lesions_table(with_lesions(result, 14))

    assert len(table.rows) == 10
    assert table.note is not None
    assert table.note.startswith("4 smaller ones")


@pytest.mark.parametrize(
    ("tags", "content", "name", "expected"),
    [
        (Sequence.T1C, Sequence.T1C, None, "agree"),
        (Sequence.T1C, Sequence.T1, None, "DISAGREE"),
        (None, None, Sequence.T1C, "only one"),
        (None, None, None, "none"),
    ],
)
def test_witnesses_of_a_choice_are_compared(
    result: CaseResult,
    tags: Sequence | None,
    content: Sequence | None,
    name: Sequence | None,
    expected: str,
) -> None:
    first, *others = result.case.choices
    choice = replace(first, by_tags=tags, by_content=content, by_name=name)
    changed = replace(result, case=replace(result.case, choices=(choice, *others)))

    assert cell(sequences_table(changed), "T1c", "Witnesses") == expected


def test_a_missing_sequence_has_a_row_that_says_so(result: CaseResult) -> None:
    assert cell(sequences_table(result), "T2", "Series") == "missing"


def test_alignment_is_told_in_mm(result: CaseResult) -> None:
    table = sequences_table(result)

    assert cell(table, "T1c", "Moved (mm)") == "was aligned"
    assert cell(table, "FLAIR", "Moved (mm)") == "3.5"


def test_quality_that_was_not_measurable_is_a_dash(result: CaseResult) -> None:
    table = quality_table(result)

    assert cell(table, "T1c", "SNR") == "31.2"
    assert cell(table, "T1c", "CNR") == "–"
    assert cell(table, "FLAIR", "Slices without image") == "2"


def test_accuracy_stands_beside_that_of_all_four(result: CaseResult) -> None:
    table = accuracy_table(result.segmentation)

    assert cell(table, "Tumor core", "These sequences") == "0.80"
    assert cell(table, "Tumor core", "95% interval") == "0.70 to 0.86"
    assert cell(table, "Tumor core", "All four sequences") == "0.82"


def test_shape_keeps_the_unit_of_each_feature(result: CaseResult) -> None:
    table = shape_table(result.findings)

    assert cell(table, "Sphericity", "Whole tumor") == "0.812"
    assert cell(table, "SurfaceArea", "Unit") == "mm²"


def test_location_gives_each_region_its_share(result: CaseResult) -> None:
    location = result.findings.location
    assert location is not None

    assert cell(location_table(location), "Left insula", "Tumor core (%)") == "14.5"


def test_a_claim_that_was_not_made_is_not_defined(result: CaseResult) -> None:
    location = result.findings.location
    assert location is not None
    unknown = replace(location, contact_ventricles=None)
    table = extent_table(replace(result.findings, location=unknown))

    assert cell(table, "1", "Tumor touches the ventricles") == "not defined"
    assert cell(table, "1", "Tumor touches the cortex") == "yes"
