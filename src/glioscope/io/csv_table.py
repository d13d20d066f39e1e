"""Tables of text as people keep them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

from glioscope.core import InputError

_DELIMITERS: Final = ",;\t"


def read_csv(path: Path) -> list[list[str]]:
    """Read a table of text: comma, semicolon or tab, with or without a byte order mark.

    Args:
        path: UTF-8 text; no spreadsheet file.

    Returns:
        The lines that are not empty, the header line first if there is one.

    Raises:
        InputError: If the file is missing, no text, or empty.
    """
    text = _text(path)
    first_line = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first_line.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        msg = f"{path.name}: is no CSV table ({error}); save it as CSV again"
        raise InputError(msg) from error
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    if not filled:
        msg = f"{path.name}: is empty; give a table with a line a case"
        raise InputError(msg)
    return filled


def read_records(path: Path) -> list[dict[str, str]]:
    """Read a table with a header line as one mapping a row; a short row ends in empty cells.

    Raises:
        InputError: As ``read_csv``, and if a column stands twice or a row is too long.
    """
    header, *rows = read_csv(path)
    names = [name.strip() for name in header]
    twice = sorted({name for name in names if names.count(name) > 1 and name})
    if twice:
        msg = f"{path.name}: column {twice[0]!r} stands twice; keep one"
        raise InputError(msg)
    for number, row in enumerate(rows, start=2):
        if len(row) > len(names):
            msg = (
                f"{path.name}: row {number} has {len(row)} cells, the header {len(names)}; mend it"
            )
            raise InputError(msg)
    return [dict(zip(names, row + [""] * (len(names) - len(row)), strict=True)) for row in rows]


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        msg = f"{path.name}: can't be read ({error.strerror}); give a CSV file"
        raise InputError(msg) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{path.name}: is no UTF-8 text (byte {error.start}); save it as CSV in UTF-8"
        raise InputError(msg) from error
    if "\0" in text:
        msg = f"{path.name}: is a binary file, not a table; save it as CSV in UTF-8"
        raise InputError(msg)
    return text
