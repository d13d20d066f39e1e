"""UPENN-GBM and TCGA: age, sex, markers and survival, without features of our kind.

Bakas et al., Sci Data 2022;9:453 (doi:10.1038/s41597-022-01560-7); Ceccarelli et al., Cell
2016;164(3):550 (doi:10.1016/j.cell.2015.12.028), study lgggbm_tcga_pub of cBioPortal.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from glioscope.core import Entity
from glioscope.evaluation import LeakageRegistry
from glioscope.io import read_records
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.prediction import Inputs

UPENN_FILE: Final = "upenn_gbm_clinical.csv"
TCGA_FILE: Final = "tcga_lgg_gbm_1122.csv"

_DAYS_A_MONTH: Final = 30.4375

_TCGA_MUTANT: Final[Mapping[tuple[bool, str], Entity]] = {
    (False, "G2"): Entity.ASTROCYTOMA_2,
    (False, "G3"): Entity.ASTROCYTOMA_3,
    (False, "G4"): Entity.ASTROCYTOMA_4,
    (True, "G2"): Entity.OLIGODENDROGLIOMA_2,
    (True, "G3"): Entity.OLIGODENDROGLIOMA_3,
}

_METHYLATED: Final = {"Methylated": True, "Unmethylated": False}


def read_upenn(folder: Path) -> tuple[LabeledPatient, ...]:
    """Read the first scan of every patient of UPENN-GBM.

    All are glioblastomas of grade 4 under the microscope; the IDH-mutant among them are called
    astrocytomas of grade 4 today.  All have died, or their survival is not told.

    Raises:
        InputError: If the file can't be read.
    """
    first = [row for row in read_records(folder / UPENN_FILE) if row["ID"].endswith("_11")]
    registry = LeakageRegistry.load()
    return tuple(upenn_patient(row, registry) for row in first)


def read_tcga(folder: Path) -> tuple[LabeledPatient, ...]:
    """Read the diffuse gliomas of TCGA, lower grade and glioblastoma.

    Raises:
        InputError: If the file can't be read.
    """
    rows = read_records(folder / TCGA_FILE)
    registry = LeakageRegistry.load()
    return tuple(tcga_patient(row, registry) for row in rows)


def upenn_patient(row: Mapping[str, str], registry: LeakageRegistry) -> LabeledPatient:
    """Read one row of `UPENN_FILE`, a scan of a patient."""
    mutant = {"Wildtype": False, "Mutated": True}.get(row["IDH1"])
    entity = {False: Entity.GLIOBLASTOMA_4, True: Entity.ASTROCYTOMA_4}
    days = _number(row["Survival_from_surgery_days"])
    resection = {"Y": "gross-total", "N": "subtotal"}.get(row["GTR_over90percent"])
    return LabeledPatient(
        patient=registry.canonical_patient(row["ID"]) or row["ID"],
        inputs=Inputs(age_years=_number(row["Age_at_scan_years"]), sex=_sex(row["Gender"])),
        entity=None if mutant is None else entity[mutant],
        idh_mutant=mutant,
        grade=4,
        mgmt_methylated=_METHYLATED.get(row["MGMT"]),
        os_days=days,
        died=None if days is None else True,
        resection=resection,
        kps=_number(row["KPS"]),
    )


def tcga_patient(row: Mapping[str, str], registry: LeakageRegistry) -> LabeledPatient:
    """Read one row of `TCGA_FILE`."""
    subtype, grade = row["IDH/codel subtype"], row["Neoplasm Histologic Grade"]
    months = _number(row["Overall Survival (Months)"])
    return LabeledPatient(
        patient=registry.canonical_patient(row["Patient ID"]) or row["Patient ID"],
        inputs=Inputs(age_years=_number(row["Diagnosis Age"]), sex=_sex(row["Sex"])),
        entity=_tcga_entity(row),
        idh_mutant=subtype.startswith("IDHmut") if subtype else None,
        codeleted=subtype == "IDHmut-codel" if subtype else None,
        grade=int(grade[1]) if grade else None,
        mgmt_methylated=_METHYLATED.get(row["MGMT promoter status"]),
        os_days=None if months is None else months * _DAYS_A_MONTH,
        died=row["Overall Survival Status"].startswith("1") if months is not None else None,
        kps=_number(row["Karnofsky Performance Score"]),
    )


def _tcga_entity(row: Mapping[str, str]) -> Entity | None:
    """Name the entity of today; IDH-wildtype of lower grade needs TERT or +7/-10 to be told."""
    subtype, grade = row["IDH/codel subtype"], row["Neoplasm Histologic Grade"]
    if subtype.startswith("IDHmut"):
        return _TCGA_MUTANT.get((subtype == "IDHmut-codel", grade))
    molecular = row["TERT promoter status"] == "Mutant" or row["Chr 7 gain/Chr 10 loss"].startswith(
        "Gain"
    )
    if subtype == "IDHwt" and (grade == "G4" or molecular):
        return Entity.GLIOBLASTOMA_4
    return None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _sex(text: str) -> Literal["F", "M"] | None:
    letters: dict[str, Literal["F", "M"]] = {"F": "F", "M": "M"}
    return letters.get(text[:1].upper())
