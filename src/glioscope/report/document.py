"""A report as neutral content: made once, rendered as HTML and as PDF, so they can't differ."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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
        folded: Only its caption is seen on the page until it is opened; the PDF, where nothing can
            be opened, has the caption alone.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str | None = None
    folded: bool = False


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of a line.

    Args:
        text: As it is read.
        strong: In bold.
        link: Where it leads: an address, or ``#`` and the anchor of an entry.
    """

    text: str
    strong: bool = False
    link: str | None = None


Line = tuple[Span, ...]


class Tone(StrEnum):
    """The color of the edge and the tag of an entry; the tag says the same in words."""

    STRONG = "strong"
    MIDDLE = "middle"
    WEAK = "weak"
    REFUSED = "refused"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Lines of an entry under one label; without a label they follow its title."""

    lines: tuple[Line, ...]
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One of a list: a headline with what belongs to it.

    Args:
        title: Its headline.
        parts: Below it, in order.
        mark: In front of it, such as "1" or "[1]".
        tag: Beside it, such as how strongly it is recommended.
        tone: Decides the color of edge and tag.
        boxed: Drawn as a card; else as a line of a list.
        anchor: Where links to it lead.
    """

    title: Line
    parts: tuple[Part, ...] = ()
    mark: str = ""
    tag: str = ""
    tone: Tone = Tone.PLAIN
    boxed: bool = False
    anchor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """Running text with links."""

    line: Line
    small: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullets:
    """A list whose order says nothing."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The words of somebody else, marked as such.

    Args:
        text: Whole; line breaks are kept.
        origin: Whose words they are.
        anchor: Where links to it lead.
    """

    text: str
    origin: str
    anchor: str | None = None


Block = Heading | Paragraph | Bullets | Callout | Table | Picture | Entry | Prose | Quote


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
        language: Of the text, BCP 47.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    statement: str
    callouts: tuple[Callout, ...]
    sections: tuple[Section, ...]
    language: str = "en-US"
