"""Damage that any file can take, and values that no header should hold."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Random = np.random.Generator
T = TypeVar("T")

NUMBERS = (
    *(b"", b" ", b"0", b"-0", b"-1", b"1", b"NaN", b"inf", b"-inf", b"1e308", b"-1e308", b"1e-308"),
    *(b"1e400", b"65535", b"65536", b"2147483647", b"4294967296", b"9" * 400, b"0x10", b"1,5"),
    *(b"abc", b"\0", b"\xff\xfe", b"1\\2", b"1\\2\\3", b"0\\0\\0", b"NaN\\NaN\\NaN", b"\\\\\\"),
    *(
        b"1\\0\\0\\0\\1\\0",
        b"0\\0\\0\\0\\0\\0",
        b"1\\0\\0\\1\\0\\0",
        b"1e9\\1e9\\1e9",
        b"\\" * 5000,
    ),
)
"""Texts in place of a number or of several."""

INTEGERS = (0, 1, 2, 7, 15, 17, 255, 256, 32767, 32768, 65535, -1, 2**31 - 1, -(2**31), 2**32 - 1)
FLOATS = (0.0, -0.0, -1.0, 1.0, 1e-30, 1e30, 1e308, float("nan"), float("inf"), float("-inf"))


def pick(random: Random, values: Sequence[T]) -> T:
    """Draw one value."""
    return values[int(random.integers(len(values)))]


def cut(content: bytes, random: Random) -> bytes:
    """Cut a file off anywhere."""
    return content[: int(random.integers(len(content) + 1))]


def flipped(content: bytes, random: Random, *, within: int | None = None) -> bytes:
    """Flip one to eight bits."""
    if not content:
        return content
    found = bytearray(content)
    for place in random.integers(min(len(content), within or len(content)), size=8)[
        : int(random.integers(1, 9))
    ]:
        found[place] ^= 1 << int(random.integers(8))
    return bytes(found)


def overwritten(content: bytes, random: Random) -> bytes:
    """Write noise, zeros or 255 over a part."""
    length = int(random.integers(1, 64))
    part = pick(random, [random.bytes(length), bytes(length), b"\xff" * length])
    place = int(random.integers(len(content) + 1))
    return content[:place] + part + content[place + length :]


def repeated(content: bytes, random: Random) -> bytes:
    """Let a part stand twice, or another one be missing."""
    start, end = sorted(int(one) for one in random.integers(len(content) + 1, size=2))
    if random.random() < 0.5:
        return content[:end] + content[start:]
    return content[:start] + content[end:]


def packed(kind: str, value: float, *, order: str = "<") -> bytes:
    """Write a number as a header does; one out of range wraps around, or is infinite."""
    if kind in "fd":
        with np.errstate(over="ignore"):
            return np.array(value, dtype=f"{order}{kind}").tobytes()
    size = struct.calcsize(kind)
    return (int(value) % (1 << (8 * size))).to_bytes(size, "little" if order == "<" else "big")


ANYWHERE = (cut, flipped, overwritten, repeated)
