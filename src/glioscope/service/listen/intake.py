"""From instances that come in to studies that are complete."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from glioscope.core import OutputError
from glioscope.service.listen.config import Limits
from glioscope.service.listen.inbox import Inbox, key_of
from glioscope.service.listen.instance import Instance
from glioscope.service.listen.jobs import Job, Jobs

_LOGGER = logging.getLogger(__name__)
_MB = 1e6


class Outcome(Enum):
    """What became of an instance."""

    KEPT = auto()
    DUPLICATE = auto()
    TOO_LARGE = auto()


@dataclass(slots=True)
class _Arriving:
    """A study of which something comes in; it is complete when it has been quiet for a while."""

    size_bytes: int
    last: float
    writing: int = 0
    has_news: bool = False
    missing: set[str] = field(default_factory=set)


class Intake:
    """Keeps instances and queues a study when nothing of it came for a while.

    What it holds in memory can be lost: the files say what was received, the queue what is known
    to be complete, and a study whose images are not those of a job is waited for again.
    """

    def __init__(self, inbox: Inbox, jobs: Jobs, *, quiet_seconds: float, limits: Limits) -> None:
        """Arm every study that lay incomplete when the listener ended."""
        self._inbox = inbox
        self._jobs = jobs
        self._quiet_seconds = quiet_seconds
        self._limits = limits
        self._lock = threading.Lock()
        self._arriving: dict[str, _Arriving] = {}
        self._rearm()

    def store(self, instance: Instance) -> Outcome:
        """Keep an instance; when this returns it is on the disk.

        Raises:
            OutputError: If it can't be written; the study is not analyzed before it came again.
        """
        with self._lock:
            arriving = self._entry(instance.study)
            arriving.writing += 1
            outcome = self._outcome(instance, arriving)
        is_missing = outcome is Outcome.TOO_LARGE
        try:
            if outcome is Outcome.KEPT:
                self._inbox.keep(instance)
        except OutputError:
            is_missing = True
            raise
        finally:
            self._settle(instance, arriving, is_missing=is_missing)
        return outcome

    def queue_complete(self) -> None:
        """Queue the studies that have been quiet for long enough."""
        with self._lock:
            now = time.monotonic()
            for study, arriving in list(self._arriving.items()):
                quiet = now - arriving.last >= self._quiet_seconds
                if quiet and arriving.has_news and not arriving.writing:
                    self._queue(study)

    def lay_out(self, job: Job, to: Path) -> bool:
        """Lay out a study for its analysis.

        Args:
            job: To be analyzed.
            to: Folder for its images and nothing else.

        Returns:
            ``False`` if more came since it was queued; the study is then queued again when it
            is complete, and only that is analyzed.

        Raises:
            OutputError: If it can't be written.
        """
        with self._lock:
            images = self._inbox.images(job.study)
            if key_of(images) != job.key:
                return False
            self._inbox.link_images(job.study, images, to)
            return True

    @property
    def writing(self) -> int:
        """How many instances are being written right now."""
        with self._lock:
            return sum(arriving.writing for arriving in self._arriving.values())

    def _entry(self, study: str) -> _Arriving:
        if study not in self._arriving:
            self._arriving[study] = _Arriving(
                size_bytes=self._inbox.size_bytes(study), last=time.monotonic()
            )
        return self._arriving[study]

    def _outcome(self, instance: Instance, arriving: _Arriving) -> Outcome:
        if self._inbox.has(instance):
            return Outcome.DUPLICATE
        size = len(instance.content)
        too_large = size > self._limits.max_instance_mb * _MB
        if too_large or arriving.size_bytes + size > self._limits.max_study_mb * _MB:
            return Outcome.TOO_LARGE
        if not arriving.has_news:
            _LOGGER.info("study %s: receiving", instance.study)
        # others may come in beside this one: it counts from now on, and so it is news
        arriving.has_news = True
        arriving.size_bytes += size
        return Outcome.KEPT

    def _settle(self, instance: Instance, arriving: _Arriving, *, is_missing: bool) -> None:
        if is_missing:
            # a full disk may not take the note either: that is why it is in memory, too
            with suppress(OutputError):
                self._inbox.refuse(instance)
        with self._lock:
            arriving.writing -= 1
            arriving.last = time.monotonic()
            arriving.has_news |= is_missing
            (arriving.missing.add if is_missing else arriving.missing.discard)(instance.name)
            if not (arriving.has_news or arriving.writing):
                del self._arriving[instance.study]

    def _queue(self, study: str) -> None:
        images = self._inbox.images(study)
        refused = max(self._inbox.refused(study), len(self._arriving[study].missing))
        if refused:
            _LOGGER.warning("study %s: not analyzed, %d instances were refused", study, refused)
        elif not images:
            _LOGGER.info("study %s: nothing to analyze, no MR image in it", study)
        else:
            try:
                is_new = self._jobs.put(study, key_of(images))
            except sqlite3.Error as error:
                _LOGGER.error("study %s: can't be queued (%s)", study, type(error).__name__)  # noqa: TRY400 - a traceback may tell of the patient
                return
            if is_new:
                _LOGGER.info("study %s: queued, %d images", study, len(images))
        del self._arriving[study]

    def _rearm(self) -> None:
        queued = {(job.study, job.key) for job, _ in self._jobs.all()}
        for study in self._inbox.studies():
            images = self._inbox.images(study)
            if images and (study, key_of(images)) not in queued:
                self._entry(study).has_news = True
                _LOGGER.info("study %s: was incomplete, waiting for more", study)
