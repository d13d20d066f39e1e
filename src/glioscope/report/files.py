"""Several files that belong together are written whole: all or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from glioscope.core import OutputError


def write_together(files: Mapping[str, bytes], folder: Path, *, what: str) -> None:
    """Write every file beside its name first; rename them when all are whole.

    Args:
        files: Content by name.
        folder: Made if it is not there; older files of these names are replaced.
        what: Named in the error, such as ``"the report of case case-001"``.

    Raises:
        OutputError: If the folder can't be made or written; nothing half-written is left.
    """
    try:
        _write_all(files, folder)
    except OSError as error:
        msg = (
            f"{what} can't be written ({error.strerror or error}); make room or choose another"
            " folder with --output"
        )
        raise OutputError(msg) from error


def _write_all(files: Mapping[str, bytes], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, Path] = {}
    try:
        for name, data in files.items():
            written[name] = _write_beside(folder, name, data)
        for name, path in written.items():
            path.replace(folder / name)
    finally:
        for path in written.values():
            path.unlink(missing_ok=True)


def _write_beside(folder: Path, name: str, data: bytes) -> Path:
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.", suffix=".part")
    path = Path(temporary)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        path.chmod(0o644)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path
