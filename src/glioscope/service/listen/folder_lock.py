"""One listener a folder; its children count."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import Final

from glioscope.core import InputError, OutputError

_NAME: Final = ".lock"
_POLL_S: Final = 0.05


class FolderLock:
    """Held until it is closed, or until the process and all who inherited it have ended.

    An analysis inherits it: after a kill of the listener, the next one waits until what it left
    behind is gone, and never has two analyses of a study at once.
    """

    def __init__(self, folder: Path, *, wait_seconds: float = 10.0) -> None:
        """Take the lock.

        Args:
            folder: Of the listener.
            wait_seconds: For the children of a listener that was killed to end.

        Raises:
            InputError: If another listener has it.
            OutputError: If it can't be written.
        """
        try:
            self.handle = os.open(folder / _NAME, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            msg = f"{folder.name} can't be written ({error.strerror}); choose another folder"
            raise OutputError(msg) from error
        deadline = time.monotonic() + wait_seconds
        while not _locked(self.handle):
            if time.monotonic() > deadline:
                os.close(self.handle)
                msg = f"another listener runs in {folder.name}; stop it or choose another folder"
                raise InputError(msg)
            time.sleep(_POLL_S)

    def release(self) -> None:
        """Let others have it."""
        os.close(self.handle)


def is_locked(folder: Path) -> bool:
    """Tell whether a listener runs in a folder."""
    path = folder / _NAME
    if not path.exists():
        return False
    handle = os.open(path, os.O_RDWR)
    try:
        return not _locked(handle)
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
