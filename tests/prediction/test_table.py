"""Rows of a table of features, as people keep them."""

from __future__ import annotations

from typing import Any

import pytest

from glioscope.core import InputError
from glioscope.prediction import COLUMNS, Inputs, id_of, inputs_from_row
from glioscope.prediction.table import INDEX_COLUMN


def row(usual: Inputs, **changes: str) -> dict[str, str]:
    """Return a whole row; ``changes`` by what a feature is called here, or by column."""
    cells = {column: changes.pop(own, repr(usual.measured[own])) for column, own in COLUMNS.items()}
    return {"id": "P1", "age": "61", "sex": "M", **cells, **changes}


@pytest.fixture
def lacking_place(usual: Inputs) -> dict[str, str]:
    return row(usual, MidlineDistance="")


def test_a_whole_row_becomes_the_inputs(usual: Inputs) -> None:
    assert inputs_from_row(row(usual)) == usual


def test_the_columns_are_those_of_pyradiomics(usual: Inputs) -> None:
    assert set(COLUMNS.values()) == set(usual.measured)
    assert COLUMNS["original_shape_Sphericity"] == "Sphericity"
    assert COLUMNS["original_firstorder_90Percentile"] == "90Percentile"
    assert COLUMNS["diagnostics_Image-original_Mean"] == "ImageMean"


@pytest.mark.parametrize(
    ("names", "age", "sex"),
    [
        ({"AGE": "61", "SEX": "m"}, 61.0, "M"),
        ({"Age at MRI": " 61.5 ", "Gender": "Female"}, 61.5, "F"),
        ({" age_years ": "61", "Sex": "other"}, 61.0, "O"),
        ({"age_at_scan_years": "0", "sex": ""}, 0.0, None),
        ({"age": "nan", "sex": "Unknown"}, None, None),
        ({}, None, None),
    ],
)
def test_age_and_sex_are_found_however_they_are_written(
    names: dict[str, str], age: float | None, sex: str | None
) -> None:
    found = inputs_from_row(names)

    assert (found.age_years, found.sex) == (age, sex)


@pytest.mark.parametrize("name", ["id", "ID", "Patient_ID", "SubjectID", " case "])
def test_an_id_is_found_however_its_column_is_written(name: str) -> None:
    assert id_of({"age": "3", name: " P7 "}) == "P7"


@pytest.mark.parametrize("cells", [{}, {"name": "x"}, {"id": "  "}])
def test_a_row_without_an_id_is_refused(cells: dict[str, str]) -> None:
    with pytest.raises(InputError, match="no id: give a column named id or case or case_id"):
        id_of(cells)


@pytest.mark.parametrize("empty", ["", "  ", "NA", "na", "NaN", "None", "null", "not available"])
def test_an_empty_cell_is_missing(usual: Inputs, empty: str) -> None:
    found = inputs_from_row(row(usual, Sphericity=empty, age=empty, sex=empty))

    assert found.groups == ("enhancement pattern", "brightness", "location")
    assert "Sphericity" not in found.measured


def test_a_missing_column_is_missing(usual: Inputs) -> None:
    cells = row(usual)
    del cells["diagnostics_Image-original_Mean"]

    assert inputs_from_row(cells).groups == (
        "age",
        "sex",
        "shape",
        "enhancement pattern",
        "location",
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Sphericity": "round"}, "original_shape_Sphericity is 'round', not a finite number"),
        ({"Mean": "inf"}, "original_firstorder_Mean is 'inf', not a finite number"),
        ({"Mean": "1,5"}, "original_firstorder_Mean is '1,5'"),
        ({"age": "sixty"}, "age is 'sixty', not a finite number"),
        ({"age": "300"}, "age 300: give years"),
        ({"sex": "x"}, "sex 'x': give F, M or O, or leave it empty"),
        ({"MeshVolume": "0"}, "MeshVolume is 0, but must be greater than 0"),
        ({"MidlineDistance": "-4"}, "MidlineDistance is -4"),
    ],
)
def test_a_cell_that_can_not_be_true_is_refused(
    usual: Inputs, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        inputs_from_row(row(usual, **changes))


def test_long_text_is_cut_in_the_refusal(usual: Inputs) -> None:
    with pytest.raises(InputError) as refusal:
        inputs_from_row(row(usual, Mean="a patient's whole history"))

    assert "a patient's whole hi" in str(refusal.value)
    assert "history" not in str(refusal.value)


@pytest.mark.parametrize(
    "marks",
    [
        {"id": "UCSF-PDGM-0004"},
        {"id": "P1", "Image": "/data/UCSF-PDGM-0004_T1c_bias.nii.gz"},
    ],
)
@pytest.mark.parametrize(("across", "distance_mm"), [(119.0, 0.0), (90.5, 28.5), (150.25, 31.25)])
def test_a_row_of_ucsf_has_its_distance_from_the_plane_of_its_grid(
    lacking_place: dict[str, str], marks: dict[str, str], across: float, distance_mm: float
) -> None:
    cells = lacking_place | marks | {INDEX_COLUMN: f"({across}, 101.5, 77.25)"}

    assert inputs_from_row(cells).measured["MidlineDistance"] == pytest.approx(distance_mm)


def test_a_row_of_another_hospital_has_no_distance_of_ucsf(lacking_place: dict[str, str]) -> None:
    cells = lacking_place | {"id": "TCGA-02-0003", INDEX_COLUMN: "(90.5, 101.5, 77.25)"}

    assert inputs_from_row(cells).groups[-1] == "brightness"


@pytest.mark.parametrize("index", ["", "(1, 2)", "nonsense", "('a', 2, 3)", "12", "(1, 2"])
def test_an_index_that_is_none_tells_no_distance(lacking_place: dict[str, str], index: str) -> None:
    cells = lacking_place | {"id": "UCSF-PDGM-0004", INDEX_COLUMN: index}

    assert "MidlineDistance" not in inputs_from_row(cells).measured


def test_a_distance_that_was_measured_goes_before_the_grid(usual: Inputs) -> None:
    cells = row(usual, MidlineDistance="12") | {
        "id": "UCSF-PDGM-0004",
        INDEX_COLUMN: "(90.5, 101.5, 77.25)",
    }

    assert inputs_from_row(cells).measured["MidlineDistance"] == 12.0
