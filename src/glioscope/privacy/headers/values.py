"""What of a value may stay, by its VR; the same for attributes in the profile's table and others.

A value stays only in the form that its VR promises: numbers that are numbers, dates moved, texts as
words of the list.  Names of persons, addresses, unknown VRs and bytes never stay.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pydicom.dataelem import DataElement
from pydicom.multival import MultiValue

from glioscope.privacy.headers.dates import kept_time, shifted_date, shifted_datetime, told_age
from glioscope.privacy.headers.dummy import REMOVED, empty_value
from glioscope.privacy.headers.pseudonym import Pseudonyms
from glioscope.privacy.headers.words import Tokens, cleaned_text

_NUMBERS: Final = frozenset(
    {"AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV", "US or SS", "US or OW"}
)
_FREE_TEXTS: Final = frozenset({"LO", "LT", "SH", "ST", "UC", "UT"})
_PIXELS: Final = frozenset({"PixelData", "LUTData"})
_MACHINE: Final = re.compile(r"[A-Za-z0-9_ .,;:*+/()-]{0,64}")
_CODE: Final = re.compile(r"[A-Za-z0-9_ .*-]{0,16}")
_WRITTEN_BY_MACHINES: Final = frozenset(
    {
        "CodeValue",
        "CodingSchemeDesignator",
        "CodingSchemeVersion",
        "ImagedNucleus",
        "ManufacturerModelName",
        "PulseSequenceName",
        "ReceiveCoilName",
        "RescaleType",
        "ResonantNucleus",
        "SequenceName",
        "SoftwareVersions",
        "StackID",
        "TransmitCoilName",
    }
)
"""Texts that nobody types during an examination; kept unless they hold a word of someone's."""

_ENUMERATED: Final[Mapping[str, frozenset[str]]] = {
    "PatientSex": frozenset({"M", "F", "O"}),
    "PatientSexNeutered": frozenset({"ALTERED", "UNALTERED"}),
    "SmokingStatus": frozenset({"YES", "NO", "UNKNOWN"}),
    "EthnicGroup": frozenset(
        {"AFRICAN", "AFRICAN AMERICAN", "ASIAN", "BLACK", "CAUCASIAN", "HISPANIC", "INDIAN"}
        | {"LATINO", "MIXED", "OTHER", "UNKNOWN", "WHITE"}
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """What a patient's values become when they may stay.

    Args:
        pseudonyms: Of the project.
        shift_days: Of the patient's dates.
        tokens: Words that identify the patient or anyone else.
    """

    pseudonyms: Pseudonyms
    shift_days: int
    tokens: Tokens

    def kept(self, element: DataElement, *, listed: bool = False) -> object | None:
        """Return what is left of a value; ``None`` if nothing may stay.

        Args:
            element: Not a sequence; a value that was empty stays so.
            listed: The profile's table names the attribute: its codes count as free text.
        """
        value: object = element.value
        if element.is_empty:
            return empty_value(element.VR)
        if element.VR in _NUMBERS or element.keyword in _PIXELS:
            return value
        converted = self._converter(element, listed=listed)
        if converted is None:
            return None
        values = value if isinstance(value, MultiValue | list) else [value]
        found = [converted(str(one)) for one in values]
        kept = [one for one in found if one is not None]
        if not any(kept):
            return None
        if element.VR not in _FREE_TEXTS and len(kept) < len(found):
            # the place of a value tells what it means
            return (
                [REMOVED if one is None else one for one in found] if element.VR == "CS" else None
            )
        return kept[0] if len(kept) == 1 else kept

    def _converter(
        self, element: DataElement, *, listed: bool
    ) -> Callable[[str], str | None] | None:
        if element.keyword in _ENUMERATED:
            allowed = _ENUMERATED[element.keyword]
            return lambda text: text if text.strip().upper() in allowed else None
        if element.keyword in _WRITTEN_BY_MACHINES:
            return self._of_machine
        if element.VR in _FREE_TEXTS or (listed and element.VR == "CS"):
            return lambda text: cleaned_text(text) or None
        by_vr: Mapping[str, Callable[[str], str | None]] = {
            "AS": told_age,
            "CS": self._code,
            "DA": lambda text: shifted_date(text, self.shift_days),
            "DS": _number,
            "DT": lambda text: shifted_datetime(text, self.shift_days),
            "IS": _number,
            "TM": kept_time,
            "UI": self.pseudonyms.uid,
        }
        return by_vr.get(element.VR)

    def _code(self, text: str) -> str | None:
        return text if _CODE.fullmatch(text) and not self.tokens.found_in(text) else None

    def _of_machine(self, text: str) -> str | None:
        return text if _MACHINE.fullmatch(text) and not self.tokens.found_in(text) else None


def _number(text: str) -> str | None:
    try:
        plain = text.isascii() and "_" not in text
        return text.strip() if plain and math.isfinite(float(text)) else None
    except ValueError:
        return None
