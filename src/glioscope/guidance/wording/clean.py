"""Text without what an eye can't see, and without what might tell who a patient is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of control, format (zero width, direction, tags) and unassigned signs."""
_FILLERS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")
"""Letters and signs that are drawn as nothing."""
_GONE: Final = "[left out]"
_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_IDENTIFYING: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+",  # mail
        r"\b(?:https?|ftp|file)://\S+",
        r"\b\d+(?:\.\d+){4,}\b",  # UID
        r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",  # UUID
        r"(?:[A-Za-z]:\\|\\\\|~?/)(?:[^\s/\\]+[/\\])+[^\s/\\]*",  # path
        r"\b[\w-]+\.(?:dcm|nii(?:\.gz)?|pdf|docx?|txt|html?|md|csv|jpe?g|png|zip)\b",  # file
        r"\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b",
        r"\b\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}\b",
        rf"\b\d{{1,2}}(?:st|nd|rd|th)?[ -]{_MONTH}[ -],? ?\d{{2,4}}\b",
        rf"\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}\b",
        r"\b(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\b",
        r"(?:\+|\b00|\(0)\d[\d ()/-]{6,}\d\b",  # telephone
        r"\b\d{3}[ -]\d{3}[ -]\d{4}\b",
        r"\b[A-Z]*\d{6,}\b",  # number of a patient or an examination
        r"\b\d{1,3}(?:\.\d+)?[- ]?(?:years?|yrs?|y)[- ]?(?:old|of age)\b",
        r"\b(?:aged?|age:)\s*\d{1,3}\b",
        r"\b(?:name|patient(?:'s)?(?: name| id)?|mrn|dob|born|accession|case)\s*[:=#]\s*[^\n;.]+",
        r"\b(?:mr|mrs|ms|miss|dr|prof|herr|frau|mme|sra?)\.?(?-i: +[A-Z][\w'’-]+)+",
        r"\b[A-Z][\w'-]+\^[\w'^-]+",  # a name as DICOM writes it
    )
)
_SHORTEST_NAME: Final = 3
_NO_NAMES: Final = frozenset({"patient", "patients", "case", "plan", "tumor", "glioma"})


def visible(text: str) -> str:
    """Return a text in Unicode's compatibility form, without characters that can't be seen.

    Line ends and tabs become spaces: a text of one line can't pretend to be another message.
    """
    plain = unicodedata.normalize("NFKC", text)
    seen = (" " if one in "\n\r\t\v\f" else one for one in plain)
    kept = (one for one in seen if not _is_hidden(one))
    return " ".join("".join(kept).split())


def has_hidden(text: str) -> bool:
    """Tell whether a text holds characters that can't be seen."""
    return any(_is_hidden(one) for one in text if one not in "\n\r\t")


def anonymous(text: str, *, names: Iterable[str] = ()) -> str:
    """Return a text without what might tell who a patient is.

    Dates, ages, addresses, telephone numbers, UIDs, numbers of patients, file names and what
    stands behind "name:" are left out, so are names with a title or written as DICOM does.

    Args:
        text: From outside, such as a passage of a document.
        names: Further words to leave out, such as the pseudonym; a word of less than three
            characters, or "patient", would take the sense from a text and tells nothing.
    """
    for name in names:
        plain = name.strip()
        if len(plain) >= _SHORTEST_NAME and plain.casefold() not in _NO_NAMES:
            text = re.sub(rf"(?<!\w){re.escape(plain)}(?!\w)", _GONE, text, flags=re.IGNORECASE)
    for pattern in _IDENTIFYING:
        text = pattern.sub(_GONE, text)
    return text


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _INVISIBLE or character in _FILLERS
