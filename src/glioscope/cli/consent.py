"""The options by which a command asks for consent, and what they make."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glioscope.core import InputError

if TYPE_CHECKING:
    from glioscope.privacy.audit.log import AuditLog
    from glioscope.privacy.consent.decision import ConsentPolicy
    from glioscope.privacy.consent.file import Use

_SHORTEST_KEY_BYTES = 16

Required = Annotated[
    bool,
    typer.Option(
        "--require-consent",
        envvar="GLIOSCOPE_REQUIRE_CONSENT",
        help="Refuse a study without a consent file.",
    ),
]
Audit = Annotated[
    Path | None,
    typer.Option(
        "--audit",
        envvar="GLIOSCOPE_AUDIT",
        help="Audit log for every use; without it, uses that consent has a say in go to the log of"
        " the user.",
    ),
]
For = Annotated[str, typer.Option("--use", help="care, research or training.")]


def policy(command: str, *, required: bool, audit: Path | None) -> ConsentPolicy:
    """Return how a command asks for consent.

    ``policy("analyze", required=require_consent, audit=audit).allow(folder, use_named(use))`` is
    all that a command needs.

    Args:
        command: Its name.
        required: Of ``--require-consent``.
        audit: Of ``--audit``.

    Raises:
        InputError: If the key of the audit log can't be read.
    """
    from glioscope.privacy.consent.decision import ConsentPolicy

    return ConsentPolicy(
        command=command,
        required=required,
        audit=audit_log(audit, key=None),
        everything=audit is not None,
    )


def use_named(name: str) -> Use:
    """Check what a study shall be used for.

    Raises:
        InputError: If it is none of care, research and training.
    """
    from glioscope.privacy.consent.file import Use

    if name not in tuple(Use):
        msg = f"--use {name}: give {', '.join(Use)}"
        raise InputError(msg)
    return Use(name)


def audit_log(path: Path | None, *, key: Path | None) -> AuditLog:
    """Return an audit log.

    Args:
        path: ``audit.jsonl`` in the user's folder of states if not given.
        key: File that holds its secret; the one that GLIOSCOPE_AUDIT_KEY names if not given.

    Raises:
        InputError: If the key can't be read or is too short to be one.
    """
    from glioscope.privacy.audit.log import AuditLog

    named = os.environ.get("GLIOSCOPE_AUDIT_KEY")
    place = key or (Path(named) if named else None)
    return AuditLog(path=path or _default_log(), key=None if place is None else _key(place))


def _key(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        msg = f"the key of the audit log, {path.name}, can't be read ({error.strerror})"
        raise InputError(msg) from error
    if len(content) < _SHORTEST_KEY_BYTES:
        msg = f"the key of the audit log, {path.name}, is shorter than {_SHORTEST_KEY_BYTES} bytes"
        raise InputError(msg)
    return content


def _default_log() -> Path:
    """Return where states of programs are kept: XDG, Library, or local application data."""
    home = Path.home()
    if sys.platform == "win32":
        states = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        states = home / "Library" / "Application Support"
    else:
        states = Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state")
    return states / "glioscope" / "audit.jsonl"
