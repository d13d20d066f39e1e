"""Reading what is not quite DICOM without pydicom's remarks on it."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pydicom.config import disable_value_validation
from pydicom.errors import BytesLengthException, InvalidDicomError

BROKEN: Final = (
    InvalidDicomError,
    BytesLengthException,
    OSError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RuntimeError,
    IndexError,
    OverflowError,
    struct.error,
    zlib.error,
)
"""What pydicom and its decoders raise on files that are cut off or damaged.

A compression without a decoder here is a NotImplementedError, which is a RuntimeError.
"""


@contextmanager
def tolerant() -> Iterator[None]:
    """Read values that break a rule of the standard as they are, and silently.

    Archives hold many such files (wrong VR, overlong text, padding behind the pixels).  What
    matters of them is checked by what reads them; nothing else may run inside.
    """
    with disable_value_validation(), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield
