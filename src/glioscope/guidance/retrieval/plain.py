"""Documents without pages: HTML, Markdown, plain text."""

from __future__ import annotations

import warnings

from glioscope.core import InputError, require

_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_NOT_SHOWN = ("script", "style", "noscript", "template", "head", "svg")
_BLOCKS = ("p", "div", "li", "tr", "br", "table", "section", "article", "blockquote", "pre")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_CELLS = ("td", "th")


def plain_text(content: bytes, name: str) -> str:
    """Decode UTF-8, or UTF-16 that starts with its mark; Markdown stays as it is written.

    Raises:
        InputError: If it is neither, or holds a zero byte, as text never does.
    """
    try:
        text = content.decode(_BYTE_ORDER_MARKS.get(content[:2], "utf-8-sig"))
    except UnicodeDecodeError as error:
        msg = f"{name} is not UTF-8 text; open it in an editor and save it as UTF-8"
        raise InputError(msg) from error
    if "\0" in text:
        msg = f"{name} is named like text but holds binary data; leave it out"
        raise InputError(msg)
    return text


def html_text(content: bytes, name: str) -> str:
    """Return what the body shows; a line for each paragraph, row, item and heading.

    Raises:
        InputError: If it is binary data.
        MissingPackageError: Without the extra.
    """
    soup = require("bs4", extra="guidance")
    if b"\0" in content and content[:2] not in _BYTE_ORDER_MARKS:
        msg = f"{name} is named like HTML but holds binary data; leave it out"
        raise InputError(msg)
    with warnings.catch_warnings():
        # remarks on pages that are XML, or a file name: they are read all the same
        warnings.simplefilter("ignore")
        page = soup.BeautifulSoup(content, "html.parser")
    for element in page(_NOT_SHOWN):
        element.decompose()
    for element in page(_CELLS):
        element.append(" ")
    for element in page(_BLOCKS):
        element.append("\n")
    for element in page(_HEADINGS):
        element.insert(0, "\n")
        element.append("\n")
    return str(page.get_text())
