"""A report as neutral content: made once, rendered as HTML and as PDF, so they can't differ."""

from __future__ import annotations

from dataclasses import dataclass

from glioscope.core import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """Heads what follows inside a section."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Running text."""

    text: str
    small: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Callout:
    """A box that must be seen: alarms or warnings.

    Args:
        severity: Decides the color and the sign.
        title: Says in words what the color says.
        items: One sentence or two each.
    """

    severity: Severity
    title: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table.

    Args:
        title: Its head.
        weight: Its share of the width.
        numeric: Aligned to the right.
        breakable: Holds long identifiers that may be broken anywhere.
    """

    title: str
    weight: float = 1.0
    numeric: bool = False
    breakable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose first column names the rows.

    Args:
        caption: What it shows.
        columns: Left to right.
        rows: One text a column each.
        note: Small text below it.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A rendered picture.

    Args:
        name: Snake case, unique in the report.
        png: The file.
        width_px: Of the file.
        height_px: Of the file.
        alt: What it shows, for a reader who can't see it.
        caption: Printed below.
    """

    name: str
    png: bytes
    width_px: int
    height_px: int
    alt: str
    caption: str


Block = Heading | Paragraph | Callout | Table | Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A headed part of the report."""

    ident: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The whole report.

    Args:
        title: Of the page.
        facts: Name and value, printed below the title.
        statement: What the software is not; printed once.
        callouts: Alarms and warnings, before anything else.
        sections: In reading order.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    statement: str
    callouts: tuple[Callout, ...]
    sections: tuple[Section, ...]
