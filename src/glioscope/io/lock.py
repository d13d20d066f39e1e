"""One process at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from glioscope.core import OutputError


@contextmanager
def exclusive(
    path: Path, *, mode: int = 0o666, told: Callable[[OSError], str] | None = None
) -> Iterator[None]:
    """Keep other processes that ask for the same file waiting for as long as this lasts.

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
        _lock(file)
        yield
    finally:
        # closing lets go of the lock, and so does the end of the process, however it comes
        os.close(file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_LOCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)


def _unwritable(path: Path, error: OSError) -> str:
    return (
        f"{path.parent.name} can't be written to ({error.strerror}); choose another output folder"
    )
