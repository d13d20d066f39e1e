"""Where instances land: beside the place of the study, until all of them have come."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
import uuid
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Final

from pydicom import dcmread
from pydicom.config import disable_value_validation

from glioscope.core import InputError, OutputError, Progress
from glioscope.io import write_atomically
from glioscope.service.fetch.query import FoundSeries, FoundStudy

_HEADER: Final = ["SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"]


class NotAskedForError(Exception):
    """An instance of another study or series, or none at all."""


class Landing:
    """Takes the instances of one study, from any thread; each is one whole file.

    A folder a series, named by its number and a digest of its UID, and in it files named by a
    digest of theirs: what a PACS says never becomes a path.

    Args:
        study: What shall come.
        place: Where it shall lie; must be free.
        progress: Told of each instance.

    Raises:
        OutputError: If there is something else at its place.
    """

    def __init__(self, study: FoundStudy, place: Path, progress: Progress) -> None:
        if place.is_file() or (place.is_dir() and any(place.iterdir())):
            msg = f"{place.name} is not empty; choose a new folder, so that no two studies mix"
            raise OutputError(msg)
        self.trouble: OutputError | None = None
        self._study = study
        self._place = place
        self._partial = place.with_name(f"{place.name}.partial-{uuid.uuid4().hex[:8]}")
        self._progress = progress
        self._came: dict[str, set[str]] = {one.uid: set() for one in study.series}
        self._changed = threading.Condition()

    @property
    def count(self) -> int:
        """How many instances have come; one that comes twice counts once."""
        return sum(len(instances) for instances in self._came.values())

    def take(self, content: bytes) -> None:
        """Write one instance, a whole file of DICOM.

        Raises:
            NotAskedForError: If it is none, or of another study or series; it is not kept.
            OutputError: If it can't be written; also kept as ``trouble``.
        """
        instance, series = self._named(content)
        path = self._partial / _folder_name(series) / f"{_digest(instance)}.dcm"
        try:
            write_atomically(path, content)
        except OutputError as error:
            self.trouble = error
            raise
        with self._changed:
            self._came[series.uid].add(instance)
            self._progress.step(self.count, self._study.instances or self.count)
            self._changed.notify_all()

    def wait(self, *, quiet_s: float) -> None:
        """Wait for the rest of a study that still comes, until nothing did for some seconds."""
        with self._changed:
            while self._missing():
                before, end = self.count, time.monotonic() + quiet_s
                while self.count == before and (left := end - time.monotonic()) > 0:
                    self._changed.wait(left)
                if self.count == before:
                    return

    def finish(self) -> None:
        """Put the study into its place.

        Raises:
            InputError: If not all of it came.
            OutputError: If it can't be put there.
        """
        if missing := self._missing():
            msg = f"{missing} instances did not come; fetch the study again"
            raise InputError(msg)
        try:
            with suppress(FileNotFoundError):
                self._place.rmdir()
            self._partial.replace(self._place)
        except OSError as error:
            msg = f"{self._place.name} can't be written ({error.strerror}); choose another folder"
            raise OutputError(msg) from error

    def left(self) -> str:
        """Say where lies what came before an error; remove the folder if nothing did."""
        if not self.count:
            self.remove()
            return ""
        return (
            f"; the {self.count} instances that came are in {self._partial.name}, an incomplete"
            f" study, and {self._place.name} was not written"
        )

    def remove(self) -> None:
        """Remove what has come."""
        shutil.rmtree(self._partial, ignore_errors=True)

    def _named(self, content: bytes) -> tuple[str, FoundSeries]:
        try:
            with disable_value_validation():
                header = dcmread(BytesIO(content), stop_before_pixels=True, specific_tags=_HEADER)
                study, instance = str(header.StudyInstanceUID), str(header.SOPInstanceUID)
                of_series = str(header.SeriesInstanceUID)
        except Exception as error:
            # whatever pydicom makes of what is no DICOM
            raise NotAskedForError from error
        series = next((one for one in self._study.series if one.uid == of_series), None)
        if study != self._study.uid or series is None:
            raise NotAskedForError
        return instance, series

    def _missing(self) -> int:
        """Count what has not come: what the PACS says that it has, and at least one a series."""
        expected = {one.uid: one.instances or 1 for one in self._study.series}
        return sum(max(0, expected[uid] - len(came)) for uid, came in self._came.items())


def _folder_name(series: FoundSeries) -> str:
    return f"series-{series.number or 0:03d}-{_digest(series.uid)[:8]}"


def _digest(uid: str) -> str:
    return hashlib.sha256(uid.encode()).hexdigest()[:16]
