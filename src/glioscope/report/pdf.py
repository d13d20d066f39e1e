"""The document as a PDF, without any system library, the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
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
    Bullets,
    Callout,
    Document,
    Entry,
    Heading,
    Paragraph,
    Picture,
    Prose,
    Quote,
    Section,
    Table,
)
from glioscope.report.pdf_entries import entry_flowables, prose_flowables, quote_flowables
from glioscope.report.pdf_styles import (
    FONT,
    HEAD,
    MARGIN,
    SOFT,
    WIDTH,
    plain_text,
    register_fonts,
    text_style,
)
from glioscope.report.pdf_tables import is_long, table_flowables

_CALLOUTS: Final = {
    Severity.ALARM: (HexColor("#a4161a"), HexColor("#fdf0f0")),
    Severity.WARNING: (HexColor("#9a6700"), HexColor("#fff8e6")),
    Severity.INFO: (HexColor("#57606a"), HexColor("#f3f6f9")),
}


def to_pdf(document: Document) -> bytes:
    """Return the PDF: A4, fonts embedded, no dates."""
    register_fonts()
    stream = io.BytesIO()
    template = SimpleDocTemplate(
        stream,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=10 * mm,
        bottomMargin=14 * mm,
        title=f"{document.title} – {document.facts[0][1]}",
        author="Glioscope",
        lang=document.language,
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
        self.setFont(FONT, 7.5)
        self.setFillColor(SOFT)
        case = self._case if len(self._case) <= 80 else f"{self._case[:79]}…"
        self.drawString(MARGIN, 8 * mm, f"Glioscope · case {case}")
        self.drawRightString(A4[0] - MARGIN, 8 * mm, f"page {number} of {total}")


def _story(document: Document) -> list[Flowable]:
    facts = " &nbsp;·&nbsp; ".join(
        f'<font color="#4c5561">{escape(name)}</font> <b>{escape(value)}</b>'
        for name, value in document.facts
    )
    story = [
        plain_text(document.title, text_style(15, bold=True, textColor=HEAD, spaceAfter=4)),
        Text(facts, text_style(8.5, spaceAfter=3)),
        plain_text(document.statement, text_style(7.5, textColor=SOFT, spaceAfter=4)),
    ]
    for callout in document.callouts:
        story += _callout(callout)
    for section in document.sections:
        story += _section(section)
    return story


def _section(section: Section) -> list[Flowable]:
    long = bool(section.blocks) and is_long(section.blocks[0])
    options = {"textColor": HEAD, "spaceBefore": 8, "spaceAfter": 4, "keepWithNext": not long}
    flowables = [plain_text(section.title, text_style(11, bold=True, **options))]
    if long:
        flowables.insert(0, CondPageBreak(45 * mm))
    for block in section.blocks:
        flowables += _block(block)
    return flowables


def _block(block: Block) -> list[Flowable]:
    match block:
        case Heading() | Paragraph() | Bullets():
            return _words(block)
        case Callout():
            return _callout(block)
        case Table():
            return table_flowables(block)
        case Picture():
            return _picture(block)
        case Entry():
            return entry_flowables(block)
        case Prose():
            return prose_flowables(block)
        case Quote():
            return quote_flowables(block)


def _words(block: Heading | Paragraph | Bullets) -> list[Flowable]:
    if isinstance(block, Bullets):
        return _bullets(block.items)
    if isinstance(block, Heading):
        options = {"textColor": HEAD, "spaceBefore": 8, "spaceAfter": 3, "keepWithNext": 1}
        return [plain_text(block.text, text_style(9.5, bold=True, **options))]
    if block.small:
        return [plain_text(block.text, text_style(8, textColor=SOFT, spaceAfter=3))]
    return [plain_text(block.text, text_style(9.5, spaceAfter=4))]


def _callout(callout: Callout) -> list[Flowable]:
    edge, ground = _CALLOUTS[callout.severity]
    lines = [plain_text(callout.title, text_style(9, bold=True, textColor=edge, spaceAfter=2))]
    lines += _bullets(callout.items)
    rows = [[line] for line in lines]
    box = Grid(rows, colWidths=[WIDTH], splitByRow=1)
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


def _bullets(items: tuple[str, ...]) -> list[Flowable]:
    look = text_style(8.5, leftIndent=9, bulletIndent=1)
    return [Text(escape(item), look, bulletText="•") for item in items]


def _picture(picture: Picture) -> list[Flowable]:
    height = WIDTH * picture.height_px / picture.width_px
    image = Image(io.BytesIO(picture.png), width=WIDTH, height=height)
    caption = plain_text(
        picture.caption, text_style(7.5, textColor=SOFT, spaceBefore=2, spaceAfter=7)
    )
    image.keepWithNext = True
    return [image, caption]
