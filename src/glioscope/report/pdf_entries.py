"""Entries, prose with links and quotations in the PDF."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.platypus import Flowable, KeepTogether, Spacer, TableStyle
from reportlab.platypus import Paragraph as Text
from reportlab.platypus import Table as Grid

from glioscope.report.document import Entry, Line, Part, Prose, Quote, Span, Tone
from glioscope.report.pdf_styles import (
    HEAD,
    LINE,
    SOFT,
    TINT,
    WIDTH,
    line_text,
    plain_text,
    text_style,
)

_TONES: Final = {
    Tone.STRONG: HexColor("#14663a"),
    Tone.MIDDLE: HexColor("#0b5394"),
    Tone.WEAK: HexColor("#57606a"),
    Tone.REFUSED: HexColor("#8c1115"),
    Tone.PLAIN: HexColor("#57606a"),
}
_MARK_WIDTH: Final = 22.0
_LABEL_WIDTH: Final = 62.0
_TAG_WIDTH: Final = 132.0
_LARGEST_CHARACTERS: Final = 2000
"""A cell longer than a page can't be laid out; longer quotations are broken into several."""


def prose_flowables(prose: Prose) -> list[Flowable]:
    """Return running text."""
    look = (
        text_style(8, textColor=SOFT, spaceAfter=3)
        if prose.small
        else text_style(9.5, spaceAfter=4)
    )
    return [line_text(prose.line, look)]


def quote_flowables(quotation: Quote) -> list[Flowable]:
    """Return somebody else's words on a ground of their own, whose they are below them."""
    pieces = [
        quotation.text[start : start + _LARGEST_CHARACTERS]
        for start in range(0, len(quotation.text), _LARGEST_CHARACTERS)
    ] or [""]
    rows: list[list[Flowable]] = [
        [Text(escape(piece).replace("\n", "<br/>"), text_style(8.5))] for piece in pieces
    ]
    origin = (Span(text=quotation.origin),)
    rows.append([line_text(origin, text_style(7.5, textColor=SOFT), anchor=quotation.anchor)])
    box = Grid(rows, colWidths=[WIDTH], splitByRow=1)
    box.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, -1), TINT),
                ("LINEBEFORE", (0, 0), (0, -1), 2.5, LINE),
                ("LEFTPADDING", (0, 0), (-1, -1), 9),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ]
        )
    )
    return [box, Spacer(1, 5)]


def entry_flowables(entry: Entry) -> list[Flowable]:
    """Return an entry: its headline with mark and tag, below it label and lines, row by row."""
    rows = [_head(entry)]
    for part in entry.parts:
        rows += _part(part)
    grid = Grid(
        rows,
        colWidths=[_MARK_WIDTH, _LABEL_WIDTH, WIDTH - _MARK_WIDTH - _LABEL_WIDTH],
        splitByRow=1,
    )
    grid.setStyle(TableStyle([*_BASE, *_spans(entry), *(_box(entry) if entry.boxed else [])]))
    return [KeepTogether([grid]), Spacer(1, 6 if entry.boxed else 2)]


_BASE: Final = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("LEFTPADDING", (0, 0), (0, -1), 6),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ("TOPPADDING", (0, 0), (-1, -1), 1),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
]


def _head(entry: Entry) -> list[object]:
    boxed = entry.boxed
    ink = _TONES[entry.tone] if entry.tone is Tone.REFUSED else HEAD
    mark = plain_text(entry.mark, text_style(9, bold=True, textColor=ink))
    title = line_text(
        entry.title, text_style(9.5 if boxed else 9, bold=boxed, leading=12.5), anchor=entry.anchor
    )
    if not entry.tag:
        return [mark, title, ""]
    tag = text_style(7.5, bold=True, textColor=_TONES[entry.tone], alignment=TA_RIGHT, leading=12.5)
    width = WIDTH - _MARK_WIDTH - 6
    head = Grid([[title, plain_text(entry.tag, tag)]], colWidths=[width - _TAG_WIDTH, _TAG_WIDTH])
    head.setStyle(TableStyle([("LEFTPADDING", (0, 0), (-1, -1), 0), *_TIGHT]))
    return [mark, head, ""]


_TIGHT: Final = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
]


def _part(part: Part) -> list[list[object]]:
    if not part.label:
        return [["", _body(line), ""] for line in part.lines]
    label = plain_text(part.label, text_style(8, textColor=SOFT, leading=11.5))
    return [
        ["", label if number == 0 else "", _body(line)] for number, line in enumerate(part.lines)
    ]


def _body(line: Line) -> Flowable:
    return line_text(line, text_style(8.5, leading=11.5))


def _spans(entry: Entry) -> list[tuple[object, ...]]:
    """Let the headline and lines without a label run over both columns."""
    wide = [0]
    row = 1
    for part in entry.parts:
        if not part.label:
            wide += range(row, row + len(part.lines))
        row += len(part.lines)
    return [("SPAN", (1, number), (2, number)) for number in wide]


def _box(entry: Entry) -> list[tuple[object, ...]]:
    return [
        ("BOX", (0, 0), (-1, -1), 0.6, LINE),
        ("LINEBEFORE", (0, 0), (0, -1), 4, _TONES[entry.tone]),
        ("LEFTPADDING", (0, 0), (0, -1), 9),
        ("TOPPADDING", (0, 0), (-1, 0), 4),
        ("BOTTOMPADDING", (0, -1), (-1, -1), 4),
    ]
