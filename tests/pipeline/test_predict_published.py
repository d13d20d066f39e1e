"""The shipped predictors on the published table that they learned from, where it is at hand."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from glioscope.pipeline.predict import predict_table

DATA = Path(os.environ.get("GLIOSCOPE_DATA", "../shared/data"))
FEATURES = DATA / "tables" / "ucsf_pdgm_pyradiomics_t1c_wholetumor.csv"

pytestmark = pytest.mark.skipif(
    not FEATURES.is_file(), reason="needs UCSF-PDGM's tables below GLIOSCOPE_DATA"
)


def test_the_table_of_the_data_set_is_read_as_it_was_published(tmp_path: Path) -> None:
    rows = predict_table(FEATURES, tmp_path / "out.csv")

    assert len(rows) == 501
    abstained = [row for row in rows if row.abstained is not None]
    assert len(abstained) <= 10
    assert all(row.p_idh_mutant is not None for row in rows if row.abstained is None)
    told = next(row for row in rows if row.abstained is None)
    assert told.inputs == "shape+enhancement pattern+brightness+location"


def test_age_is_taken_from_the_clinical_table_under_its_own_name(tmp_path: Path) -> None:
    with FEATURES.open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    path = tmp_path / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*row, "Age at MRI", "Sex"])
        writer.writeheader()
        writer.writerow({**row, "Age at MRI": "66", "Sex": "M"})

    (found,) = predict_table(path, tmp_path / "out.csv")

    assert found.inputs is not None
    assert found.inputs.startswith("age+sex+shape")
