"""UCSF-PDGM, version 5: clinic, markers, and PyRadiomics features of T1c over the whole tumor.

Calabrese et al., Radiol Artif Intell 2022;4(6):e220058 (doi:10.1148/ryai.220058); TCIA collection
UCSF-PDGM, CC BY 4.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from glioscope.core import Entity, InputError
from glioscope.evaluation import LeakageRegistry
from glioscope.io import read_records
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.prediction import inputs_from_row

CLINICAL_FILE: Final = "ucsf_pdgm_v5.csv"
FEATURES_FILE: Final = "ucsf_pdgm_pyradiomics_t1c_wholetumor.csv"

_ENTITIES: Final[Mapping[tuple[str, int], Entity]] = {
    ("Glioblastoma, IDH-wildtype", 4): Entity.GLIOBLASTOMA_4,
    ("Astrocytoma, IDH-mutant", 2): Entity.ASTROCYTOMA_2,
    ("Astrocytoma, IDH-mutant", 3): Entity.ASTROCYTOMA_3,
    ("Astrocytoma, IDH-mutant", 4): Entity.ASTROCYTOMA_4,
    ("Oligodendroglioma, IDH-mutant, 1p/19q-codeleted", 2): Entity.OLIGODENDROGLIOMA_2,
    ("Oligodendroglioma, IDH-mutant, 1p/19q-codeleted", 3): Entity.OLIGODENDROGLIOMA_3,
    # no entity of WHO 2021 without TERT, EGFR and +7/-10
    ("Astrocytoma, IDH-wildtype", 2): Entity.OTHER,
    ("Astrocytoma, IDH-wildtype", 3): Entity.OTHER,
}

_CODELETED: Final = {"co-deletion": True, "relative co-deletion": True, "intact": False}
_MGMT: Final = {"positive": True, "negative": False}
_RESECTION: Final = {"GTR": "gross-total", "STR": "subtotal", "biopsy": "biopsy"}


def read_ucsf(folder: Path) -> tuple[LabeledPatient, ...]:
    """Read the patients that have labels and features.

    Scans after surgery (ids that end in ``_FU...``) are left out, and so is a patient that comes a
    second time.

    Args:
        folder: Holds `CLINICAL_FILE` and `FEATURES_FILE`.

    Raises:
        InputError: If a file is not there, or a diagnosis is not known.
    """
    features = {_number(row["ID"]): row for row in read_records(folder / FEATURES_FILE)}
    registry = LeakageRegistry.load()
    patients: dict[str, LabeledPatient] = {}
    for row in read_records(folder / CLINICAL_FILE):
        number = _number(row["ID"])
        if "_FU" in row["ID"] or number not in features:
            continue
        name = registry.canonical_patient(row["ID"]) or row["ID"]
        patients.setdefault(name, ucsf_patient(name, row, features[number]))
    return tuple(patients.values())


def ucsf_patient(name: str, row: Mapping[str, str], features: Mapping[str, str]) -> LabeledPatient:
    """Read one row of the clinical table.

    Args:
        name: Of the patient, from the leakage registry.
        row: Of `CLINICAL_FILE`.
        features: The patient's row of `FEATURES_FILE`; empty to do without.

    Raises:
        InputError: If the diagnosis is not known.
    """
    grade = int(row["WHO CNS Grade"])
    diagnosis = row["Final pathologic diagnosis (WHO 2021)"]
    if (diagnosis, grade) not in _ENTITIES:
        msg = f"{diagnosis}, grade {grade}: no entity of WHO CNS 2021 that is known here"
        raise InputError(msg)
    days = row["OS"].strip()
    return LabeledPatient(
        patient=name,
        inputs=inputs_from_row({**features, "age": row["Age at MRI"], "sex": row["Sex"]}),
        entity=_ENTITIES[diagnosis, grade],
        idh_mutant=row["IDH"] != "wildtype",
        codeleted=_CODELETED.get(row["1p/19q"]),
        grade=grade,
        mgmt_methylated=_MGMT.get(row["MGMT status"]),
        os_days=float(days) if days else None,
        died=row["1-dead 0-alive"] == "1",
        resection=_RESECTION.get(row["EOR"]),
    )


def _number(identifier: str) -> int:
    found = re.search(r"PDGM-(\d+)", identifier)
    if found is None:
        msg = f"{identifier}: not an id of UCSF-PDGM"
        raise InputError(msg)
    return int(found[1])
