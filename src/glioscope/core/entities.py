"""The diffuse gliomas of adults, as WHO CNS 2021 names and grades them."""

from __future__ import annotations

from enum import StrEnum


class Entity(StrEnum):
    """Every pair of entity and grade that a prediction may name.

    WHO Classification of Tumours, Central Nervous System Tumours, 5th edition (2021), as summed
    up by Louis et al., Neuro Oncol 2021;23(8):1231 (doi:10.1093/neuonc/noab106): a glioblastoma is
    IDH-wildtype and of grade 4, an oligodendroglioma is IDH-mutant and 1p/19q-codeleted and of
    grade 2 or 3, an astrocytoma is IDH-mutant, not codeleted, of grade 2, 3 or 4.  A pair that is
    not here does not exist.
    """

    GLIOBLASTOMA_4 = "glioblastoma_idh_wildtype_4"
    ASTROCYTOMA_2 = "astrocytoma_idh_mutant_2"
    ASTROCYTOMA_3 = "astrocytoma_idh_mutant_3"
    ASTROCYTOMA_4 = "astrocytoma_idh_mutant_4"
    OLIGODENDROGLIOMA_2 = "oligodendroglioma_idh_mutant_1p19q_codeleted_2"
    OLIGODENDROGLIOMA_3 = "oligodendroglioma_idh_mutant_1p19q_codeleted_3"
    OTHER = "other"
    """IDH-wildtype and of lower grade under the microscope: no entity of WHO 2021 until TERT,
    EGFR, +7/-10, H3, BRAF and others are known."""

    @property
    def grade(self) -> int | None:
        """WHO grade; ``None`` for ``OTHER``, whose grade the missing markers decide."""
        return None if self is Entity.OTHER else int(self.value[-1])

    @property
    def idh_mutant(self) -> bool:
        """Whether the entity is IDH-mutant."""
        return "idh_mutant" in self.value

    @property
    def codeleted(self) -> bool:
        """Whether the entity is 1p/19q-codeleted."""
        return "codeleted" in self.value
