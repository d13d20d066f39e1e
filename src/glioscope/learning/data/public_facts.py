"""The tables of public data sets, recognized by their columns, as facts of scans.

Tumor types and grades are those of WHO CNS 2021, told from the markers as ``learning.tables``
does: an IDH-wildtype astrocytoma of grade 2 or 3 is a glioblastoma of grade 4 with a mutated TERT
promoter or with +7/-10, and has no type where neither is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from glioscope.core import Entity, InputError
from glioscope.evaluation import LeakageRegistry
from glioscope.io import read_records
from glioscope.learning.data.fact_cells import FACT_COLUMNS, Row
from glioscope.learning.data.listing import Facts
from glioscope.learning.tables.other_cohorts import tcga_patient, upenn_patient
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.learning.tables.ucsf import ucsf_patient

Cells = Mapping[str, str]
Read = Callable[[Cells, LeakageRegistry], Facts]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownScan:
    """What a row of a table says.

    Args:
        case: Id of the scan, as the table spells it; empty in a plain table of patients.
        patient: Id of the patient; that of the scan where the table has no other.
        facts: Of the scan.
    """

    case: str
    patient: str
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A public table.

    Args:
        columns: Which it has, and no other table here has all of them.
        case: Column of the id.
        read: Takes the cells of a row.
    """

    columns: frozenset[str]
    case: str
    read: Read


def read_facts(csv: Path) -> tuple[KnownScan, ...]:
    """Read a public table, or a plain one with ``case`` or ``patient`` and ``FACT_COLUMNS``.

    Known are the clinical tables of UCSF-PDGM (version 5) and UPENN-GBM, of TCGA as cBioPortal
    exports it (study lgggbm_tcga_pub), and the tables of 102 and 14 patients of this project's
    development.

    Args:
        csv: With a header line.

    Raises:
        InputError: If it can't be read, holds an unknown column, or a row can't be true.
    """
    records = read_records(csv)
    columns = frozenset(records[0]) if records else frozenset()
    table = next((table for table in _TABLES if table.columns <= columns), None)
    rows = [
        Row(cells=cells, place=f"{csv.name}: row {number}")
        for number, cells in enumerate(records, start=2)
    ]
    if table is not None:
        registry = LeakageRegistry.load()
        return tuple(_known(row, table, registry) for row in rows)
    _check_columns(columns, csv)
    return tuple(_plain(row) for row in rows)


def _known(row: Row, table: _Table, registry: LeakageRegistry) -> KnownScan:
    case = row.text(table.case)
    if not case:
        msg = f"{row.place}, column {table.case}: is empty; give every row its id"
        raise InputError(msg)
    try:
        facts = table.read(row.cells, registry)
    except (InputError, ValueError, KeyError) as error:
        msg = f"{row.place}: {error}; mend the row or take it out"
        raise InputError(msg) from error
    return KnownScan(case=case, patient=case, facts=facts)


def _plain(row: Row) -> KnownScan:
    case, patient = row.text("case"), row.text("patient")
    if not case and not patient:
        msg = f"{row.place}: has neither a case nor a patient; give every row one"
        raise InputError(msg)
    return KnownScan(case=case, patient=patient or case, facts=row.facts())


def _check_columns(columns: frozenset[str], csv: Path) -> None:
    known = ("case", "patient", *FACT_COLUMNS)
    unknown = sorted(columns - set(known))
    if unknown or not columns & {"case", "patient"}:
        told = f"an unknown column {unknown[0]!r}" if unknown else "neither case nor patient"
        msg = f"{csv.name}: has {told}, and is no public table; known columns: {', '.join(known)}"
        raise InputError(msg)


def _facts(patient: LabeledPatient) -> Facts:
    entity = None if patient.entity is Entity.OTHER else patient.entity
    sex = patient.inputs.sex
    return Facts(
        grade=patient.grade if entity is None else entity.grade,
        tumor_type=None if entity is None else entity.value.split("_")[0],
        idh_mutant=patient.idh_mutant,
        codeleted=patient.codeleted,
        mgmt_methylated=patient.mgmt_methylated,
        age_years=patient.inputs.age_years,
        sex=None if sex == "O" else sex,
        survival_days=patient.os_days,
        dead=patient.died if patient.os_days is not None else None,
    )


def _of_ucsf(cells: Cells, _registry: LeakageRegistry) -> Facts:
    return _facts(ucsf_patient(cells["ID"], cells, {}))


def _of_upenn(cells: Cells, registry: LeakageRegistry) -> Facts:
    return _facts(upenn_patient(cells, registry))


def _of_tcga(cells: Cells, registry: LeakageRegistry) -> Facts:
    return _facts(tcga_patient(cells, registry))


def _of_tcga_102(cells: Cells, registry: LeakageRegistry) -> Facts:
    return _of_tcga(
        {
            "Patient ID": cells["patient"],
            "IDH/codel subtype": cells["idh_codel_subtype"],
            "Neoplasm Histologic Grade": cells["grade"],
            "TERT promoter status": cells["tert_promoter"],
            "Chr 7 gain/Chr 10 loss": cells["chr7_gain_chr10_loss"],
            "MGMT promoter status": cells["mgmt"],
            "Diagnosis Age": cells["age_years"],
            "Sex": cells["sex"],
            "Karnofsky Performance Score": cells["kps"],
            "Overall Survival (Months)": cells["os_months"],
            "Overall Survival Status": cells["os_status"],
        },
        registry,
    )


def _of_brats_14(cells: Cells, registry: LeakageRegistry) -> Facts:
    """Read a row in the words of the collection that the patient comes from."""
    collection = cells["tcia"].split("-")[0]
    if not collection:
        return Facts()
    return _COLLECTIONS[collection](cells, registry)


def _brats_of_ucsf(cells: Cells, registry: LeakageRegistry) -> Facts:
    return _of_ucsf(
        {
            "ID": cells["tcia"],
            "WHO CNS Grade": cells["grade"],
            "Final pathologic diagnosis (WHO 2021)": cells["dx"],
            "IDH": cells["idh"],
            "1p/19q": cells["codel"],
            "MGMT status": cells["mgmt"],
            "Age at MRI": cells["age"],
            "Sex": cells["sex"],
            "OS": cells["os_days"],
            "1-dead 0-alive": cells["dead"],
            "EOR": cells["eor"],
        },
        registry,
    )


def _brats_of_upenn(cells: Cells, registry: LeakageRegistry) -> Facts:
    return _of_upenn(
        {
            "ID": cells["tcia"],
            "IDH1": cells["idh"],
            "MGMT": cells["mgmt"],
            "Age_at_scan_years": cells["age"],
            "Gender": cells["sex"],
            "Survival_from_surgery_days": cells["os_days"],
            "GTR_over90percent": cells["eor"],
            "KPS": "",
        },
        registry,
    )


def _brats_of_tcga(cells: Cells, registry: LeakageRegistry) -> Facts:
    codeletion = {"Codel": "codel", "Non-codel": "non-codel"}.get(cells["codel"], "")
    subtype = {"Mutant": f"IDHmut-{codeletion}" if codeletion else "", "WT": "IDHwt"}
    return _of_tcga(
        {
            "Patient ID": cells["tcia"],
            "IDH/codel subtype": subtype.get(cells["idh"], ""),
            "Neoplasm Histologic Grade": cells["grade"],
            "TERT promoter status": "",
            "Chr 7 gain/Chr 10 loss": "",
            "MGMT promoter status": cells["mgmt"],
            "Diagnosis Age": cells["age"],
            "Sex": cells["sex"],
            "Karnofsky Performance Score": "",
            "Overall Survival (Months)": cells["os_months"],
            "Overall Survival Status": cells["dead"],
        },
        registry,
    )


_COLLECTIONS: Final[Mapping[str, Read]] = {
    "UCSF": _brats_of_ucsf,
    "UPENN": _brats_of_upenn,
    "TCGA": _brats_of_tcga,
}

_TABLES: Final = (
    _Table(
        columns=frozenset({"ID", "Final pathologic diagnosis (WHO 2021)", "1-dead 0-alive"}),
        case="ID",
        read=_of_ucsf,
    ),
    _Table(
        columns=frozenset({"ID", "IDH1", "Survival_from_surgery_days"}), case="ID", read=_of_upenn
    ),
    _Table(
        columns=frozenset({"Patient ID", "IDH/codel subtype", "Overall Survival (Months)"}),
        case="Patient ID",
        read=_of_tcga,
    ),
    _Table(
        columns=frozenset({"patient", "idh_codel_subtype", "os_months"}),
        case="patient",
        read=_of_tcga_102,
    ),
    _Table(columns=frozenset({"case", "tcia", "dx", "codel"}), case="case", read=_of_brats_14),
)
