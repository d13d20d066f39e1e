"""Whether a study may be used for something, decided, written down and enforced."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path

from glioscope.core import ConsentError
from glioscope.privacy.audit.log import AuditLog
from glioscope.privacy.consent.file import CONSENT_NAME, Consent, Use, read_consent


class Reason(StrEnum):
    """Why a use was allowed or refused, as the audit log has it."""

    CONSENT = "consent"
    NO_FILE = "no-file"
    NOT_COVERED = "not-covered"
    NOT_YET = "not-yet"
    OVER = "over"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether one study may be used for one purpose.

    Args:
        allowed: The answer.
        use: The purpose.
        reason: Why.
        files: How many consent files were found; with several, each must allow it.
        message: Of the refusal: what, where and what to do; empty where it is allowed.
    """

    allowed: bool
    use: Use
    reason: Reason
    files: int
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPolicy:
    """How strictly a command asks for consent, and where it writes down that it did.

    Args:
        command: Name of the command, for the audit log.
        required: Refuse a study without a consent file.
        audit: Where decisions are written; ``None`` for nowhere.
        everything: Write a line also where no consent file was found and none is required.
    """

    command: str
    required: bool = False
    audit: AuditLog | None = None
    everything: bool = True

    def allow(self, study: Path, use: Use, *, root: Path | None = None) -> Decision:
        """Let a study be used, or refuse; see the function ``allow``.

        Raises:
            ConsentError: If the use is not covered.
            OutputError: If the audit log can't be written.
        """
        decision = decide(study, use, root=root, required=self.required)
        asked = self.everything or self.required or decision.files > 0
        if self.audit is not None and asked:
            self.audit.append(
                command=self.command,
                use=use,
                study=study,
                decision="allowed" if decision.allowed else "refused",
                reason=decision.reason,
            )
        if not decision.allowed:
            raise ConsentError(decision.message)
        return decision


def allow(
    study: Path,
    use: Use,
    *,
    audit: AuditLog | None = None,
    command: str = "analyze",
    root: Path | None = None,
    required: bool = False,
) -> Decision:
    """Let a study be used for a purpose, or refuse; in both cases after writing it down.

    Args:
        study: Folder, archive or file of one patient; in a cohort one call a patient.
        use: The purpose.
        audit: Where the decision is written; ``None`` for nowhere.
        command: Name of the command, for the audit log.
        root: The cohort's folder, if the study is part of one.
        required: Refuse a study without a consent file; otherwise such a study is allowed.

    Raises:
        ConsentError: If a consent file does not cover the use today, or is damaged.
        OutputError: If the audit log can't be written: what is not written down is not done.
    """
    policy = ConsentPolicy(command=command, required=required, audit=audit)
    return policy.allow(study, use, root=root)


def decide(
    study: Path,
    use: Use,
    *,
    root: Path | None = None,
    required: bool = False,
    today: date | None = None,
) -> Decision:
    """Say whether a study may be used; nothing is written and nothing raised.

    Consent files are looked for in the study's folder, in the folders above it up to ``root`` and
    beside that.  Where there are several, each must allow the use, so that a withdrawal at any
    level counts.

    Args:
        study: As for ``allow``; where it is a link, what it points to is asked as well.
        use: The purpose.
        root: As for ``allow``; the study itself if not given.
        required: As for ``allow``.
        today: The day that counts, UTC; the machine's if not given.
    """
    day = today or datetime.now(UTC).date()
    found = [folder / CONSENT_NAME for folder in _places(study, root or study)]
    files = [path for path in found if os.path.lexists(path)]
    if not files:
        if not required:
            return Decision(allowed=True, use=use, reason=Reason.NO_FILE, files=0)
        told = f"{study.name} has no {CONSENT_NAME}, which is required here; write one, see"
        message = f"{told} docs/consent.md, or leave out --require-consent"
        return Decision(allowed=False, use=use, reason=Reason.NO_FILE, files=0, message=message)
    for path in files:
        reason, message = _refusal(path, use, day)
        if reason is not None:
            return Decision(
                allowed=False, use=use, reason=reason, files=len(files), message=message
            )
    return Decision(allowed=True, use=use, reason=Reason.CONSENT, files=len(files))


def _places(study: Path, root: Path) -> tuple[Path, ...]:
    """Return the folders to look in, as the path is written and as links lead it."""
    written = _upward(study.absolute(), root.absolute())
    led = _upward(study.resolve(), root.resolve())
    return tuple(dict.fromkeys([*written, *led]))


def _upward(study: Path, root: Path) -> Iterator[Path]:
    start = study if study.is_dir() else study.parent
    top = root if root.is_dir() and start.is_relative_to(root) else start
    yield start
    for folder in start.parents:
        if not folder.is_relative_to(top.parent):
            return
        yield folder


def _refusal(path: Path, use: Use, day: date) -> tuple[Reason | None, str]:
    try:
        consent = read_consent(path)
    except ConsentError as error:
        return Reason.DAMAGED, str(error)
    place = f"{path.name} of {path.parent.name}"
    reason = _reason(consent, use, day)
    told = {
        Reason.NOT_COVERED: f"does not allow {use}",
        Reason.NOT_YET: f"allows {use} from {consent.first_day} only",
        Reason.OVER: f"allowed {use} until {consent.last_day}",
    }
    if reason is None:
        return None, ""
    return reason, f"{place} {told[reason]}; leave the study out, or ask the patient again"


def _reason(consent: Consent, use: Use, day: date) -> Reason | None:
    if use not in consent.allowed:
        return Reason.NOT_COVERED
    if consent.first_day is not None and day < consent.first_day:
        return Reason.NOT_YET
    if consent.last_day is not None and day > consent.last_day:
        return Reason.OVER
    return None
