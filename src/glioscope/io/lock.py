"""One process at a time."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from glioscope.core import OutputError

_LOG = logging.getLogger(__name__)


@contextmanager
def exclusive(
    path: Path, *, mode: int = 0o666, told: Callable[[OSError], str] | None = None
) -> Iterator[None]:
    """Keep other processes that ask for the same file waiting for as long as this lasts.

    Who has to wait says so in the log, without the folder's name, which may be a patient's.

    Args:
        path: Made if it is not there, as its folder is; its content means nothing.
        mode: Of the file, if it is made.
        told: Words the refusal; says that the folder can't be written to if ``None``.

    Raises:
        OutputError: If it can't be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT, mode)
    except OSError as error:
        msg = _unwritable(path, error) if told is None else told(error)
        raise OutputError(msg) from error
    try:
        if not _lock(file, wait=False):
            _LOG.warning("another process works in the same folder; waiting until it is done")
            _lock(file, wait=True)
        yield
    finally:
        # closing lets go of the lock, and so does the end of the process, however it comes
        os.close(file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int, *, wait: bool) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            if wait:
                raise
            return False
        return True

else:
    import fcntl

    def _lock(file: int, *, wait: bool) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _unwritable(path: Path, error: OSError) -> str:
    return (
        f"{path.parent.name} can't be written to ({error.strerror}); choose another output folder"
    )
