"""One line of the audit log, and the hash that chains it to the line before."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, Self

BEGINNING: Final = "0" * 64
"""What the first line has in place of the hash of a line before it."""

LONGEST_LINE: Final = 1 << 12
"""Bytes; no line of a log comes near it, and no reader takes more of one into memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """Who used which study for what, and whether it was allowed; no text of a patient.

    Args:
        number: From 1, without gaps.
        time: UTC, ISO 8601 with microseconds.
        command: Of Glioscope.
        use: What for.
        study: Digest that stands for the study.
        decision: ``allowed`` or ``refused``.
        reason: Code of why.
        version: Of Glioscope.
        user: Number of the user of the operating system; ``None`` where it has none.
        mended: Bytes of a half-written line that were cut off before this one.
        previous: Hash of the line before; zeros in the first line.
        hash: Of all of the above: SHA-256, or HMAC-SHA-256 where the log has a key.
    """

    number: int
    time: str
    command: str
    use: str
    study: str
    decision: str
    reason: str
    version: str
    user: int | None
    mended: int
    previous: str
    hash: str = ""

    def sealed(self, key: bytes | None) -> Self:
        """Return the line with its hash."""
        return replace(self, hash=digest(_canonical(self._content()), key))

    def to_bytes(self) -> bytes:
        """Return the line as it is written, with its end of line."""
        return _canonical(asdict(self)) + b"\n"

    @classmethod
    def of_bytes(cls, line: bytes, key: bytes | None) -> Self:
        """Read a line that ``to_bytes`` wrote, with its end of line.

        Raises:
            ValueError: If it is not, to the byte, what was written; the message says why.
        """
        try:
            content = json.loads(line)
        except (ValueError, RecursionError) as error:
            msg = "is no JSON"
            raise ValueError(msg) from error
        names = {field.name for field in fields(cls)}
        if not isinstance(content, dict) or content.keys() != names:
            msg = "has other keys than a line of this log"
            raise ValueError(msg)
        found = cls(**content)
        if found.to_bytes() != line:
            msg = "is not written as this log writes"
            raise ValueError(msg)
        if not hmac.compare_digest(found.sealed(key).hash.encode(), str(found.hash).encode()):
            msg = "was changed: its content does not fit its hash (or the key is another one)"
            raise ValueError(msg)
        return found

    def _content(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "hash"}


def digest(content: bytes, key: bytes | None) -> str:
    """Return the SHA-256 of some bytes, or their HMAC-SHA-256 under a key, hexadecimal."""
    if key is None:
        return hashlib.sha256(content).hexdigest()
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode()
