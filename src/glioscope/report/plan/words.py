"""How the plan calls things."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from glioscope.core import Source, Strength
from glioscope.report.document import Tone

PLAN_STATEMENT: Final = (
    "This plan informs professionals and does not decide. Glioscope is research software, not a"
    " medical device."
)
"""Stands once on every page of a plan."""

_INITIALS: Final = re.compile(r" [A-ZÀ-Þ]{1,3}$")

STRENGTH_NAMES: Final[Mapping[Strength, str]] = MappingProxyType(
    {
        Strength.STRONG: "Strong recommendation",
        Strength.CONDITIONAL: "Conditional recommendation",
        Strength.CONSENSUS: "Expert consensus",
        Strength.EVIDENCE: "Evidence only",
        Strength.DEFINITION: "Definition",
    }
)

STRENGTH_TONES: Final[Mapping[Strength, Tone]] = MappingProxyType(
    {
        Strength.STRONG: Tone.STRONG,
        Strength.CONDITIONAL: Tone.MIDDLE,
        Strength.CONSENSUS: Tone.WEAK,
        Strength.EVIDENCE: Tone.WEAK,
        Strength.DEFINITION: Tone.PLAIN,
    }
)


def short_name(source: Source) -> str:
    """Return such as "Stupp et al. 2005": the first author without initials, or the body."""
    first, *others = source.authors.split(",")
    surname = _INITIALS.sub("", first)
    return f"{surname}{' et al.' if others else ''} {source.year}"


def how_to_give(fact: str) -> str:
    """Return what to write on the command line, such as "--known platelets=…"."""
    return f"--known {fact}=…"
