"""A model's answer to claims: JSON as asked for, JSON within other text, or lines with [id]."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from glioscope.guidance.wording.check import Claim

_MOST_CLAIMS: Final = 60
_LONGEST: Final = 100_000
"""Characters of an answer that are read; a summary has a few thousand."""
_FENCE: Final = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)
_THOUGHT: Final = re.compile(r"<think>.*?</think>", re.DOTALL)
_CITED: Final = re.compile(r"\[([^\[\]]{1,200})\]")
_BULLET: Final = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")


def claims_of(answer: str) -> tuple[Claim, ...]:
    """Return what a model said; at most sixty claims, whatever it sent."""
    text = _THOUGHT.sub("", answer[:_LONGEST]).strip()
    fenced = _FENCE.search(text)
    for candidate in (text, fenced[1] if fenced else "", _braced(text)):
        found = _from_json(candidate)
        if found is not None:
            return found[:_MOST_CLAIMS]
    return _from_lines(text)[:_MOST_CLAIMS]


def _braced(text: str) -> str:
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else ""


def _from_json(text: str) -> tuple[Claim, ...] | None:
    """Return the claims of JSON; ``None`` if it is not the JSON that was asked for."""
    try:
        content: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(content, dict):
        content = content.get("sentences")
    if not isinstance(content, list):
        return None
    return tuple(_claim(entry) for entry in content if isinstance(entry, dict))


def _claim(entry: dict[str, Any]) -> Claim:
    text, citations = entry.get("text"), entry.get("citations")
    named = [citations] if isinstance(citations, str) else citations
    return Claim(
        text=text if isinstance(text, str) else "",
        citations=tuple(one for one in named if isinstance(one, str))
        if isinstance(named, list)
        else (),
    )


def _from_lines(text: str) -> tuple[Claim, ...]:
    found = []
    for written in text.splitlines():
        plain = _BULLET.sub("", written).strip()
        if not plain:
            continue
        cited = [one for group in _CITED.findall(plain) for one in re.split(r"[,;\s]+", group)]
        said = " ".join(_CITED.sub("", plain).split()).replace(" .", ".")
        found.append(Claim(text=said, citations=tuple(one for one in cited if one)))
    return tuple(found)
