"""Patients' ids from a table as people keep them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from glioscope.core import InputError
from glioscope.evaluation.patient_ids import read_id
from glioscope.io import read_csv

ID_COLUMNS: Final = (
    "id",
    "patientid",
    "patient",
    "subjectid",
    "subject",
    "caseid",
    "case",
    "participantid",
    "participant",
)
"""Names that mean the id, the likeliest first; case, spaces and signs don't matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdColumn:
    """The ids of a table.

    Args:
        ids: One a row, in order, as written.
        column: Its name; ``None`` where the table has no header line.
        first: Whether it was taken because it is the first, for want of a known name.
        empty_rows: Rows without an id, which were left out.
    """

    ids: tuple[str, ...]
    column: str | None
    first: bool
    empty_rows: int


def read_id_column(path: Path, *, column: str | None = None) -> IdColumn:
    """Read the ids of a CSV file: comma, semicolon or tab, with or without a header line.

    Args:
        path: UTF-8 text, with or without a byte order mark; no spreadsheet file.
        column: Name of the column; guessed by ``ID_COLUMNS``, else the first, unless given.

    Raises:
        InputError: If the file is missing, no text, empty, holds no id, or no such column.
    """
    rows = read_csv(path)
    header = [name.strip() for name in rows[0]]
    headless = column is None and _is_id(header[0])
    place, known = (0, False) if headless else _place(header, column, path)
    cells = [row[place].strip() if place < len(row) else "" for row in rows[0 if headless else 1 :]]
    ids = tuple(cell for cell in cells if cell)
    if not ids:
        msg = f"{path.name}: column {header[place]!r} holds no id; give a table with a line a case"
        raise InputError(msg)
    return IdColumn(
        ids=ids,
        column=None if headless else header[place],
        first=not known,
        empty_rows=len(cells) - len(ids),
    )


def _is_id(cell: str) -> bool:
    return read_id(cell).data_set is not None


def _place(header: list[str], column: str | None, path: Path) -> tuple[int, bool]:
    """Return where the column is, and whether its name is known rather than its place taken."""
    if column is not None:
        if column not in header:
            msg = f"{path.name}: has no column {column!r}; it has {', '.join(header[:12])}"
            raise InputError(msg)
        return header.index(column), True
    plain = ["".join(filter(str.isalnum, name.lower())) for name in header]
    known = next((name for name in ID_COLUMNS if name in plain), None)
    return (0, False) if known is None else (plain.index(known), True)
