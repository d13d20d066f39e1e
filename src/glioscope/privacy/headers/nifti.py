"""NIfTI files with nothing in their headers but how the voxels lie and what they mean."""

from __future__ import annotations

import gzip
import re
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from nibabel.arrayproxy import ArrayProxy

from glioscope.io import open_nifti

_TEXTS: Final = frozenset({"aux_file", "data_type", "db_name", "intent_name", "unused_str"})
_ECHO_TIME: Final = re.compile(rb"(?:^|;)(TE=\d{1,4}(?:\.\d{1,3})?)(?:;|\0|$)")
"""What dcm2niix leaves in the description, and readers look for."""

_NO_EXTENSIONS: Final = bytes(4)
_GZIP_LEVEL: Final = 4

Stored = npt.NDArray[Any]


def read_stored(path: Path) -> tuple[Any, Stored]:
    """Return the header and the values as they are stored, before any scale.

    Raises:
        ValueError: If it is no NIfTI file.
        Exception: What nibabel and gzip raise on damage (``BROKEN_NIFTI``).
    """
    opened = open_nifti(path)
    if opened is None:
        msg = "no NIfTI"
        raise ValueError(msg)
    with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
        stored = ArrayProxy(file, opened.header, mmap=False).get_unscaled()
    return opened.header, np.array(stored)


def cleaned_nifti(header: Any, stored: Stored) -> bytes:  # noqa: ANN401 - nibabel is not typed
    """Return the content of a ``.nii.gz`` file: the same voxels, no text, no extension.

    The echo time in the description stays; a DICOM header in an extension does not.  Nor does the
    name that gzip keeps of a file.

    Args:
        header: As `read_stored` returned it; left untouched.
        stored: Values of its type and shape.
    """
    clean = header.copy()
    echo_time = _ECHO_TIME.search(bytes(clean["descrip"].item()))
    clean["descrip"] = b"" if echo_time is None else echo_time[1]
    for name in _TEXTS & set(clean.keys()):
        clean[name] = b""
    for name in {"extents", "session_error", "regular", "glmax", "glmin"} & set(clean.keys()):
        clean[name] = b"r" if name == "regular" else 0
    clean["vox_offset"] = len(clean.binaryblock) + len(_NO_EXTENSIONS)
    values = stored.astype(header.get_data_dtype(), copy=False).tobytes(order="F")
    buffer = BytesIO()
    with gzip.GzipFile(
        filename="", mode="wb", fileobj=buffer, mtime=0, compresslevel=_GZIP_LEVEL
    ) as file:
        file.write(clean.binaryblock + _NO_EXTENSIONS + values)
    return buffer.getvalue()
