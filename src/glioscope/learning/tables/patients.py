"""One labeled patient of a table."""

from __future__ import annotations

from dataclasses import dataclass

from glioscope.core import Entity
from glioscope.prediction import Inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class LabeledPatient:
    """Inputs of one patient with what became known; ``None`` where a table does not tell.

    Args:
        patient: Id that is the same in every data set, from the leakage registry.
        inputs: What predictions start from.
        entity: With grade.
        idh_mutant: By any test.
        codeleted: 1p/19q as the table records it; for UCSF-PDGM that includes "relative
            co-deletion", which two IDH-mutant astrocytomas of grade 4 have as well.
        grade: As recorded, also for `Entity.OTHER`.
        mgmt_methylated: ``None`` also for an indeterminate test.
        os_days: Survival or follow-up.
        died: At ``os_days``.
        resection: As `glioscope.prediction.Known` names it.
        kps: Karnofsky performance status, 0 to 100.
    """

    patient: str
    inputs: Inputs
    entity: Entity | None = None
    idh_mutant: bool | None = None
    codeleted: bool | None = None
    grade: int | None = None
    mgmt_methylated: bool | None = None
    os_days: float | None = None
    died: bool | None = None
    resection: str | None = None
    kps: float | None = None
