"""DICOM files taken apart into their elements, so that damage can be aimed at one of them."""

from __future__ import annotations

import struct
from dataclasses import dataclass

DATA_SET = 132
"""Where the elements begin: behind preamble and magic."""

_LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"UC", b"UN", b"UR", b"UT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """Where one element of a file in explicit VR little endian lies.

    Args:
        tag: Group and element.
        start: Of its tag.
        value: Of its value.
        end: Behind its value.
    """

    tag: tuple[int, int]
    start: int
    value: int
    end: int

    @property
    def is_long(self) -> bool:
        """Whether its length has four bytes."""
        return self.value - self.start == 12


def elements(content: bytes) -> list[Element]:
    """List the elements of the top level; lengths must be known."""
    found: list[Element] = []
    place = DATA_SET
    while place + 8 <= len(content):
        group, element, vr = struct.unpack_from("<HH2s", content, place)
        if vr in _LONG:
            (length,) = struct.unpack_from("<I", content, place + 8)
            value = place + 12
        else:
            (length,) = struct.unpack_from("<H", content, place + 6)
            value = place + 8
        end = len(content) if length == 0xFFFFFFFF else value + length
        found.append(Element(tag=(group, element), start=place, value=value, end=end))
        place = end
    return found


def element(tag: tuple[int, int], vr: bytes, value: bytes) -> bytes:
    """Write one element."""
    value += b"\0" * (len(value) % 2)
    head = struct.pack("<HH2s", *tag, vr)
    if vr in _LONG:
        return head + struct.pack("<HI", 0, len(value)) + value
    return head + struct.pack("<H", len(value) & 0xFFFF) + value


def inserted(content: bytes, tag: tuple[int, int], raw: bytes) -> bytes:
    """Put a raw element where its tag belongs."""
    place = next((one.start for one in elements(content) if one.tag >= tag), len(content))
    return content[:place] + raw + content[place:]


def replaced(content: bytes, tag: tuple[int, int], vr: bytes, value: bytes) -> bytes:
    """Put an element in the place of the one of its tag, or where it belongs."""
    for one in elements(content):
        if one.tag == tag:
            return content[: one.start] + element(tag, vr, value) + content[one.end :]
    return inserted(content, tag, element(tag, vr, value))
