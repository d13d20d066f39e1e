"""Durable queues on SQLite: what is to be done, each thing once, and what became of it."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from persistqueue import AckStatus, UniqueAckQ
from persistqueue.exceptions import Empty
from persistqueue.serializers import json as json_serializer

from glioscope.core import OutputError

ANALYSES: Final = "analyses"
DELIVERIES: Final = "deliveries"


class JobState(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    TAKEN = "taken"
    DONE = "done"
    FAILED = "failed"


_STATES: Final = {
    int(AckStatus.inited): JobState.WAITING,
    int(AckStatus.ready): JobState.WAITING,
    int(AckStatus.unack): JobState.TAKEN,
    int(AckStatus.acked): JobState.DONE,
    int(AckStatus.ack_failed): JobState.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One study, as complete as it was then.

    Args:
        number: Its place in the queue.
        study: Pseudonym.
        key: Digest over the study's images.
    """

    number: int
    study: str
    key: str

    @property
    def name(self) -> str:
        """Name of the result."""
        return f"{self.study}-{self.key}"


class Jobs:
    """A queue that no kill empties and in which nothing stands twice.

    It is `persist-queue`'s, with two of its properties at the heart of "exactly once": an item
    equal to one that was ever put, be it done, is refused by a constraint of the database; one
    that was taken and not finished when the process died waits again after the next start.
    Items are JSON; its default, pickle, is never used.
    """

    def __init__(self, folder: Path, name: str, *, resume: bool = True) -> None:
        """Open a queue, made when it is not there.

        Args:
            folder: Of the listener; queues share the file ``queue/data.db``.
            name: ``ANALYSES`` or ``DELIVERIES``.
            resume: Let what was taken and not finished wait again; not for who only looks.

        Raises:
            OutputError: If it can't be opened.
        """
        self._lock = threading.Lock()
        try:
            self._queue = UniqueAckQ(
                str(folder / "queue"),
                auto_resume=resume,
                name=name,
                multithreading=True,
                serializer=json_serializer,
            )
        except (OSError, sqlite3.Error) as error:
            msg = f"the queue in {folder.name} can't be opened ({type(error).__name__})"
            raise OutputError(msg) from error

    def put(self, study: str, key: str) -> bool:
        """Put a job at the end; ``False`` if it was ever put before.

        Raises:
            sqlite3.Error: If it can't be written; it is then not in the queue.
        """
        with self._lock:
            return self._queue.put({"study": study, "key": key}) is not None

    def take(self, *, after: Job | None = None) -> Job | None:
        """Take the first job that waits.

        Args:
            after: Take the first behind this one, and the first of all behind the last.

        Returns:
            The job, or ``None`` if none waits.
        """
        which = {} if after is None else {"id": after.number, "next_in_order": True}
        with self._lock:
            try:
                item = self._queue.get(block=False, raw=True, **which)
            except Empty:
                return None
        return _job(item["pqid"], item["data"])

    def done(self, job: Job) -> None:
        """Keep a job as done."""
        with self._lock:
            self._queue.ack(id=job.number)

    def failed(self, job: Job) -> None:
        """Keep a job as failed."""
        with self._lock:
            self._queue.ack_failed(id=job.number)

    def put_back(self, job: Job) -> None:
        """Let a job wait again, at its old place."""
        with self._lock:
            self._queue.nack(id=job.number)

    def all(self) -> list[tuple[Job, JobState]]:
        """Return every job that was ever put, in order."""
        with self._lock:
            items = self._queue.queue()
        return [(_job(item["id"], item["data"]), _STATES[item["status"]]) for item in items]

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._queue.close()


def _job(number: int, data: dict[str, Any]) -> Job:
    return Job(number=number, study=data["study"], key=data["key"])
