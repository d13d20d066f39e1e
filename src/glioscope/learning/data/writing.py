"""A folder that appears whole or not at all."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from glioscope.core import OutputError

_STALE_S: Final = 3600.0
"""Writing a case takes seconds: what is unfinished for an hour, its process is gone."""

_TRIES: Final = 20
_TAKEN: Final = (errno.EEXIST, errno.ENOTEMPTY)


def write_folder(
    folder: Path,
    arrays: Mapping[str, npt.NDArray[Any]],
    *,
    about: tuple[str, bytes],
    is_current: Callable[[], bool],
) -> None:
    """Write arrays, uncompressed, and a text into a new folder, and put it in the place of an old.

    Args:
        folder: Where it shall be; replaced if it is there.
        arrays: By name, without ``.npy``.
        about: Name and content of the text.
        is_current: Asked before the new folder takes its place; if another process was faster, its
            folder stays and this one is dropped.

    Raises:
        OutputError: If it can't be written; nothing of it is left behind.
    """
    partial = folder.with_name(f".{folder.name}.{uuid4().hex}.partial")
    try:
        partial.mkdir(parents=True)
        for name, data in arrays.items():
            np.save(partial / f"{name}.npy", data, allow_pickle=False)
        (partial / about[0]).write_bytes(about[1])
        if not is_current():
            _exchange(partial, folder)
    except OSError as error:
        msg = (
            f"case {folder.name} can't be kept in {folder.parent.name}"
            f" ({error.strerror or error}); free some space or choose another folder, then"
            " start again: the cases that are there already are not prepared anew"
        )
        raise OutputError(msg) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what killed processes left unfinished below a folder."""
    for partial in folder.glob(".*.partial"):
        with suppress(OSError):
            if time.time() - partial.stat().st_mtime > _STALE_S:
                shutil.rmtree(partial, ignore_errors=True)


def _exchange(new: Path, place: Path) -> None:
    """Rename a folder to its place, and take away what was there.

    A folder can't replace one that holds files in one step; the attempt is repeated when another
    process puts its own there in between.
    """
    old = new.with_name(f"{new.name.removesuffix('.partial')}.old.partial")
    for attempt in range(_TRIES):
        with suppress(FileNotFoundError):
            place.rename(old)
            shutil.rmtree(old, ignore_errors=True)
        try:
            new.rename(place)
        except OSError as error:
            if attempt == _TRIES - 1 or error.errno not in _TAKEN:
                raise
        else:
            return
