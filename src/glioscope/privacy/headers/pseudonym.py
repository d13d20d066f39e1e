"""New identifiers for old ones, by a keyed hash.

HMAC-SHA-256 (RFC 2104) with a secret of 32 bytes: the same key gives the same names in every file
and every run, and without it nothing leads back, not even trying all hospital numbers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from dataclasses import dataclass
from typing import Final

from pydicom import Dataset
from pydicom.config import IGNORE
from pydicom.uid import UID

from glioscope.core import InputError

KEY_BYTES: Final = 32
_PREFIX: Final = "GLIO-"
_LETTERS: Final = 10
"""Of 5 bits each: two of 10,000 patients get the same with a chance of 1 in 20 million."""

_SHORTEST_SHIFT_DAYS: Final = 366
_SHIFTS: Final = 3650
"""Shifts lie within ten years, and more than one year back so that no date is in the future."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pseudonyms:
    """The new identifiers of one project.

    Args:
        key: The project's secret, 32 bytes; never printed.
        name: The pseudonym of the patient as the user chose it; ``None`` derives it from the key.
    """

    key: bytes
    name: str | None = None

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES:
            msg = f"a project key has {KEY_BYTES} bytes, this one {len(self.key)}; make a new one"
            raise InputError(msg)

    def __repr__(self) -> str:
        """Leave out the key."""
        return f"Pseudonyms(name={self.name!r})"

    def uid(self, original: str) -> str:
        """Return the UID for another, under the root 2.25 (PS3.5, B.2).

        UIDs that the standard itself registers say nothing of anybody and stay.
        """
        plain = original.strip(" \0")
        if UID(plain, IGNORE).name != plain:
            return plain
        return f"2.25.{uuid.UUID(bytes=self._digest('uid', plain)[:16], version=5).int}"

    def patient(self, identity: str) -> str:
        """Return the pseudonym of a patient."""
        if self.name is not None:
            return self.name
        return _PREFIX + base64.b32encode(self._digest("patient", identity)).decode()[:_LETTERS]

    def shift_days(self, identity: str) -> int:
        """Return by how many days the dates of a patient move, always back."""
        number = int.from_bytes(self._digest("dates", identity)[:8])
        return -(_SHORTEST_SHIFT_DAYS + number % _SHIFTS)

    def fingerprint(self, *parts: str) -> str:
        """Return what tells whether something is the same as before, and nothing else."""
        return self._digest("fingerprint", *parts).hex()[:32]

    def _digest(self, *parts: str) -> bytes:
        text = "\0".join(parts)
        return hmac.new(self.key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def identity_of(header: Dataset) -> str:
    """Return what tells a patient's files from all others, over studies and years.

    It is the hospital's number; without one the name and the birth date; without these the study,
    so that patients that came anonymous never become one.
    """
    identifier = _plain(header.get("PatientID"))
    if identifier:
        return f"id {identifier}"
    name = _plain(header.get("PatientName"))
    if name:
        return f"name {name} {_plain(header.get('PatientBirthDate'))}"
    return f"study {_plain(header.get('StudyInstanceUID'))}"


def _plain(value: object) -> str:
    return "" if value is None else " ".join(str(value).replace("^", " ").split()).lower()
