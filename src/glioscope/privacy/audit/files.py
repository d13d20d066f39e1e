"""The files of an audit log: one that only grows, one that says how far, and a lock."""

from __future__ import annotations

import json
import os
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

from glioscope.core import InputError
from glioscope.io import exclusive
from glioscope.privacy.audit.line import BEGINNING

_PRIVATE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far a log had come after its last complete line.

    Without it, lines cut off at the end would leave a shorter log that is whole.

    Args:
        lines: How many.
        size: Of the file, bytes.
        last: Hash of the last line.
    """

    lines: int = 0
    size: int = 0
    last: str = BEGINNING

    @classmethod
    def read(cls, log: Path) -> Self | None:
        """Read the head of a log; ``None`` if there is none.

        Raises:
            InputError: If it is damaged.
        """
        path = head_path(log)
        try:
            content = json.loads(path.read_bytes())
            found = cls(**content)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise InputError(_damaged(path)) from error
        if not found.true():
            raise InputError(_damaged(path))
        return found

    def true(self) -> bool:
        """Tell whether the fields are of their types and can be true together."""
        numbers: tuple[Any, ...] = (self.lines, self.size)
        counted = all(type(number) is int and number >= 0 for number in numbers)
        return counted and isinstance(self.last, str) and (self.lines > 0) == (self.size > 0)

    def write(self, log: Path) -> None:
        """Replace the head; it is on the disk when this returns.

        Raises:
            OSError: If it can't be written.
        """
        path = head_path(log)
        partial = path.with_name(f".{path.name}.partial")
        content = json.dumps(asdict(self), sort_keys=True).encode() + b"\n"
        _write(partial, content, flags=os.O_TRUNC)
        partial.replace(path)


def head_path(log: Path) -> Path:
    """Return where the head of a log lies."""
    return log.with_name(log.name + ".head")


def add(log: Path, line: bytes, *, at: int) -> None:
    """Add a line at the end of a log; it is on the disk when this returns.

    Args:
        log: Made if it is not there.
        line: With its end of line.
        at: Size of the complete lines; what lies behind it is cut off.

    Raises:
        OSError: If it can't be written; a half-written line is taken back.
    """
    if log.exists() and log.stat().st_size > at:
        os.truncate(log, at)
    try:
        _write(log, line, flags=os.O_APPEND)
    except OSError:
        with suppress(OSError):
            os.truncate(log, at)
        raise


def _write(path: Path, content: bytes, *, flags: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | flags, _PRIVATE)
    try:
        while content:
            content = content[os.write(file, content) :]
        os.fsync(file)
    finally:
        os.close(file)


def locked(log: Path) -> AbstractContextManager[None]:
    """Keep other processes from writing to a log for as long as this lasts.

    Raises:
        OutputError: On entry, if the lock beside the log can't be made.
    """
    path = log.with_name(log.name + ".lock")
    return exclusive(path, mode=_PRIVATE, told=partial(unwritable, log))


def unwritable(log: Path, error: OSError) -> str:
    """Say that a log can't be written, and what to do."""
    return (
        f"the audit log {log.name} can't be written ({error.strerror}), and what is not written"
        " down is not done; free some space, or name another file with --audit"
    )


def _damaged(path: Path) -> str:
    return (
        f"{path.name}, which says how far the audit log has come, is damaged; see docs/consent.md"
    )
