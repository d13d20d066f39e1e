"""Tables of BIDS: tabs between cells, a header line, ``n/a`` for what is not known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from glioscope.core import OutputError

Row = Mapping[str, str]

UNKNOWN = "n/a"


def cell(value: float | str | None) -> str:
    """Return a value as it stands in a cell; a number has the digits that result.json gives it."""
    if value is None:
        return UNKNOWN
    return " ".join(value.split()) if isinstance(value, str) else json.dumps(value)


def table_bytes(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    """Return a table; a row has ``n/a`` in a column that it does not know."""
    lines = [columns, *([row.get(name, UNKNOWN) for name in columns] for row in rows)]
    return "".join("\t".join(line) + "\n" for line in lines).encode()


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Read columns and rows of a table that others may have written to.

    Raises:
        OutputError: If it is no such table: to write it anew would lose what it holds.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path.name} can't be read as text ({type(error).__name__}); mend or remove it"
        raise OutputError(msg) from error
    # no other character ends a line: a cell may well hold one that Python takes for an end
    lines = (line.removesuffix("\r") for line in text.split("\n"))
    header, *rows = [line.split("\t") for line in lines if line] or [[""]]
    for number, line in enumerate(rows, start=2):
        if len(line) != len(header):
            msg = (
                f"{path.name}: row {number} has {len(line)} cells, the header {len(header)};"
                " mend it, then export again"
            )
            raise OutputError(msg)
    return header, [dict(zip(header, line, strict=True)) for line in rows]


def json_bytes(content: Mapping[str, object]) -> bytes:
    """Return a sidecar."""
    return f"{json.dumps(content, indent=2, ensure_ascii=False)}\n".encode()
