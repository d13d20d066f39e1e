"""Notices as boxes that must be seen, and as remarks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from glioscope.core import Notice, Severity
from glioscope.report.document import Callout
from glioscope.report.words import SEQUENCE_NAMES

_TITLES: Final[Mapping[Severity, str]] = MappingProxyType(
    {
        Severity.ALARM: "Alarm: check this before you use any number below",
        Severity.WARNING: "Warnings",
    }
)


def notice_callouts(notices: Iterable[Notice]) -> tuple[Callout, ...]:
    """Return a box of the alarms and a box of the warnings, each if there are any."""
    found = tuple(notices)
    return tuple(
        Callout(severity=severity, title=title, items=items)
        for severity, title in _TITLES.items()
        if (items := _messages(found, severity))
    )


def remarks(notices: Iterable[Notice]) -> tuple[Callout, ...]:
    """Return one box of what is good to know, or none."""
    items = _messages(notices, Severity.INFO)
    return (Callout(severity=Severity.INFO, title="Remarks", items=items),) if items else ()


def notice_text(notice: Notice) -> str:
    """Return the message, with the sequence that it is about."""
    if notice.sequence is None:
        return notice.message
    return f"{SEQUENCE_NAMES[notice.sequence]}: {notice.message}"


def _messages(notices: Iterable[Notice], severity: Severity) -> tuple[str, ...]:
    return tuple(notice_text(notice) for notice in notices if notice.severity is severity)
