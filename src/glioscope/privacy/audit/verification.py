"""Whether an audit log still is what was written, from its first line to its last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from glioscope.core import InputError
from glioscope.privacy.audit.files import Head, head_path, locked
from glioscope.privacy.audit.line import BEGINNING, LONGEST_LINE, AuditLine
from glioscope.privacy.audit.log import AuditLog


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What reading a log from its first line to its last found.

    Args:
        lines: The lines that hold, up to the first that does not.
        broken: Number of the first line that does not hold; ``None`` if all do.
        why: What is wrong with it.
        notes: What is remarkable without being wrong.
    """

    lines: tuple[AuditLine, ...]
    broken: int | None = None
    why: str = ""
    notes: tuple[str, ...] = ()

    @property
    def last(self) -> str:
        """Hash of the last line that holds."""
        return self.lines[-1].hash if self.lines else BEGINNING


def verify(log: AuditLog, *, expect: str | None = None) -> AuditReport:
    """Read a log and check each line, the chain, and how far it should reach.

    Args:
        log: With its key, if it has one.
        expect: Hash of a line, noted elsewhere, that must be in it.

    Raises:
        InputError: If there is no log.
        OutputError: If its folder can't be written to, which keeping writers out needs.
    """
    if not log.path.is_file() and not head_path(log.path).exists():
        msg = f"{log.path.name}: no such audit log; check the path, or none was written yet"
        raise InputError(msg)
    with locked(log.path):
        lines: list[AuditLine] = []
        half = 0
        for raw in _raw_lines(log.path):
            if not raw.endswith(b"\n") and len(raw) <= LONGEST_LINE:
                half = len(raw)
                break
            try:
                lines.append(_next(raw, lines, log.key))
            except ValueError as error:
                return AuditReport(lines=tuple(lines), broken=len(lines) + 1, why=str(error))
        found = AuditReport(lines=tuple(lines))
        return _ended(found, log.path, half=half, expect=expect)


def _raw_lines(path: Path) -> Iterator[bytes]:
    if path.is_file():
        with path.open("rb") as file:
            while raw := file.readline(LONGEST_LINE + 1):
                yield raw


def _next(raw: bytes, lines: list[AuditLine], key: bytes | None) -> AuditLine:
    line = AuditLine.of_bytes(raw, key)
    if line.previous != (lines[-1].hash if lines else BEGINNING):
        msg = "does not follow the line before it: a line was deleted, added or moved"
        raise ValueError(msg)
    if line.number != len(lines) + 1:
        msg = f"says that it is line {line.number}"
        raise ValueError(msg)
    return line


def _ended(found: AuditReport, path: Path, *, half: int, expect: str | None) -> AuditReport:
    """Check that no line is missing at the end."""
    try:
        head = Head.read(path)
    except InputError as error:
        return _broken(found, str(error))
    if head is None:
        return _broken(found, f"can't be told to be the end: {head_path(path).name} is missing")
    why = _misfit(found.lines, head, path)
    if why is None and expect is not None and expect not in {line.hash for line in found.lines}:
        why = "is not the expected one: no line has the hash given by --expect"
    if why is not None:
        return _broken(found, why)
    notes = []
    if len(found.lines) > head.lines:
        notes.append("a writer was killed after its line was whole; the next line goes on from it")
    if half:
        notes.append(f"a killed writer left {half} bytes of a line; the next line replaces them")
    return AuditReport(lines=found.lines, notes=tuple(notes))


def _broken(found: AuditReport, why: str) -> AuditReport:
    return AuditReport(lines=found.lines, broken=len(found.lines) + 1, why=why)


def _misfit(lines: tuple[AuditLine, ...], head: Head, path: Path) -> str | None:
    if len(lines) < head.lines:
        return f"is missing: the log once had {head.lines} lines"
    at_head = lines[head.lines - 1].hash if head.lines else BEGINNING
    if len(lines) > head.lines + 1 or at_head != head.last:
        return f"does not fit {head_path(path).name}, which ends with another line"
    return None
