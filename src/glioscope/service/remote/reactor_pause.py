"""Keeps pynetdicom from taking an answer away from who waits for it.

A request of pynetdicom 3.0.4 first stops the thread that looks for messages, then sends, then reads
the answer.  That thread says that it stands still a moment before it does: asked in this moment, it
goes round once more, and takes an answer that comes at once.  The request then waits for one that
never comes, until its time is up.  Seen about once in some thousand requests to a near archive on a
busy machine.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from pynetdicom.association import Association

_POLL_S = 0.05


class ReactorPause:
    """Stands in for the event by which the thread is stopped; off only when it stands still."""

    def __init__(self, is_running: Callable[[], bool]) -> None:
        """Take how to know that the thread has not ended; it then needs no stopping."""
        self._is_running = is_running
        self._changed = threading.Condition()
        self._on = True
        self._stands_still = False

    def is_set(self) -> bool:
        """Tell whether the thread may go on."""
        return self._on

    def set(self) -> None:
        """Let the thread go on."""
        with self._changed:
            self._on, self._stands_still = True, False
            self._changed.notify_all()

    def clear(self) -> None:
        """Stop the thread; it stands still when this returns."""
        with self._changed:
            self._on = False
            while not self._stands_still and self._is_running():
                self._changed.wait(_POLL_S)

    def wait(self, timeout: float | None = None) -> bool:
        """Stand still for as long as it is off; the thread calls this in each of its rounds.

        Args:
            timeout: Seconds, at most; without an end if ``None``.

        Returns:
            Whether it is on.
        """
        with self._changed:
            while not self._on:
                self._stands_still = True
                self._changed.notify_all()
                if not self._changed.wait(timeout) and timeout is not None:
                    break
            return self._on


def stop_in_time(association: Association) -> None:
    """Have the thread of an association stop before a request is sent, not soon after."""
    association._reactor_checkpoint = ReactorPause(association.is_alive)  # noqa: SLF001 - no other way
