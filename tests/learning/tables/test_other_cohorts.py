"""UPENN-GBM and TCGA, from a few invented rows."""

import csv
from pathlib import Path

import pytest

from glioscope.core import Entity
from glioscope.evaluation import LeakageRegistry
from glioscope.learning.tables.other_cohorts import (
    TCGA_FILE,
    UPENN_FILE,
    read_tcga,
    read_upenn,
    tcga_patient,
    upenn_patient,
)

REGISTRY = LeakageRegistry.of([["UPENN-GBM-00001_11", "BraTS2021_90001"]])


def upenn_row(name: str, idh: str) -> dict[str, str]:
    return {
        "ID": name,
        "IDH1": idh,
        "Survival_from_surgery_days": "400",
        "GTR_over90percent": "Y",
        "Age_at_scan_years": "61.5",
        "Gender": "F",
        "MGMT": "Methylated",
        "KPS": "90",
    }


def tcga_row(name: str, subtype: str, grade: str) -> dict[str, str]:
    return {
        "Patient ID": name,
        "IDH/codel subtype": subtype,
        "Neoplasm Histologic Grade": grade,
        "Overall Survival (Months)": "10",
        "Overall Survival Status": "1:DECEASED",
        "Diagnosis Age": "50",
        "Sex": "Male",
        "MGMT promoter status": "Unmethylated",
        "Karnofsky Performance Score": "80",
        "TERT promoter status": "",
        "Chr 7 gain/Chr 10 loss": "",
    }


UPENN = [
    upenn_row("UPENN-GBM-00001_11", "Wildtype"),
    upenn_row("UPENN-GBM-00001_21", "Wildtype"),
    upenn_row("UPENN-GBM-00002_11", "Mutated"),
]
TCGA = [
    tcga_row("TCGA-ZZ-0001", "IDHmut-codel", "G2"),
    tcga_row("TCGA-ZZ-0002", "IDHwt", "G4"),
    tcga_row("TCGA-ZZ-0003", "IDHmut-non-codel", "G3"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, rows in ((UPENN_FILE, UPENN), (TCGA_FILE, TCGA)):
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return tmp_path


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[LeakageRegistry]:
    """Collect what is loaded, in place of the registry that is shipped."""
    loaded: list[LeakageRegistry] = []

    def load() -> LeakageRegistry:
        loaded.append(REGISTRY)
        return REGISTRY

    monkeypatch.setattr(LeakageRegistry, "load", load)
    return loaded


def test_a_table_loads_the_registry_once(folder: Path, loads: list[LeakageRegistry]) -> None:
    read_upenn(folder)
    after_one = len(loads)
    read_tcga(folder)

    assert (after_one, len(loads)) == (1, 2)


@pytest.mark.usefixtures("loads")
def test_the_patients_are_those_of_the_rows_read_alone(folder: Path) -> None:
    first = [row for row in UPENN if row["ID"].endswith("_11")]

    assert read_upenn(folder) == tuple(upenn_patient(row, REGISTRY) for row in first)
    assert read_tcga(folder) == tuple(tcga_patient(row, REGISTRY) for row in TCGA)


@pytest.mark.usefixtures("loads")
def test_a_patient_of_two_data_sets_has_one_name(folder: Path) -> None:
    first, second = read_upenn(folder)

    assert first.patient == REGISTRY.canonical_patient("BraTS2021_90001")
    assert second.patient != first.patient


@pytest.mark.usefixtures("loads")
def test_entities_are_those_of_today(folder: Path) -> None:
    upenn = [patient.entity for patient in read_upenn(folder)]
    tcga = [patient.entity for patient in read_tcga(folder)]

    assert upenn == [Entity.GLIOBLASTOMA_4, Entity.ASTROCYTOMA_4]
    assert tcga == [Entity.OLIGODENDROGLIOMA_2, Entity.GLIOBLASTOMA_4, Entity.ASTROCYTOMA_3]
