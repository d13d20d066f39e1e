"""Values that say nothing, in the form of each VR (PS3.5, Table 6.2-1)."""

from __future__ import annotations

from typing import Final

REMOVED: Final = "REMOVED"

_TEXTS: Final = {
    "AS": "000D",
    "DA": "19000101",
    "DS": "0",
    "DT": "19000101000000",
    "IS": "0",
    "TM": "000000",
}
_BYTES: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_WHOLE: Final = frozenset({"SL", "SS", "SV", "UL", "US", "UV", "AT"})
_REAL: Final = frozenset({"FD", "FL"})


def dummy_value(vr: str) -> str | int | float | bytes:
    """Return the dummy of a VR; sequences and UIDs have none.

    Bytes are eight zeros, which is a whole number of items of every width.
    """
    if vr in _BYTES:
        return bytes(8)
    if vr in _WHOLE:
        return 0
    if vr in _REAL:
        return 0.0
    return _TEXTS.get(vr, REMOVED)


def empty_value(vr: str) -> str | bytes:
    """Return the value of no length of a VR; sequences have another."""
    return b"" if vr in _BYTES else ""
