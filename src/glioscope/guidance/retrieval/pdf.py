"""Pages of a PDF."""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from types import ModuleType
from typing import TYPE_CHECKING

from glioscope.core import InputError, require

if TYPE_CHECKING:
    from pypdf import PdfReader

_BROKEN = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RuntimeError,
    IndexError,
    AssertionError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
)
"""What pypdf raises on damage beside its own errors.  A loop of references is a RecursionError,
which is a RuntimeError."""


def is_pdf(content: bytes) -> bool:
    """Tell by the mark, which may stand anywhere in the first kilobyte."""
    return b"%PDF-" in content[:1024]


def pdf_pages(content: bytes, name: str) -> list[str]:
    """Return the text of each page, in order; of a page without text an empty one.

    Args:
        content: Whole file.
        name: Of the file, for the errors.

    Raises:
        InputError: If it is damaged, or encrypted with a password.
        MissingPackageError: Without the extra.
    """
    pypdf = require("pypdf", extra="guidance")
    broken = (pypdf.errors.PyPdfError, pypdf.errors.DependencyError, *_BROKEN)
    try:
        with _silent():
            reader = _opened(pypdf, content, name)
            return [page.extract_text() for page in reader.pages]
    except InputError:
        raise
    except broken as error:
        msg = f"{name} is damaged ({type(error).__name__}); copy or download it again"
        raise InputError(msg) from error


def _opened(pypdf: ModuleType, content: bytes, name: str) -> PdfReader:
    reader: PdfReader = pypdf.PdfReader(BytesIO(content))
    # many publishers encrypt with an empty password, which every viewer tries first
    if reader.is_encrypted and not reader.decrypt(""):
        msg = f"{name} is protected with a password; save a copy without one"
        raise InputError(msg)
    if not len(reader.pages):
        msg = f"{name} has no pages; copy or download it again"
        raise InputError(msg)
    return reader


@contextmanager
def _silent() -> Iterator[None]:
    """Keep pypdf from logging each oddity of a file, with text of it, while it is read."""
    log = logging.getLogger("pypdf")
    before = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(before)
