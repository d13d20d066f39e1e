"""Files appear whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from glioscope.core import OutputError


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file beside its name first and rename it when it is complete.

    A crash, a full disk or a second reader never sees half a file.

    Args:
        path: Where the file shall be; its folder is made if it is not there.
        content: All of it.

    Raises:
        OutputError: If it can't be written; nothing is left behind.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(content)
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        msg = (
            f"{path.name} can't be written ({error.strerror or type(error).__name__});"
            " free some space or choose another output folder"
        )
        raise OutputError(msg) from error
