"""The form of a sentence, before what it says: plain, short, and spoken to nobody."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from glioscope.guidance.wording.check.lines import Line
from glioscope.guidance.wording.clean import has_hidden

LONGEST: Final = 400
"""Characters of a sentence that a reader at a tumor board still takes in."""
_FEWEST_WORDS: Final = 3
_TYPOGRAPHY: Final = frozenset("–—‐‑’‘“”²³")
_MARKUP: Final = re.compile(r"</?[a-z!]|\]\(|!\[|`|\*\*|__|^\s*[#>|]|\{|\}|\\", re.IGNORECASE)
_LINK: Final = re.compile(
    r"://|\bwww\.|\b(?:mailto|javascript|data):|@|\b[a-z0-9-]+\.(?:com|org|net|io|info|cn|ru|de)\b",
    re.IGNORECASE,
)
_READER: Final = re.compile(
    r"\b(?:you|your|yours|me|my|we|us|our|please|ignore|disregard|instructions?|prompts?"
    r"|assistant|chatbot|language model|ai)\b",
    re.IGNORECASE,
)
_COMMAND: Final = re.compile(
    r"\W*(?:do not|don['’]t|let|give|take|start|stop|begin|administer|prescribe|increase|double"
    r"|reduce|raise|lower|use|add|omit|skip|avoid|consider|order|tell|write|output|print|say|send"
    r"|treat|continue|switch|choose|offer|recommend|refer|call|visit|note|remember|forget)\b",
    re.IGNORECASE,
)
_DANGLING: Final = re.compile(
    r"\W*(?:it|its|they|their|this|these|that|those|he|she|his|her|such|both|which|who)\b",
    re.IGNORECASE,
)
_THIS_ONE: Final = re.compile(
    r"\b(?:the|this|that|our|her|his)\s+(?:\w+\s+)?"
    r"(?:patient|tumou?r|case|woman|man|person|lesion|mass|diagnosis)\b",
    re.IGNORECASE,
)


def bad_form(text: str, cited: Sequence[Line]) -> str | None:
    """Return what is wrong with the form of a sentence, ``None`` if nothing is.

    Args:
        text: As the model wrote it.
        cited: Every sentence of the records that it cites.
    """
    source = " ".join(one.text for one in cited)
    return _unreadable(text, source) or _spoken(text) or _about_one(text, source)


def _unreadable(text: str, source: str) -> str | None:
    if len(text) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if has_hidden(text):
        return "holds characters that can't be seen"
    if any(not one.isascii() and one not in _TYPOGRAPHY and one not in source for one in text):
        return "holds letters or signs that its citation does not"
    if _LINK.search(text):
        return "holds a link or an address"
    if _MARKUP.search(text):
        return "holds markup"
    if len(text.split()) < _FEWEST_WORDS:
        return "is no sentence"
    return None


def _spoken(text: str) -> str | None:
    if "?" in text:
        return "asks"
    if _READER.search(text):
        return "speaks to somebody"
    if _COMMAND.match(text):
        return "commands"
    return None


def _about_one(text: str, source: str) -> str | None:
    if _DANGLING.match(text) and not source.casefold().startswith(text.casefold()[:20]):
        return "begins with a word for something said before"
    known = source.casefold()
    if any(match.group().casefold() not in known for match in _THIS_ONE.finditer(text)):
        return "speaks of this patient, whom no record knows"
    return None
