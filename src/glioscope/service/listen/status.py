"""What became of each study, read from the folder of a listener, be it running or not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from glioscope.core import InputError
from glioscope.service.listen.folder_lock import is_locked
from glioscope.service.listen.inbox import Inbox, key_of
from glioscope.service.listen.jobs import ANALYSES, DELIVERIES, Jobs, JobState
from glioscope.service.listen.reasons import Reasons


class StudyState(StrEnum):
    """How far a study is."""

    RECEIVING = "receiving"
    QUEUED = "queued"
    ANALYZING = "analyzing"
    ANALYZED = "analyzed"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    IGNORED = "ignored"
    """No MR image came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyStatus:
    """One study.

    Args:
        study: Pseudonym.
        state: Of all that has come by now.
        images: How many MR images.
        result: Name of its folder in ``results``, or ``None``.
        reason: Why it failed or is not sent yet.
    """

    study: str
    state: StudyState
    images: int
    result: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerStatus:
    """A listener's folder.

    Args:
        running: A listener runs in it.
        studies: By name.
    """

    running: bool
    studies: tuple[StudyStatus, ...]


def read_status(folder: Path) -> ListenerStatus:
    """Read how far each study is; nothing is changed.

    Raises:
        InputError: If no listener ever ran in the folder.
    """
    if not (folder / "queue" / "data.db").is_file():
        msg = f"{folder.name} is no listener's folder; give that of `glioscope listen -o`"
        raise InputError(msg)
    analyses, deliveries = (_states(folder, name) for name in (ANALYSES, DELIVERIES))
    running = is_locked(folder)
    inbox, reasons = Inbox(folder), Reasons(folder)
    studies = []
    for study in inbox.studies():
        images, refused = inbox.images(study), inbox.refused(study)
        name = f"{study}-{key_of(images)}"
        state = _state(analyses.get(name), deliveries.get(name), running=running)
        if state is StudyState.RECEIVING and refused:
            reason: str | None = f"{refused} instances were refused; they are missing"
            state = StudyState.FAILED
        else:
            reason = reasons.read(name)
        if not (images or refused):
            state = StudyState.IGNORED
        result = name if (folder / "results" / name).is_dir() else None
        studies.append(
            StudyStatus(study=study, state=state, images=len(images), result=result, reason=reason)
        )
    return ListenerStatus(running=running, studies=tuple(studies))


def _states(folder: Path, name: str) -> dict[str, JobState]:
    jobs = Jobs(folder, name, resume=False)
    try:
        return {job.name: state for job, state in jobs.all()}
    finally:
        jobs.close()


def _state(analysis: JobState | None, delivery: JobState | None, *, running: bool) -> StudyState:
    if analysis is None:
        return StudyState.RECEIVING
    if JobState.FAILED in {analysis, delivery}:
        return StudyState.FAILED
    if delivery is None:
        taken = analysis is JobState.TAKEN and running
        return StudyState.ANALYZING if taken else StudyState.QUEUED
    if delivery is JobState.DONE:
        return StudyState.SENT
    taken = delivery is JobState.TAKEN and running
    return StudyState.SENDING if taken else StudyState.ANALYZED
