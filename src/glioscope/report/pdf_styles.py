"""Fonts, colors and text styles of the PDF."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

import matplotlib as mpl
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable
from reportlab.platypus import Paragraph as Text

from glioscope.report.document import Line, Span

FONT: Final = "GlioscopeSans"
BOLD: Final = "GlioscopeSans-Bold"
MARGIN: Final = 15 * mm
FRAME_PADDING: Final = 6.0
WIDTH: Final = A4[0] - 2 * MARGIN - 2 * FRAME_PADDING
INK, SOFT, HEAD = (HexColor(code) for code in ("#1b1f24", "#4c5561", "#12395b"))
LINE, TINT = (HexColor(code) for code in ("#cfd6de", "#f3f6f9"))
_LINK: Final = "#0b5394"
_ADDRESS_SAFE: Final = ":/?#[]@!$&'()*+,;=%-._~"


@cache
def register_fonts() -> None:
    """Make the two fonts known to reportlab."""
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    pdfmetrics.registerFont(TTFont(FONT, str(folder / "DejaVuSans.ttf")))
    pdfmetrics.registerFont(TTFont(BOLD, str(folder / "DejaVuSans-Bold.ttf")))
    pdfmetrics.registerFontFamily(FONT, normal=FONT, bold=BOLD, italic=FONT, boldItalic=BOLD)


def text_style(size: float, *, bold: bool = False, **options: object) -> ParagraphStyle:
    """Return a text style.

    Args:
        size: Of the letters, points.
        bold: In the bold font.
        options: As reportlab's ``ParagraphStyle`` takes them.
    """
    base = {"textColor": INK, "leading": size * 1.38, "splitLongWords": True}
    return ParagraphStyle(
        "text", fontName=BOLD if bold else FONT, fontSize=size, **{**base, **options}
    )


def plain_text(content: str, look: ParagraphStyle) -> Flowable:
    """Return a paragraph; nothing in the content is markup."""
    return Text(escape(content), look)


def line_text(line: Line, look: ParagraphStyle, *, anchor: str | None = None) -> Flowable:
    """Return a paragraph with its links, and with an anchor where links lead to it."""
    here = "" if anchor is None else f"<a name={quoteattr(anchor)}/>"
    return Text(here + "".join(_span(span) for span in line), look)


def _span(span: Span) -> str:
    content = escape(span.text)
    if span.link is not None:
        address = quoteattr(quote(span.link, safe=_ADDRESS_SAFE))
        return f'<a href={address} color="{_LINK}">{content}</a>'
    return f"<b>{content}</b>" if span.strong else content
