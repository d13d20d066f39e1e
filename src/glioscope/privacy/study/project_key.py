"""The secret of a project: 32 bytes, in hexadecimal, in a file that only its owner reads."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from glioscope.core import InputError, OutputError
from glioscope.privacy.headers.pseudonym import KEY_BYTES


def new_key() -> bytes:
    """Return a key from the system's source of randomness."""
    return secrets.token_bytes(KEY_BYTES)


def read_or_make_key(path: Path) -> tuple[bytes, bool]:
    """Return the key of a file, and whether the file was made now.

    Args:
        path: Made with mode 0600 if it is not there.

    Raises:
        InputError: If it holds something else than a key, or others may read it.
        OutputError: If it can't be written.
    """
    if path.exists():
        return _read(path), False
    key = new_key()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(key.hex() + "\n")
    except OSError as error:
        msg = f"the key {path.name} can't be written ({error.strerror}); choose another place"
        raise OutputError(msg) from error
    return key, True


def _read(path: Path) -> bytes:
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            msg = f"others may read the key {path.name}; run chmod 600 on it"
            raise InputError(msg)
        with path.open("rb") as file:
            key = bytes.fromhex(file.read(1024).decode("ascii").strip())
    except (OSError, ValueError) as error:
        msg = (
            f"{path.name} can't be read as a key of {2 * KEY_BYTES} hexadecimal digits; give the"
            " right file, or a new name to make one"
        )
        raise InputError(msg) from error
    if len(key) != KEY_BYTES:
        msg = f"{path.name} holds {len(key)} bytes, a key {KEY_BYTES}; give the right file"
        raise InputError(msg)
    return key
