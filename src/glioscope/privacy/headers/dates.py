"""Dates moved by whole days, and ages that are told of no one alone.

Moving by days keeps every interval and every time of the day, across midnight too; a date with a
time moves as one.  A value that is no date (PS3.5, 6.2) has no shifted form and is ``None``.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

OLDEST_TOLD: Final = 89
"""Years: ages above are one group, as 45 CFR 164.514(b)(2)(i)(C) asks."""

_DATE: Final = re.compile(r"(\d{4})[.]?(\d\d)[.]?(\d\d)", re.ASCII)
_DATETIME: Final = re.compile(
    r"(\d{4})(\d\d)?(\d\d)?(\d{2,6}(?:\.\d{1,6})?)?(?:[+-]\d{4})?", re.ASCII
)
_TIME: Final = re.compile(
    r"(?:[01]\d|2[0-3])(?::?[0-5]\d(?::?(?:[0-5]\d|60)(?:\.\d{1,6})?)?)?", re.ASCII
)
_AGE: Final = re.compile(r"(\d{3})([DWMY])", re.ASCII)
_A_YEAR: Final = {"D": 365.25, "W": 52.18, "M": 12.0, "Y": 1.0}


def shifted_date(value: str, days: int) -> str | None:
    """Return a DA value moved by some days.

    Args:
        value: YYYYMMDD, or YYYY.MM.DD as before 1993.
        days: May be negative.
    """
    found = _DATE.fullmatch(value.strip())
    return None if found is None else _moved(found[1], found[2], found[3], days)


def shifted_datetime(value: str, days: int) -> str | None:
    """Return a DT value moved by some days, to the precision that it has.

    The offset from UTC is left out, for it tells where on Earth; the local time stays.
    """
    found = _DATETIME.fullmatch(value.strip())
    if found is None or (found[4] and not _TIME.fullmatch(found[4])):
        return None
    year, month, day, time = found.groups()
    moved = _moved(year, month or "01", day or "01", days)
    if moved is None:
        return None
    return moved[: 4 + 2 * bool(month) + 2 * bool(day)] + (time or "")


def kept_time(value: str) -> str | None:
    """Return a TM value as it is."""
    text = value.strip()
    return text if _TIME.fullmatch(text) else None


def told_age(value: str) -> str | None:
    """Return an AS value; all above 89 years are ``090Y``."""
    found = _AGE.fullmatch(value.strip())
    if found is None:
        return None
    return "090Y" if int(found[1]) / _A_YEAR[found[2]] >= OLDEST_TOLD + 1 else found[0]


def _moved(year: str, month: str, day: str, days: int) -> str | None:
    try:
        moved = date(int(year), int(month), int(day)) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return f"{moved.year:04d}{moved.month:02d}{moved.day:02d}"
