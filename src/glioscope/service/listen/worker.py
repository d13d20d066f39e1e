"""Takes complete studies from the queue, analyzes each, and puts its result out."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from glioscope.core import GlioscopeError
from glioscope.service.listen.analyzer import Analyzer, StoppedError
from glioscope.service.listen.durable import move_durably
from glioscope.service.listen.intake import Intake
from glioscope.service.listen.jobs import Job, Jobs
from glioscope.service.listen.reasons import Reasons

_LOGGER = logging.getLogger(__name__)

RESULTS = "results"
_WORK = "work"


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Analyzes a study at a time; several may share the queue.

    A kill at any point repeats nothing that was finished: a result is put in place by one
    renaming, its delivery is queued (twice is once), and only then its analysis counts as done.

    Args:
        folder: Of the listener.
        intake: Lays the images out.
        analyses: Where studies wait.
        deliveries: Where results wait to be sent.
        analyzer: How.
        reasons: Why one failed.
    """

    folder: Path
    intake: Intake
    analyses: Jobs
    deliveries: Jobs
    analyzer: Analyzer
    reasons: Reasons

    def work(self, stop: threading.Event) -> bool:
        """Do the next job; ``False`` if none waits.

        Args:
            stop: Ends an analysis that runs; it waits again after the next start.
        """
        job = self.analyses.take()
        if job is None:
            return False
        try:
            self._finish(job, stop)
        except StoppedError:
            _LOGGER.info("study %s: interrupted, goes on at the next start", job.study)
        except GlioscopeError as error:
            self._fail(job, str(error))
        except Exception as error:  # noqa: BLE001 - one study that breaks never stops the others
            # the message of an error that nobody foresaw may hold a patient's text
            self._fail(job, f"a defect of Glioscope ({type(error).__name__}); please report it")
        return True

    def _finish(self, job: Job, stop: threading.Event) -> None:
        place = self.folder / _WORK / job.name
        result = self.folder / RESULTS / job.name
        if not result.exists():
            if not self.intake.lay_out(job, place / "study"):
                _LOGGER.info("study %s: more came, waits until it is complete", job.study)
                self.analyses.done(job)
                shutil.rmtree(place, ignore_errors=True)
                return
            self._analyze(job, place, result, stop)
        # of an earlier failure; forgotten before a delivery may have one of its own
        self.reasons.forget(job.name)
        self.deliveries.put(job.study, job.key)
        self.analyses.done(job)
        shutil.rmtree(place, ignore_errors=True)

    def _analyze(self, job: Job, place: Path, result: Path, stop: threading.Event) -> None:
        _LOGGER.info("study %s: analyzing", job.study)
        start = time.monotonic()
        self.analyzer.run(place / "study", place / "result", job.study, stop)
        move_durably(place / "result", result)
        seconds = time.monotonic() - start
        _LOGGER.info("study %s: analyzed in %.1f s, %s", job.study, seconds, result.name)

    def _fail(self, job: Job, reason: str) -> None:
        _LOGGER.error("study %s: failed: %s", job.study, reason)
        self.reasons.write(job.name, reason)
        self.analyses.failed(job)
