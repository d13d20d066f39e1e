"""The whole listener: receives, analyzes, sends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from glioscope.core import OutputError, is_loopback
from glioscope.service.listen.analyzer import Analyzer
from glioscope.service.listen.config import ListenConfig
from glioscope.service.listen.delivery import Backoff, Delivery, Send
from glioscope.service.listen.folder_lock import FolderLock
from glioscope.service.listen.inbox import Inbox
from glioscope.service.listen.intake import Intake
from glioscope.service.listen.jobs import ANALYSES, DELIVERIES, Jobs, JobState
from glioscope.service.listen.pseudonyms import Pseudonyms
from glioscope.service.listen.reasons import Reasons
from glioscope.service.listen.receiver import Receiver
from glioscope.service.listen.worker import Worker

_LOGGER = logging.getLogger(__name__)
_POLL_S: Final = 0.1
_STOP_S: Final = 30.0


class Listener:
    """Waits for studies, analyzes each once, and sends the results on.

    All that it knows lies in its folder: it may be killed at any point and started again.
    """

    def __init__(
        self,
        config: ListenConfig,
        *,
        analyzer: Analyzer | None = None,
        send: Send | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        """Open the folder and take up what another run left.

        Args:
            config: How to receive.
            analyzer: How to analyze; `glioscope analyze` where ``None``.
            send: Takes the results; without it they wait in the folder.
            backoff: How long to wait when that fails.

        Raises:
            InputError: If another listener runs in the folder.
            OutputError: If the folder can't be written.
        """
        try:
            config.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"{config.folder.name} can't be made ({error.strerror}); choose another folder"
            raise OutputError(msg) from error
        folder = config.folder
        self._config = config
        self._lock = FolderLock(folder)
        self._analyses, self._deliveries = Jobs(folder, ANALYSES), Jobs(folder, DELIVERIES)
        self._intake = Intake(
            Inbox(folder),
            self._analyses,
            quiet_seconds=config.quiet_seconds,
            limits=config.limits,
        )
        self._receiver = Receiver(config, self._intake, Pseudonyms.of_folder(folder))
        self._worker = self._make_worker(analyzer or Analyzer())
        self._delivery = None if send is None else self._make_delivery(send, backoff or Backoff())
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> int:
        """Begin to listen, analyze and send; return the port.

        Raises:
            InputError: If the TLS files can't be used.
            OutputError: If the port is taken.
        """
        config = self._config
        if not (config.allow or config.tls or is_loopback(config.host)):
            _LOGGER.warning("whoever reaches this machine may send; give --allow or TLS")
        port = self._receiver.start()
        _LOGGER.info("%s listens at %s:%d", config.aet, config.host, port)
        self._run("complete", self._queue_complete)
        for number in range(config.jobs):
            self._run(f"analyze-{number}", self._worker.work)
        if self._delivery is not None:
            self._run("send", self._delivery.work)
        return port

    def stop(self) -> None:
        """Stop accepting, finish writing, end what runs; all of it goes on at the next start."""
        self._receiver.stop()
        self._stop.set()
        for thread in self._threads:
            thread.join(_STOP_S)
        self._analyses.close()
        self._deliveries.close()
        self._lock.release()
        _LOGGER.info("stopped")

    def retry_failed(self) -> int:
        """Let what failed wait again; return how many."""
        failed = [
            (jobs, job)
            for jobs in (self._analyses, self._deliveries)
            for job, state in jobs.all()
            if state is JobState.FAILED
        ]
        for jobs, job in failed:
            jobs.put_back(job)
        return len(failed)

    def _make_worker(self, analyzer: Analyzer) -> Worker:
        return Worker(
            folder=self._config.folder,
            intake=self._intake,
            analyses=self._analyses,
            deliveries=self._deliveries,
            analyzer=replace(
                analyzer,
                timeout_seconds=self._config.timeout_seconds,
                inherited=(self._lock.handle,),
            ),
            reasons=Reasons(self._config.folder),
        )

    def _make_delivery(self, send: Send, backoff: Backoff) -> Delivery:
        return Delivery(
            folder=self._config.folder,
            deliveries=self._deliveries,
            send=send,
            reasons=Reasons(self._config.folder),
            backoff=backoff,
        )

    def _queue_complete(self, _: threading.Event) -> bool:
        self._intake.queue_complete()
        return False

    def _run(self, name: str, work: Callable[[threading.Event], bool]) -> None:
        def loop() -> None:
            while not self._stop.is_set():
                try:
                    idle = not work(self._stop)
                except Exception as error:  # noqa: BLE001 - a full disk may be free again later
                    _LOGGER.error("%s: %s; tried again", name, type(error).__name__)  # noqa: TRY400 - a traceback may tell of the patient
                    idle = True
                if idle:
                    self._stop.wait(_POLL_S)

        thread = threading.Thread(target=loop, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)
