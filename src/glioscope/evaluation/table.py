"""Tables of scores, as plain text and as Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from glioscope.core import InputError
from glioscope.evaluation.bootstrap import Interval

UNDEFINED = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells of text; the first column names the rows, the others hold numbers.

    Args:
        header: One cell a column.
        rows: From top to bottom, each as long as the header.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        for place, row in enumerate(self.rows):
            if len(row) != len(self.header):
                msg = f"row {place} has {len(row)} cells for {len(self.header)} columns; give each"
                msg += " column one"
                raise InputError(msg)

    def text(self) -> str:
        """Return lines for a terminal: names to the left, numbers to the right."""
        widths = [max(map(len, column)) for column in zip(self.header, *self.rows, strict=True)]
        rule = tuple("-" * width for width in widths)
        return "\n".join(
            "  ".join(
                cell.rjust(width) if place else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in (self.header, rule, *self.rows)
        )

    def markdown(self) -> str:
        """Return the same as a table of Markdown; a bar inside a cell is escaped."""
        rule = (":--", *("--:" for _ in self.header[1:]))
        return "\n".join(
            f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
            for row in (self.header, rule, *self.rows)
        )


def interval_text(interval: Interval | None, *, signed: bool = False) -> str:
    """Return ``0.812 [0.790, 0.834]``; of a difference every number with its sign."""
    if interval is None:
        return UNDEFINED
    form = "+.3f" if signed else ".3f"
    return f"{interval.mean:{form}} [{interval.low:{form}}, {interval.high:{form}}]"
