"""The way back: a table of old and new identifiers, encrypted with a password.

A JSON file: the version of the format, the parameters of scrypt (RFC 7914) with its salt, a nonce,
and the table as JSON under AES-256-GCM; all that stands beside the table is authenticated with it.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from glioscope.core import InputError, OutputError

FORMAT: Final = "glioscope-key-table"
VERSION: Final = 1
SHORTEST_PASSWORD: Final = 12
_COST: Final = {"n": 1 << 15, "r": 8, "p": 1}
"""32 MiB and about 0.1 s a guess."""

_LARGEST_BYTES: Final = 1 << 28


def write_table(path: Path, table: Mapping[str, Any], *, password: str) -> None:
    """Encrypt a table into a new file that only its owner may read.

    Args:
        path: Must not be there yet.
        table: What JSON can hold.
        password: At least 12 characters.

    Raises:
        InputError: If the password is too short.
        OutputError: If the file is there or can't be written; nothing is left behind.
    """
    check_password(password)
    salt, nonce = os.urandom(16), os.urandom(12)
    header = {"format": FORMAT, "version": VERSION, **_COST, "salt": _text(salt)}
    header |= {"nonce": _text(nonce)}
    secret = AESGCM(_derived(password, salt)).encrypt(
        nonce, json.dumps(table).encode(), _canonical(header)
    )
    content = json.dumps({**header, "table": _text(secret)}, indent=2) + "\n"
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(content)
        # unlike a rename, a link never replaces a table that came to be meanwhile
        os.link(partial, path)
    except OSError as error:
        msg = f"{path.name} can't be written ({error.strerror}); choose another name or place"
        raise OutputError(msg) from error
    finally:
        partial.unlink(missing_ok=True)


def read_table(path: Path, *, password: str) -> Mapping[str, Any]:
    """Decrypt a table.

    Raises:
        InputError: If it is no such file, was changed, or the password is another one.
    """
    content = _loaded(path)
    try:
        secret = base64.b64decode(content.pop("table"), validate=True)
        salt = base64.b64decode(content["salt"], validate=True)
        nonce = base64.b64decode(content["nonce"], validate=True)
        plain = AESGCM(_derived(password, salt)).decrypt(nonce, secret, _canonical(content))
        table: Mapping[str, Any] = json.loads(plain)
    except InvalidTag as error:
        msg = f"{path.name}: the password is another one, or the file was changed; try again"
        raise InputError(msg) from error
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(_no_table(path)) from error
    return table


def check_password(password: str) -> None:
    """Refuse a password that is guessed too soon.

    Raises:
        InputError: Saying how long it must be.
    """
    if len(password) < SHORTEST_PASSWORD:
        msg = f"the password is too short; give at least {SHORTEST_PASSWORD} characters"
        raise InputError(msg)


def _loaded(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise InputError(_no_table(path))
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(_no_table(path)) from error
    expected = {"format": FORMAT, "version": VERSION, **_COST}
    # other costs are refused, so that no file can ask for all memory
    if not isinstance(content, dict) or any(content.get(k) != v for k, v in expected.items()):
        raise InputError(_no_table(path))
    return content


def _no_table(path: Path) -> str:
    return (
        f"{path.name} is no key table of version {VERSION}; give the file that"
        " `glioscope deidentify --key-out` wrote"
    )


def _derived(password: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, **_COST).derive(password.encode())


def _canonical(header: Mapping[str, Any]) -> bytes:
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
