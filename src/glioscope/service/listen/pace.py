"""Slows down what comes too fast."""

from __future__ import annotations

import threading
import time


class Pace:
    """Lets so many pass a second, all threads together, and the others wait their turn.

    DICOM has no "slower, please": a refusal would fail the sender's whole job, an answer that
    comes later is just a slow archive.
    """

    def __init__(self, per_second: float | None) -> None:
        """Take the rate; ``None`` slows nobody."""
        self._interval_s = 0.0 if per_second is None else 1.0 / per_second
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        """Return when it is this one's turn."""
        if not self._interval_s:
            return
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._interval_s
        time.sleep(turn - now)
