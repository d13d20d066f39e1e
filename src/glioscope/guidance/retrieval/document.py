"""A file of any kind that is understood, as pages of text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from glioscope.core import InputError
from glioscope.guidance.retrieval.clean import clean
from glioscope.guidance.retrieval.pdf import is_pdf, pdf_pages
from glioscope.guidance.retrieval.plain import html_text, plain_text

MOST_BYTES: Final = 100 << 20
"""Of one file.  The longest guidelines are a tenth of it; beyond, it is a wrong file."""

_READERS: Final[dict[str, Callable[[bytes, str], str]]] = {
    ".html": html_text,
    ".htm": html_text,
    ".md": plain_text,
    ".markdown": plain_text,
    ".txt": plain_text,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Text of one page.

    Args:
        number: From 1, in the order of the file whatever is printed on it; ``None`` in a
            document without pages.
        text: Cleaned; may be empty.
    """

    number: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file says.

    Args:
        path: Absolute.
        sha256: Of the bytes, hexadecimal: the identity, whatever the file is called.
        pages: One without a number for a document without pages.
    """

    path: Path
    sha256: str
    pages: tuple[Page, ...]

    @property
    def file(self) -> str:
        """Name without its folder, fit to be printed."""
        return clean(self.path.name)

    @property
    def numbered(self) -> int | None:
        """How many pages it has; ``None`` without pages."""
        return len(self.pages) if self.pages[0].number is not None else None


def read_document(path: Path) -> Document:
    """Read a PDF, an HTML or Markdown file or plain text.

    Args:
        path: PDF is known by its first bytes, the others by the end of their name.

    Raises:
        InputError: If the file is missing, empty, too large, damaged, encrypted, of another kind,
            or has no text.
    """
    name = clean(path.name)
    content = _content(path, name)
    pages = _pages(content, path.suffix.lower(), name)
    if not any(page.text for page in pages):
        msg = f"{name} has no text in it; there is nothing to search, leave it out"
        if is_pdf(content):
            msg = (
                f"{name} holds pictures of pages and no text (scanned); recognize its text"
                " first, for example with ocrmypdf"
            )
        raise InputError(msg)
    return Document(
        path=path.resolve(), sha256=hashlib.sha256(content).hexdigest(), pages=tuple(pages)
    )


def _content(path: Path, name: str) -> bytes:
    try:
        if path.is_dir():
            msg = f"{name} is a folder; name the files in it"
            raise InputError(msg)
        if path.stat().st_size > MOST_BYTES:
            msg = f"{name} is larger than {MOST_BYTES >> 20} MB; split it into parts"
            raise InputError(msg)
        content = path.read_bytes()
    except OSError as error:
        msg = (
            f"{name} can't be read ({error.strerror or type(error).__name__});"
            " check its path and its permissions"
        )
        raise InputError(msg) from error
    if not content:
        msg = f"{name} is empty; copy or download it again"
        raise InputError(msg)
    return content


def _pages(content: bytes, suffix: str, name: str) -> list[Page]:
    if is_pdf(content):
        texts = pdf_pages(content, name)
        return [Page(number=number, text=clean(text)) for number, text in enumerate(texts, 1)]
    if suffix == ".pdf":
        msg = f"{name} is named like a PDF but is none; copy or download it again"
        raise InputError(msg)
    if suffix not in _READERS:
        known = ", ".join(_READERS)
        msg = f"{name} is of a kind that is not read; save it as .pdf, {known}"
        raise InputError(msg)
    return [Page(number=None, text=clean(_READERS[suffix](content, name)))]
