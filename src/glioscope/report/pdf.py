"""The document as a PDF, without any system library, the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import matplotlib as mpl
from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    Image,
    SimpleDocTemplate,
    Spacer,
    TableStyle,
)
from reportlab.platypus import Paragraph as Text
from reportlab.platypus import Table as Grid

from glioscope.core import Severity
from glioscope.report.document import (
    Block,
    Callout,
    Document,
    Heading,
    Paragraph,
    Picture,
    Section,
    Table,
)

_FONT: Final = "GlioscopeSans"
_BOLD: Final = "GlioscopeSans-Bold"
_MARGIN: Final = 15 * mm
_FRAME_PADDING: Final = 6.0
_WIDTH: Final = A4[0] - 2 * _MARGIN - 2 * _FRAME_PADDING
_INK, _SOFT, _HEAD = (HexColor(code) for code in ("#1b1f24", "#4c5561", "#12395b"))
_LINE, _TINT = (HexColor(code) for code in ("#cfd6de", "#f3f6f9"))
_CALLOUTS: Final = {
    Severity.ALARM: (HexColor("#a4161a"), HexColor("#fdf0f0")),
    Severity.WARNING: (HexColor("#9a6700"), HexColor("#fff8e6")),
    Severity.INFO: (HexColor("#57606a"), HexColor("#f3f6f9")),
}


def to_pdf(document: Document) -> bytes:
    """Return the PDF: A4, fonts embedded, no dates."""
    _register_fonts()
    stream = io.BytesIO()
    template = SimpleDocTemplate(
        stream,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=10 * mm,
        bottomMargin=14 * mm,
        title=f"{document.title} – {document.facts[0][1]}",
        author="Glioscope",
        lang="en-US",
        invariant=1,
    )
    case = document.facts[0][1]
    with _binary_streams():
        template.build(_story(document), canvasmaker=lambda *a, **k: _NumberedCanvas(case, *a, **k))
    return stream.getvalue()


@contextmanager
def _binary_streams() -> Iterator[None]:
    """Leave out the text encoding of streams, which costs a second and a quarter of the size."""
    before = rl_config.useA85
    rl_config.useA85 = 0
    try:
        yield
    finally:
        rl_config.useA85 = before


class _NumberedCanvas(Canvas):  # type: ignore[misc]  # reportlab has no types
    """Writes case, page and number of pages at the foot, known only at the end."""

    def __init__(self, case: str, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self._case = case
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  # the name that reportlab calls
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        pages = self._pages
        for number, page in enumerate(pages, start=1):
            self.__dict__.update(page)
            self._foot(number, len(pages))
            super().showPage()
        super().save()

    def _foot(self, number: int, total: int) -> None:
        self.setFont(_FONT, 7.5)
        self.setFillColor(_SOFT)
        case = self._case if len(self._case) <= 80 else f"{self._case[:79]}…"
        self.drawString(_MARGIN, 8 * mm, f"Glioscope · case {case}")
        self.drawRightString(A4[0] - _MARGIN, 8 * mm, f"page {number} of {total}")


@cache
def _register_fonts() -> None:
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    pdfmetrics.registerFont(TTFont(_FONT, str(folder / "DejaVuSans.ttf")))
    pdfmetrics.registerFont(TTFont(_BOLD, str(folder / "DejaVuSans-Bold.ttf")))
    pdfmetrics.registerFontFamily(_FONT, normal=_FONT, bold=_BOLD, italic=_FONT, boldItalic=_BOLD)


def _style(size: float, *, bold: bool = False, **options: object) -> ParagraphStyle:
    base = {"textColor": _INK, "leading": size * 1.38, "splitLongWords": True}
    return ParagraphStyle(
        "text", fontName=_BOLD if bold else _FONT, fontSize=size, **{**base, **options}
    )


def _text(text: str, style: ParagraphStyle) -> Flowable:
    return Text(escape(text), style)


def _story(document: Document) -> list[Flowable]:
    facts = " &nbsp;·&nbsp; ".join(
        f'<font color="#4c5561">{escape(name)}</font> <b>{escape(value)}</b>'
        for name, value in document.facts
    )
    story = [
        _text(document.title, _style(15, bold=True, textColor=_HEAD, spaceAfter=4)),
        Text(facts, _style(8.5, spaceAfter=3)),
        _text(document.statement, _style(7.5, textColor=_SOFT, spaceAfter=4)),
    ]
    for callout in document.callouts:
        story += _callout(callout)
    for section in document.sections:
        story += _section(section)
    return story


def _section(section: Section) -> list[Flowable]:
    style = _style(11, bold=True, textColor=_HEAD, spaceBefore=8, spaceAfter=4, keepWithNext=1)
    flowables = [_text(section.title, style)]
    for block in section.blocks:
        flowables += _block(block)
    return flowables


def _block(block: Block) -> list[Flowable]:
    match block:
        case Heading(text=text):
            style = {"textColor": _HEAD, "spaceBefore": 8, "spaceAfter": 3, "keepWithNext": 1}
            return [_text(text, _style(9.5, bold=True, **style))]
        case Paragraph(text=text, small=True):
            return [_text(text, _style(8, textColor=_SOFT, spaceAfter=3))]
        case Paragraph(text=text):
            return [_text(text, _style(9.5, spaceAfter=4))]
        case Callout():
            return _callout(block)
        case Table():
            return _table(block)
        case Picture():
            return _picture(block)


def _callout(callout: Callout) -> list[Flowable]:
    edge, ground = _CALLOUTS[callout.severity]
    lines = [_text(callout.title, _style(9, bold=True, textColor=edge, spaceAfter=2))]
    lines += [
        Text(escape(item), _style(8.5, leftIndent=9, bulletIndent=1), bulletText="•")
        for item in callout.items
    ]
    rows = [[line] for line in lines]
    box = Grid(rows, colWidths=[_WIDTH], splitByRow=1)
    box.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, -1), ground),
                ("BOX", (0, 0), (-1, -1), 0.6, edge),
                ("LINEBEFORE", (0, 0), (0, -1), 4, edge),
                ("LEFTPADDING", (0, 0), (-1, -1), 9),
                ("TOPPADDING", (0, 0), (-1, -1), 1.5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
            ]
        )
    )
    return [box, Spacer(1, 5)]


def _table(table: Table) -> list[Flowable]:
    weights = [column.weight for column in table.columns]
    widths = [_WIDTH * weight / sum(weights) for weight in weights]
    cell = (_style(8, leading=10), _style(8, leading=10, alignment=TA_RIGHT))
    head = (
        _style(7.5, bold=True, leading=9.5),
        _style(7.5, bold=True, leading=9.5, alignment=TA_RIGHT),
    )
    columns = table.columns
    rows = [[_text(column.title, head[column.numeric]) for column in columns]]
    rows += [
        [_text(text, cell[c.numeric]) for text, c in zip(row, columns, strict=True)]
        for row in table.rows
    ]
    grid = Grid(rows, colWidths=widths, repeatRows=1)
    grid.keepWithNext = bool(table.note)
    grid.setStyle(_TABLE_STYLE)
    caption = _text(table.caption, _style(8.5, bold=True, spaceAfter=2, keepWithNext=1))
    note = [_text(table.note, _style(7.5, textColor=_SOFT, spaceBefore=2))] if table.note else []
    return [caption, grid, *note, Spacer(1, 7)]


_TABLE_STYLE: Final = TableStyle(
    [
        ("BACKGROUND", (0, 0), (-1, 0), _TINT),
        ("LINEBELOW", (0, 0), (-1, 0), 0.9, _SOFT),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, _LINE),
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ("VALIGN", (0, 1), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 1.6),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.6),
    ]
)


def _picture(picture: Picture) -> list[Flowable]:
    height = _WIDTH * picture.height_px / picture.width_px
    image = Image(io.BytesIO(picture.png), width=_WIDTH, height=height)
    caption = _text(picture.caption, _style(7.5, textColor=_SOFT, spaceBefore=2, spaceAfter=7))
    image.keepWithNext = True
    return [image, caption]
