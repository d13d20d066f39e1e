"""The audit log: which study was used for what, in lines that can't be changed unseen."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from glioscope import __version__
from glioscope.core import InputError, OutputError
from glioscope.privacy.audit.files import Head, add, head_path, locked, unwritable
from glioscope.privacy.audit.line import LONGEST_LINE, AuditLine, digest

_WORD: Final = re.compile(r"[a-z0-9-]{1,32}")
_STUDY_DIGITS: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLog:
    """A log that several processes may write at once.

    Args:
        path: JSON lines; two small files, ``.head`` and ``.lock``, lie beside it.
        key: Secret of an HMAC: with it, nobody who lacks the key can write a valid line.
    """

    path: Path
    key: bytes | None = None

    def append(self, *, command: str, use: str, study: Path, decision: str, reason: str) -> str:
        """Write one line; it is on the disk when this returns.

        Args:
            command: Of Glioscope.
            use: What for.
            study: Only a digest of its place is written.
            decision: ``allowed`` or ``refused``.
            reason: Code of why.

        Returns:
            The hash of the line, for ``glioscope audit --expect``.

        Raises:
            ValueError: If a word is none, so that no text of a patient gets in by mistake.
            OutputError: If it can't be written, or the log is damaged already.
        """
        for word in (command, use, decision, reason):
            if not _WORD.fullmatch(word):
                msg = "an audit line takes words of a-z, 0-9 and hyphens only"
                raise ValueError(msg)
        with locked(self.path):
            head, half = self._end()
            line = AuditLine(
                number=head.lines + 1,
                time=datetime.now(UTC).isoformat(timespec="microseconds"),
                command=command,
                use=use,
                study=self.study_digest(study),
                decision=decision,
                reason=reason,
                version=__version__,
                user=os.getuid() if hasattr(os, "getuid") else None,
                mended=half,
                previous=head.last,
            ).sealed(self.key)
            content = line.to_bytes()
            try:
                add(self.path, content, at=head.size)
                Head(lines=line.number, size=head.size + len(content), last=line.hash).write(
                    self.path
                )
            except OSError as error:
                raise OutputError(unwritable(self.path, error)) from error
        return line.hash

    def study_digest(self, study: Path) -> str:
        """Return what stands for a study: a digest of its place, keyed where the log is."""
        place = os.fsencode(study.resolve())
        return digest(place, self.key)[:_STUDY_DIGITS]

    def _end(self) -> tuple[Head, int]:
        """Return the end of the complete lines, and the bytes of a half-written one behind it."""
        try:
            head = Head.read(self.path)
            size = self.path.stat().st_size if self.path.exists() else 0
            if (head is None and size) or (head is not None and size < head.size):
                raise OutputError(self._cut())
            head = head or Head()
            tail = self._tail(head.size)
        except InputError as error:
            raise OutputError(str(error)) from error
        except OSError as error:
            raise OutputError(unwritable(self.path, error)) from error
        # a writer that was killed between the line and the head left one whole line
        end = tail.find(b"\n") + 1
        if end:
            with suppress(ValueError):
                line = AuditLine.of_bytes(tail[:end], self.key)
                if (line.number, line.previous) == (head.lines + 1, head.last):
                    head = Head(lines=line.number, size=head.size + end, last=line.hash)
                    tail, end = tail[end:], 0
        if end or b"\n" in tail or len(tail) > LONGEST_LINE:
            raise OutputError(self._cut())
        return head, len(tail)

    def _tail(self, start: int) -> bytes:
        if not self.path.exists():
            return b""
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(2 * LONGEST_LINE + 2)

    def _cut(self) -> str:
        return (
            f"the audit log {self.path.name} does not fit {head_path(self.path).name}: lines were"
            " cut off or added; see `glioscope audit`, then keep all its files aside and begin a"
            " new log"
        )
