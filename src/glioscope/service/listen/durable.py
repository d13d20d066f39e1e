"""What was written is there after a power cut, too."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

from glioscope.core import OutputError


def write_durably(path: Path, content: bytes) -> None:
    """Write a file so that it is on the disk, whole, when this returns.

    Args:
        path: Where it shall be; its folder must be there.
        content: All of it.

    Raises:
        OutputError: If it can't be written; nothing is left behind.
    """
    # several threads may write the same file at once, each a part file of its own
    partial = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        flush(path.parent)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        msg = (
            f"{path.name} can't be written ({error.strerror or type(error).__name__}); make room"
            " or choose another folder"
        )
        raise OutputError(msg) from error


def make_folder(path: Path) -> None:
    """Make a folder and those above it, each known to the disk.

    Raises:
        OSError: If it can't be made.
    """
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    flush(path.parent)


def flush(path: Path) -> None:
    """Wait until a file, or the list of names of a folder, is on the disk.

    Raises:
        OSError: If it can't be.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def move_durably(folder: Path, to: Path) -> None:
    """Give a folder its final name when all in it is on the disk.

    Args:
        folder: On the same file system as ``to``.
        to: Must not exist; its parent is made.

    Raises:
        OutputError: If it can't be moved.
    """
    try:
        make_folder(to.parent)
        for path in (*folder.rglob("*"), folder):
            flush(path)
        folder.rename(to)
        flush(to.parent)
    except OSError as error:
        msg = f"{to.name} can't be put in place ({error.strerror}); make room and start again"
        raise OutputError(msg) from error
