"""The table of the Basic Application Level Confidentiality Profile (PS3.15, Table E.1-1).

Edition 2026d of the standard, and of its options those that Glioscope offers.  The column
``mr_type`` is the strictest type that the MR Image and the Enhanced MR Image give an attribute
anywhere (1, 2 or 3, conditional ones as if the condition held; empty: in neither), which decides
between the actions of a combined code.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final

EDITION: Final = "2026d"
"""Of the DICOM standard that the table is taken from."""

_REPEATING: Final = {0x5000: "50xxxxxx", 0x6000: "60xx{element:04X}"}
_PRIVATE: Final = "private"


class Action(StrEnum):
    """What is done with an attribute (PS3.15, Table E.1-1a)."""

    DUMMY = "D"
    """A value that says nothing, in the form of its VR."""
    EMPTY = "Z"
    REMOVE = "X"
    KEEP = "K"
    CLEAN = "C"
    UID = "U"
    """Another UID, the same wherever the old one stood; in a sequence, of what it refers to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table.

    Args:
        tag: Eight hexadecimal digits, ``x`` for any; ``private`` for private attributes.
        attribute: Keyword, or the name where pydicom's dictionary has none.
        mr_type: 1, 2 or 3; ``None`` if no MR image has the attribute.
        basic: Code of the basic profile, such as ``X/Z/D``.
        descriptors: Code of Clean Descriptors, or empty.
        dates: Code of Retain Longitudinal Temporal Information with Modified Dates, or empty.
        patient: Code of Retain Patient Characteristics, or empty.
    """

    tag: str
    attribute: str
    mr_type: int | None
    basic: str
    descriptors: str
    dates: str
    patient: str

    @property
    def action(self) -> Action:
        """What is done, with all three options on."""
        return Action(self.patient or self.dates or self.descriptors or self.fallback)

    @property
    def fallback(self) -> Action:
        """What the basic profile alone does: of a combined code, the least that stays valid.

        An asterisk marks references, which stay as references to the new UIDs.
        """
        if self.basic.endswith("U*"):
            return Action.UID
        codes = self.basic.split("/")
        wanted = {1: ("D", "Z", "X"), 2: ("Z", "D", "X")}.get(self.mr_type or 3, ("X", "Z", "D"))
        return next(Action(code) for code in (*wanted, *codes) if code in codes)


@cache
def rules() -> Mapping[str, Rule]:
    """Return the rows of the table, by tag."""
    folder = resources.files("glioscope.privacy.headers")
    text = folder.joinpath("profile.csv").read_text("utf-8")
    return {row["tag"]: _rule(row) for row in csv.DictReader(text.splitlines())}


@cache
def mr_attributes() -> frozenset[str]:
    """Return the keywords that MR images have beside those of the table."""
    folder = resources.files("glioscope.privacy.headers")
    text = folder.joinpath("mr_attributes.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


def rule_of(tag: int) -> Rule | None:
    """Return the row for a tag; ``None`` for an attribute that the table does not name."""
    group, element = tag >> 16, tag & 0xFFFF
    table = rules()
    if group % 2:
        return table.get(f"{tag:08X}", table[_PRIVATE])
    # groups 5002 to 501E repeat 5000, 6002 to 601E repeat 6000 (PS3.5, 7.6)
    pattern = _REPEATING.get(group & 0xFF00, "{tag:08X}")
    return table.get(pattern.format(tag=tag, element=element))


def _rule(row: Mapping[str, str]) -> Rule:
    return Rule(
        tag=row["tag"],
        attribute=row["attribute"],
        mr_type=int(row["mr_type"]) if row["mr_type"] else None,
        basic=row["basic"],
        descriptors=row["descriptors"],
        dates=row["dates"],
        patient=row["patient"],
    )
