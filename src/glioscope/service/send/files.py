"""What is to be sent: DICOM files, and what of them a PACS must agree to."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydicom.config import disable_value_validation
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pydicom.uid import UID

from glioscope.core import InputError

_PREFIX_AT: Final = 128
_PREFIX: Final = b"DICM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One instance in a file.

    Args:
        path: The file.
        sop_class: What kind of object it is.
        transfer_syntax: How it is encoded.
    """

    path: Path
    sop_class: UID
    transfer_syntax: UID


def dicom_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return files as they are, and of folders of any depth the DICOM files, sorted.

    In folders, hidden files and what is not DICOM are passed over.

    Raises:
        InputError: If a path is missing, or there is no DICOM file at all.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            msg = f"{path.name}: no such file or folder; check the path"
            raise InputError(msg)
        found += _below(path) if path.is_dir() else [path]
    if not found:
        msg = "there is no DICOM file to send; give files, or a folder that holds some"
        raise InputError(msg)
    return tuple(found)


def outgoing(path: Path) -> Outgoing:
    """Read what one file holds, its meta information only.

    Raises:
        InputError: If it can't be read, is no DICOM file, or does not say what it holds.
    """
    try:
        with disable_value_validation():
            meta = read_file_meta_info(path)
            sop_class, syntax = meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID
    except OSError as error:
        msg = f"{path.name} can't be read ({error.strerror or type(error).__name__})"
        raise InputError(msg) from error
    except (InvalidDicomError, AttributeError, ValueError, EOFError) as error:
        msg = f"{path.name} is no whole DICOM file; leave it out or write it again"
        raise InputError(msg) from error
    if not syntax.is_transfer_syntax:
        msg = f"{path.name} is encoded in a way that DICOM does not know; write it again"
        raise InputError(msg)
    return Outgoing(path=path, sop_class=sop_class, transfer_syntax=syntax)


def _below(folder: Path) -> list[Path]:
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        visible = sorted(name for name in names if not name.startswith("."))
        found += [Path(place) / name for name in visible if _is_dicom(Path(place) / name)]
    return found


def _is_dicom(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            file.seek(_PREFIX_AT)
            return file.read(len(_PREFIX)) == _PREFIX
    except OSError as error:
        msg = f"{path.name} can't be read ({error.strerror}); check its permissions"
        raise InputError(msg) from error
