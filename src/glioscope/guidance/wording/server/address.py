"""Where a language model is served: on this machine, or not."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from glioscope.core import InputError, is_loopback

_EXAMPLE = "such as http://127.0.0.1:8080/v1"


def checked_address(url: str, *, allow_remote: bool) -> SplitResult:
    """Return the parts of a base URL.

    Nothing is looked up: only "localhost" and loopback addresses count as this machine.

    Args:
        url: As the user gave it.
        allow_remote: Whether it may be another machine.

    Raises:
        InputError: If it is no base URL, holds a login, or is of another machine that is not
            allowed or not spoken to over https.
    """
    parts = _parts(url)
    host = parts.hostname or ""
    if is_loopback(host):
        return parts
    if not allow_remote:
        msg = (
            f"the language model is on another machine ({host}); allow it with --allow-remote:"
            " records and passages are then sent there, nothing that identifies the patient"
        )
        raise InputError(msg)
    if parts.scheme != "https":
        msg = f"http://{host} would send the key unencrypted; use https, or a tunnel to localhost"
        raise InputError(msg)
    return parts


def shown(url: str) -> str:
    """Return host and port of a checked URL, which is all that messages show of it."""
    parts = _parts(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{parts.port}" if parts.port else f"{host}"


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        well_formed = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        well_formed = False
    if not well_formed or parts.scheme not in {"http", "https"} or parts.query or parts.fragment:
        msg = f"the URL of the language model's server is none; give its base, {_EXAMPLE}"
        raise InputError(msg)
    if parts.username is not None or parts.password is not None:
        msg = "the URL of the language model holds a login; leave it out and set GLIOSCOPE_LLM_KEY"
        raise InputError(msg)
    return parts
