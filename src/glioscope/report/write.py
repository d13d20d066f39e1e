"""Write the report: all files or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from glioscope.core import CaseResult, OutputError
from glioscope.report.content import make_document
from glioscope.report.html import to_html
from glioscope.report.pdf import to_pdf
from glioscope.report.pictures import make_pictures
from glioscope.report.serialize import result_bytes


def write_report(result: CaseResult, folder: Path) -> None:
    """Write report.html, report.pdf and result.json; the same result gives the same bytes.

    Everything is made in memory first and every file is renamed into place when it is whole.

    Args:
        result: Everything that is known of the case.
        folder: Made if it is not there; older files of these names are replaced.

    Raises:
        OutputError: If the folder can't be made or written; nothing half-written is left.
    """
    data = result_bytes(result)
    document = make_document(result, make_pictures(result))
    files = {
        "report.html": to_html(document),
        "report.pdf": to_pdf(document),
        "result.json": data,
    }
    try:
        _write_all(files, folder)
    except OSError as error:
        msg = (
            f"the report of case {result.case.case_id} can't be written"
            f" ({error.strerror or error}); make room or choose another folder with --output"
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
