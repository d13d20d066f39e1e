"""Names for studies that tell nothing to those who do not hold the key."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from glioscope.core import OutputError
from glioscope.service.listen.durable import flush

_KEY_FILE: Final = ".pseudonym-key"
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Pseudonyms:
    """Keyed digests of UIDs (HMAC, RFC 2104, with SHA-256).

    A plain digest could be undone by whoever has a list of UIDs; these can't, so that a log may
    leave the hospital.

    Args:
        key: Secret of the listener's folder.
    """

    key: bytes

    @classmethod
    def of_folder(cls, folder: Path) -> Self:
        """Return those of a listener's folder; its key is made when it is not there.

        Raises:
            OutputError: If the key can't be written or read.
        """
        path = folder / _KEY_FILE
        try:
            if not path.exists():
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "wb") as file:
                    file.write(secrets.token_bytes(_KEY_BYTES))
                    file.flush()
                    os.fsync(file.fileno())
                flush(folder)
            key = path.read_bytes()
        except OSError as error:
            msg = f"{_KEY_FILE} can't be written or read ({error.strerror}); check the folder"
            raise OutputError(msg) from error
        if len(key) != _KEY_BYTES:
            msg = f"{_KEY_FILE} is damaged; remove it (studies sent again then count as new)"
            raise OutputError(msg)
        return cls(key=key)

    def study(self, study_instance_uid: str) -> str:
        """Return the name of a study: ``S`` and 12 hexadecimal digits."""
        return f"S{self._digest('study', study_instance_uid)[:12]}"

    def instance(self, sop_instance_uid: str) -> str:
        """Return the name of an instance: 32 hexadecimal digits."""
        return self._digest("instance", sop_instance_uid)[:32]

    def _digest(self, kind: str, uid: str) -> str:
        return hmac.new(self.key, f"{kind} {uid}".encode(), hashlib.sha256).hexdigest()
