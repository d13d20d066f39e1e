"""Time and memory of each stage, and the progress that a listener sees."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from glioscope.core import Progress, Silent

_SAMPLE_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """What one stage took.

    Args:
        stage: Its name.
        seconds: Wall time.
        peak_memory_mb: Largest resident memory of the process while it ran, MiB.
        resumed: It was finished before and only read back.
    """

    stage: str
    seconds: float
    peak_memory_mb: float
    resumed: bool


@dataclass(slots=True)
class Meter:
    """Collects a record a stage; hands progress on."""

    progress: Progress = field(default_factory=Silent)
    records: list[StageRecord] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str, *, resumed: bool = False) -> Iterator[None]:
        """Measure the block as one stage."""
        self.progress.stage(f"{name} (finished before)" if resumed else name)
        watch = _MemoryWatch()
        start = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - start
            self.records.append(
                StageRecord(
                    stage=name,
                    seconds=round(seconds, 3),
                    peak_memory_mb=round(watch.stop(), 1),
                    resumed=resumed,
                )
            )


class _MemoryWatch:
    """Samples resident memory on a thread: a peak between two samples goes unseen."""

    def __init__(self) -> None:
        self._peak = resident_mb()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._done.wait(_SAMPLE_S):
            self._peak = max(self._peak, resident_mb())

    def stop(self) -> float:
        self._done.set()
        self._thread.join()
        return max(self._peak, resident_mb())


def resident_mb() -> float:
    """Resident memory of this process now, MiB."""
    return float(psutil.Process().memory_info().rss) / 1024.0**2
