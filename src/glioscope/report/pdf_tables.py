"""Tables in the PDF."""

from __future__ import annotations

from typing import Final

from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, Spacer, TableStyle
from reportlab.platypus import Table as Grid

from glioscope.report.document import Block, Table
from glioscope.report.pdf_styles import LINE, SOFT, TINT, WIDTH, plain_text, text_style

_LONG_ROWS: Final = 12


def table_flowables(table: Table) -> list[Flowable]:
    """Return a table with caption and note; of a folded one its caption alone."""
    if table.folded:
        look = text_style(8, textColor=SOFT, spaceAfter=3)
        return [plain_text(f"{table.caption}. The page in HTML lists them.", look)]
    weights = [column.weight for column in table.columns]
    widths = [WIDTH * weight / sum(weights) for weight in weights]
    cell = (text_style(8, leading=10), text_style(8, leading=10, alignment=TA_RIGHT))
    head = (
        text_style(7.5, bold=True, leading=9.5),
        text_style(7.5, bold=True, leading=9.5, alignment=TA_RIGHT),
    )
    columns = table.columns
    rows = [[plain_text(column.title, head[column.numeric]) for column in columns]]
    rows += [
        [plain_text(text, cell[c.numeric]) for text, c in zip(row, columns, strict=True)]
        for row in table.rows
    ]
    grid = Grid(rows, colWidths=widths, repeatRows=1)
    grid.keepWithNext = bool(table.note)
    grid.setStyle(_TABLE_STYLE)
    keep = not is_long(table)
    caption = plain_text(table.caption, text_style(8.5, bold=True, spaceAfter=2, keepWithNext=keep))
    note = (
        [plain_text(table.note, text_style(7.5, textColor=SOFT, spaceBefore=2))]
        if table.note
        else []
    )
    return [*([] if keep else [CondPageBreak(35 * mm)]), caption, grid, *note, Spacer(1, 7)]


def is_long(block: Block) -> bool:
    """Return whether a table would leave a page half empty if it were kept with its heading."""
    return isinstance(block, Table) and not block.folded and len(block.rows) > _LONG_ROWS


_TABLE_STYLE: Final = TableStyle(
    [
        ("BACKGROUND", (0, 0), (-1, 0), TINT),
        ("LINEBELOW", (0, 0), (-1, 0), 0.9, SOFT),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, LINE),
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ("VALIGN", (0, 1), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 1.6),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.6),
    ]
)
