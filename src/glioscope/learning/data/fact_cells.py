"""The cells of a plain table: facts in the words that people use, and nothing guessed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from glioscope.core import InputError
from glioscope.learning.data.listing import Facts

Word = TypeVar("Word")

FACT_COLUMNS: Final = (
    "grade",
    "tumor_type",
    "idh",
    "codeletion",
    "mgmt",
    "age",
    "sex",
    "survival_days",
    "dead",
)
"""Columns of facts; each may be missing, and each cell may be empty."""

TUMOR_TYPES: Final = ("glioblastoma", "astrocytoma", "oligodendroglioma")

_EMPTY: Final = frozenset(
    {"", "na", "n/a", "nan", "none", "null", "unknown", "not available", "indeterminate"}
)
_YES: Final = ("1", "1.0", "yes", "true")
_NO: Final = ("0", "0.0", "no", "false")
_WORDS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "idh": (("mutant", "mutated"), ("wildtype", "wild-type", "wt")),
    "codeletion": (("codeleted", "co-deletion"), ("non-codeleted", "intact")),
    "mgmt": (("methylated", "positive"), ("unmethylated", "negative")),
    "dead": (("dead", "deceased"), ("alive", "living")),
    "whole_tumor_only": ((), ()),
}
_GRADES: Final = {"2": 2, "3": 3, "4": 4, "2.0": 2, "3.0": 3, "4.0": 4}
_SEXES: Final = {"f": "F", "female": "F", "m": "M", "male": "M"}
_AGE_LIMIT_YEARS: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a table, and where it stands.

    Args:
        cells: By column.
        place: Table and row, for messages.
    """

    cells: Mapping[str, str]
    place: str

    def text(self, column: str) -> str:
        """Return a cell without the spaces around it; empty where there is no such column."""
        return self.cells.get(column, "").strip()

    def flag(self, column: str) -> bool | None:
        """Return whether a cell says yes, in the words of its column; ``None`` if it is empty.

        Raises:
            InputError: If it says anything else.
        """
        yes, no = _WORDS[column]
        words = dict.fromkeys((*yes, *_YES), True) | dict.fromkeys((*no, *_NO), False)
        return self._chosen(column, words)

    def facts(self) -> Facts:
        """Return the facts of the row.

        Raises:
            InputError: If a cell holds what its column does not know, or the facts contradict
                each other.
        """
        facts = Facts(
            grade=self._chosen("grade", _GRADES),
            tumor_type=self._chosen("tumor_type", {name: name for name in TUMOR_TYPES}),
            idh_mutant=self.flag("idh"),
            codeleted=self.flag("codeletion"),
            mgmt_methylated=self.flag("mgmt"),
            age_years=self._number("age", most=_AGE_LIMIT_YEARS),
            sex=self._chosen("sex", _SEXES),
            survival_days=self._number("survival_days", most=math.inf),
            dead=self.flag("dead"),
        )
        check_facts(facts, place=self.place)
        return facts

    def _chosen(self, column: str, words: Mapping[str, Word]) -> Word | None:
        cell = self.text(column).lower()
        if cell in _EMPTY:
            return None
        if cell not in words:
            msg = (
                f"{self.place}, column {column}: {cell[:40]!r} is none of {', '.join(words)};"
                " mend it or leave it empty"
            )
            raise InputError(msg)
        return words[cell]

    def _number(self, column: str, *, most: float) -> float | None:
        cell = self.text(column).lower()
        if cell in _EMPTY:
            return None
        try:
            number = float(cell)
        except ValueError:
            number = math.nan
        if not (0 <= number <= most and math.isfinite(number)):
            limit = "" if math.isinf(most) else f" to {most:g}"
            msg = (
                f"{self.place}, column {column}: {cell[:40]!r} is no number from 0{limit}; mend it"
                " or leave it empty"
            )
            raise InputError(msg)
        return number


def check_facts(facts: Facts, *, place: str) -> None:
    """Refuse a tumor type that WHO CNS 2021 excludes (Louis et al., doi:10.1093/neuonc/noab106).

    Args:
        facts: Of one patient.
        place: Where they come from, for the message.

    Raises:
        InputError: For an IDH-mutant glioblastoma or one below grade 4, another tumor that is
            IDH-wildtype, or an oligodendroglioma that is not codeleted or of grade 4.
    """
    kind = facts.tumor_type
    if kind is None:
        return
    glioblastoma, oligo = kind == "glioblastoma", kind == "oligodendroglioma"
    wrong = {
        # a glioblastoma must not be mutant, the others must not be anything else
        "IDH-mutant" if glioblastoma else "IDH-wildtype": facts.idh_mutant is glioblastoma,
        "not 1p/19q-codeleted": oligo and facts.codeleted is False,
        f"of grade {facts.grade}": facts.grade is not None
        and ((glioblastoma and facts.grade < 4) or (oligo and facts.grade > 3)),
    }
    found = [name for name, is_wrong in wrong.items() if is_wrong]
    if found:
        msg = f"{place}: a tumor that is {found[0]} is no {kind} of WHO CNS 2021; mend the table"
        raise InputError(msg)
