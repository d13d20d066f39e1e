"""Sends results, and keeps on until they are there."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from glioscope.core import GlioscopeError
from glioscope.service.listen.jobs import Job, Jobs
from glioscope.service.listen.reasons import Reasons
from glioscope.service.listen.worker import RESULTS

_LOGGER = logging.getLogger(__name__)


class Send(Protocol):
    """Sends files to where results go."""

    def __call__(self, files: Sequence[Path], /) -> object:
        """Send all of them; sending one again must do no harm.

        Raises:
            GlioscopeError: If one did not arrive.
        """


@dataclass(slots=True, kw_only=True)
class Backoff:
    """How long to wait after a failure: twice as long after each, up to a limit.

    Args:
        first_seconds: After the first.
        longest_seconds: Never longer.
    """

    first_seconds: float = 5.0
    longest_seconds: float = 300.0
    _failures: int = field(default=0, init=False)

    def failed(self) -> float:
        """Count a failure and return the seconds to wait."""
        # beyond some doublings the limit rules, and a float would overflow
        seconds = self.first_seconds * 2.0 ** min(self._failures, 30)
        self._failures += 1
        return min(seconds, self.longest_seconds)

    def succeeded(self) -> None:
        """Begin anew."""
        self._failures = 0


@dataclass(slots=True, kw_only=True)
class Delivery:
    """Sends a result at a time, to one destination.

    A result that is not taken goes back into the queue and the next is tried, so that one that
    the destination refuses never holds up the others. A kill between sending and noting it sends
    once more: the same objects, which an archive holds once.

    Args:
        folder: Of the listener.
        deliveries: Where results wait.
        send: Sends the files of one.
        reasons: Why one was not sent.
        backoff: How long to wait after a failure.
    """

    folder: Path
    deliveries: Jobs
    send: Send
    reasons: Reasons
    backoff: Backoff = field(default_factory=Backoff)
    _last_failed: Job | None = field(default=None, init=False)

    def work(self, stop: threading.Event) -> bool:
        """Send the next result; ``False`` if none waits.

        Args:
            stop: Ends the waiting after a failure.
        """
        job = self.deliveries.take(after=self._last_failed)
        if job is None:
            return False
        files = sorted((self.folder / RESULTS / job.name / "dicom").rglob("*.dcm"))
        if not files:
            self._fail(job, "the result holds no DICOM objects to send")
            return True
        try:
            self.send(files)
        except GlioscopeError as error:
            self._wait(job, str(error), stop)
        except Exception as error:  # noqa: BLE001 - a result is never lost, whatever happens
            self._wait(job, f"a defect of Glioscope ({type(error).__name__})", stop)
        else:
            self.reasons.forget(job.name)
            self.deliveries.done(job)
            self.backoff.succeeded()
            self._last_failed = None
            _LOGGER.info("study %s: sent, %d objects", job.study, len(files))
        return True

    def _fail(self, job: Job, reason: str) -> None:
        _LOGGER.error("study %s: failed: %s", job.study, reason)
        self.reasons.write(job.name, reason)
        self.deliveries.failed(job)

    def _wait(self, job: Job, reason: str, stop: threading.Event) -> None:
        self.reasons.write(job.name, reason)
        self.deliveries.put_back(job)
        self._last_failed = job
        seconds = self.backoff.failed()
        _LOGGER.warning("study %s: not sent, again in %.0f s: %s", job.study, seconds, reason)
        stop.wait(seconds)
