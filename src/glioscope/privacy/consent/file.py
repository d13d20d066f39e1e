"""What the consent file beside a study says, read strictly."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from glioscope.core import ConsentError

CONSENT_NAME: Final = "consent.json"
_KEYS: Final = ("allowed", "recorded_by", "from", "until")
_MOST_BYTES: Final = 1 << 16
"""A consent file has four keys; anything larger is another file of that name."""


class Use(StrEnum):
    """What a study may be used for."""

    CARE = "care"
    RESEARCH = "research"
    TRAINING = "training"


class Recorder(StrEnum):
    """Who wrote the consent down: a role and never a name, so that the file holds nobody's."""

    PHYSICIAN = "physician"
    NURSE = "nurse"
    COORDINATOR = "coordinator"
    DATA_STEWARD = "data-steward"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What one file allows.

    Args:
        allowed: The uses; none at all withdraws the study from every use.
        recorded_by: Role of who wrote it down.
        first_day: Before it nothing is allowed; ``None`` for no beginning.
        last_day: After it nothing is allowed; ``None`` for no end.
    """

    allowed: frozenset[Use]
    recorded_by: Recorder
    first_day: date | None = None
    last_day: date | None = None


def read_consent(path: Path) -> Consent:
    """Read a consent file; whatever is not plain is refused, as a guess could only be wrong.

    Args:
        path: UTF-8 JSON: ``allowed`` (a list of uses) and ``recorded_by`` (a role), and perhaps
            ``from`` and ``until`` (YYYY-MM-DD, both days included).

    Raises:
        ConsentError: If it can't be read, or holds a key, use, role or date that is not known.
            The message does not repeat what the file says, which might be of a patient.
    """
    content = _content(path)
    unknown = len(set(content) - set(_KEYS))
    if unknown:
        raise _refused(path, f"has {unknown} keys that are not known; known are {', '.join(_KEYS)}")
    allowed = content.get("allowed")
    uses = frozenset(Use)
    if not isinstance(allowed, list) or not all(isinstance(use, str) for use in allowed):
        raise _refused(path, f'needs "allowed", a list of {", ".join(sorted(uses))}')
    if not set(allowed) <= uses or len(set(allowed)) < len(allowed):
        raise _refused(
            path, f'"allowed" may hold each of {", ".join(sorted(uses))} once, and no other'
        )
    role = content.get("recorded_by")
    if role not in tuple(Recorder):
        raise _refused(path, f'needs "recorded_by", one of {", ".join(Recorder)} (never a name)')
    first, last = _day(path, content, "from"), _day(path, content, "until")
    if first is not None and last is not None and last < first:
        raise _refused(path, '"until" lies before "from"')
    return Consent(
        allowed=frozenset(Use(use) for use in allowed),
        recorded_by=Recorder(role),
        first_day=first,
        last_day=last,
    )


def _content(path: Path) -> Mapping[str, Any]:
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode) or about.st_size > _MOST_BYTES:
            raise _refused(path, f"is no file of at most {_MOST_BYTES >> 10} KiB")
        text = path.read_text(encoding="utf-8-sig")
        content = json.loads(text, object_pairs_hook=_each_once)
    except OSError as error:
        raise _refused(path, f"can't be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise _refused(path, "is no JSON object with each key once") from error
    if not isinstance(content, dict):
        raise _refused(path, "is no JSON object")
    return content


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        msg = "a key stands twice"
        raise ValueError(msg)
    return found


def _day(path: Path, content: Mapping[str, Any], key: str) -> date | None:
    if key not in content:
        return None
    try:
        day = date.fromisoformat(content[key])
        plain = day.isoformat() == content[key]
    except (TypeError, ValueError):
        plain = False
    if not plain:
        raise _refused(path, f'"{key}" is no day; write it as YYYY-MM-DD')
    return day


def _refused(path: Path, what: str) -> ConsentError:
    msg = (
        f"{path.name} of {path.parent.name} {what}; until it is mended (see docs/consent.md) the"
        " study may be used for nothing"
    )
    return ConsentError(msg)
