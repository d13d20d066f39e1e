"""Cases from a plain table of paths, and facts for listed cases from a table of patients."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final

from glioscope.core import InputError, Sequence
from glioscope.evaluation import LeakageRegistry, read_id
from glioscope.io import read_records
from glioscope.learning.data.fact_cells import FACT_COLUMNS, Row, check_facts
from glioscope.learning.data.layouts import checked
from glioscope.learning.data.listing import Facts, LeftOut, ListedCase, Listing
from glioscope.learning.data.public_facts import KnownScan, read_facts

COLUMNS: Final = (
    "case",
    "patient",
    *Sequence,
    "labels",
    "brain",
    "whole_tumor_only",
    *FACT_COLUMNS,
)
"""Of a plain table of paths; only ``case`` and one of the sequences must be there."""

_TIME_POINT: Final = re.compile(
    r"_(?P<ucsf>FU\d+d)|UPENN-GBM-\d+_(?P<upenn>\d\d)|BraTS-GLI-\d+-(?P<brats>\d{3})", re.IGNORECASE
)
_FIRST: Final = frozenset({"", "11", "000"})
"""Names of the first time point: none, UPENN-GBM's, and BraTS 2023's."""


def list_table(
    csv: Path, *, one_grid: bool = True, needs_labels: bool = False, thorough: bool = False
) -> Listing:
    """List the cases of a plain table: a row a case, a column a file or a fact.

    A case with a file that is missing or damaged is left out with its reason, as by
    ``layouts.list_folder``; so is one without an image.

    Args:
        csv: With a header line of ``COLUMNS``; paths are relative to it, and a case without a
            ``patient`` is its own.
        one_grid: Whether all files of a case must lie on one voxel grid.
        needs_labels: Whether cases without labels are left out.
        thorough: Whether voxels are read, not headers only.

    Raises:
        InputError: If the table can't be read, has an unknown column or a cell that its column
            does not know, a case stands twice, or no case can be used.
    """
    records = read_records(csv)
    columns = list(records[0]) if records else []
    unknown = [column for column in columns if column not in COLUMNS]
    if unknown or "case" not in columns:
        told = f"an unknown column {unknown[0]!r}" if unknown else "no column case"
        msg = f"{csv.name}: has {told}; known columns: {', '.join(COLUMNS)}"
        raise InputError(msg)
    found: dict[str, ListedCase | LeftOut] = {}
    for number, cells in enumerate(records, start=2):
        row = Row(cells=cells, place=f"{csv.name}: row {number}")
        case = _listed(row, csv, needs_labels=needs_labels)
        if case.case_id in found:
            msg = f"{row.place}: case {case.case_id} stands twice; keep one row"
            raise InputError(msg)
        found[case.case_id] = case
    return checked(found.values(), one_grid=one_grid, thorough=thorough)


def facts_from(csv: Path, listing: Listing) -> Listing:
    """Add what a table of patients says to the cases of a listing.

    Cases and rows meet by patient, through the leakage registry, so that a table of UCSF-PDGM
    serves BraTS 2021.  What a case knows already is kept.  Age and survival change with time:
    a follow-up takes them from its own row only, and grade and tumor type come as a pair.

    Args:
        csv: One of the public tables that ``public_facts.read_facts`` knows, or a plain one.
        listing: Left untouched.

    Raises:
        InputError: If the table can't be read, says two things of one case, or knows none of the
            patients.
    """
    known = _Known.of(read_facts(csv), csv)
    added = [known.of_case(case) for case in listing.cases]
    if listing.cases and not any(facts is not None for facts in added):
        msg = f"{csv.name}: knows none of the {len(listing.cases)} cases; is it the table of"
        msg += " another data set?"
        raise InputError(msg)
    cases = zip(listing.cases, added, strict=True)
    return replace(
        listing,
        cases=tuple(case if facts is None else _with(case, facts) for case, facts in cases),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A table by scan and by patient.

    Args:
        scans: Facts by number in the data set and time point.
        patients: Facts by canonical name, and whether they are of a first time point.
        registry: Which unites the names.
    """

    scans: Mapping[tuple[str, str], Facts]
    patients: Mapping[str, tuple[Facts, bool]]
    registry: LeakageRegistry

    @classmethod
    def of(cls, rows: Iterable[KnownScan], csv: Path) -> _Known:
        registry = LeakageRegistry.load()
        scans: dict[tuple[str, str], Facts] = {}
        patients: dict[str, tuple[Facts, bool]] = {}
        # the first time point speaks for the patient, wherever it stands in the table
        for row in sorted(rows, key=lambda row: not _is_first(row.case)):
            first = _is_first(row.case)
            of_patient = patients.setdefault(
                registry.canonical_patient(row.patient), (row.facts, first)
            )
            same = scans.setdefault(_scan(row.case), row.facts) if row.case else of_patient[0]
            if same != row.facts:
                msg = f"{csv.name}: says two things of {row.case or row.patient}; keep one row"
                raise InputError(msg)
        return cls(scans=scans, patients=patients, registry=registry)

    def of_case(self, case: ListedCase) -> Facts | None:
        own = self.scans.get(_scan(case.case_id))
        if own is not None:
            return own
        # a plain case id, such as 7, may be the name of another patient in the table
        names = (case.patient, case.case_id) if read_id(case.case_id).data_set else (case.patient,)
        known = (self.patients.get(self.registry.canonical_patient(name)) for name in names)
        found = next((facts for facts in known if facts is not None), None)
        if found is None:
            return None
        facts, of_first = found
        if of_first and _is_first(case.case_id):
            return facts
        return replace(facts, age_years=None, survival_days=None, dead=None)


def _listed(row: Row, csv: Path, *, needs_labels: bool) -> ListedCase | LeftOut:
    case = row.text("case")
    if not case:
        msg = f"{row.place}: has no case; give every row an id"
        raise InputError(msg)
    paths = {name: row.text(name) for name in (*Sequence, "labels", "brain")}
    files = {name: csv.parent / text for name, text in paths.items() if text}
    images = {sequence: files[sequence] for sequence in Sequence if sequence in files}
    facts, whole_tumor_only = row.facts(), bool(row.flag("whole_tumor_only"))
    if not images:
        return LeftOut(case_id=case, reason="no image of any sequence")
    if needs_labels and "labels" not in files:
        return LeftOut(case_id=case, reason="no labels")
    return ListedCase(
        case_id=case,
        patient=row.text("patient") or case,
        source=csv.stem,
        images=images,
        labels=files.get("labels"),
        whole_tumor_only=whole_tumor_only,
        brain=files.get("brain"),
        facts=facts,
    )


def _with(case: ListedCase, facts: Facts) -> ListedCase:
    """Return a case with the facts that it lacks."""
    own = case.facts
    if own.tumor_type is None and facts.tumor_type is not None:
        own = replace(own, grade=facts.grade)
    names = [name.name for name in fields(Facts) if getattr(own, name.name) is None]
    united = replace(own, **{name: getattr(facts, name) for name in names})
    check_facts(united, place=f"case {case.case_id}")
    return replace(case, facts=united)


def _time_point(text: str) -> str:
    found = _TIME_POINT.search(text)
    return "" if found is None else next(part for part in found.groups() if part).upper()


def _is_first(text: str) -> bool:
    return _time_point(text) in _FIRST


def _scan(text: str) -> tuple[str, str]:
    """Return the same for all spellings of one scan's id."""
    time_point = _time_point(text)
    return read_id(text).canonical, "" if time_point in _FIRST else time_point
