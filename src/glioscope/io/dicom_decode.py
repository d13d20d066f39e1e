"""Decompressing frames in another process, so that a damaged one can't bring down this one."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any, Final, Self, cast

import numpy as np
import numpy.typing as npt

from glioscope.io.dicom_decoder import LENGTH

_SCRIPT: Final = Path(__file__).with_name("dicom_decoder.py")
_SECONDS_A_PIXEL: Final = 1 / (1 << 20)
"""Beyond what any file may take; a slice of 512 x 512 takes a hundredth of a second."""


class DecodeError(ValueError):
    """The frames of a file can't be decompressed."""


@dataclass(slots=True, kw_only=True)
class Decoder:
    """A child process that is started when it is needed, and again when it has died.

    Args:
        longest_s: What any file may take; damaged JPEG-LS can keep GDCM busy for ever.
        child: The process.
        lock: One request at a time.
    """

    longest_s: float = 10.0
    child: subprocess.Popen[bytes] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def shared(cls) -> Self:
        """Return the one of this process; a forked process gets one of its own."""
        return cast("Self", _of_process(os.getpid()))

    def pixels(self, content: bytes, *, count: int) -> npt.NDArray[Any]:
        """Return the pixels of a DICOM file, as pydicom's ``pixel_array``.

        Args:
            content: The whole file, its transfer syntax included.
            count: Its pixels in all frames, which say how long it may take.

        Raises:
            DecodeError: If they can't be decompressed, in time or at all.
        """
        with self.lock:
            child = self._running()
            # a decoder that goes round in circles is ended, which ends the reading below too
            watch = threading.Timer(self.longest_s + count * _SECONDS_A_PIXEL, child.kill)
            watch.daemon = True
            watch.start()
            try:
                found = _ask(child, content)
            except (OSError, ValueError) as error:
                self.close()
                msg = "the frames can't be decompressed"
                raise DecodeError(msg) from error
            finally:
                watch.cancel()
        if found is None:
            msg = "the frames are damaged"
            raise DecodeError(msg)
        return found

    def _running(self) -> subprocess.Popen[bytes]:
        if self.child is None or self.child.poll() is not None:
            self.close()
            self.child = subprocess.Popen(  # noqa: S603 - our own script, no argument from outside
                # without -P the names of this folder's modules would hide others'
                [sys.executable, "-P", str(_SCRIPT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self.child

    def close(self) -> None:
        """End the child process."""
        child, self.child = self.child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            # what was not sent yet has nobody to go to
            with suppress(BrokenPipeError):
                cast("IO[bytes]", pipe).close()


@cache
def _of_process(process: int) -> Decoder:  # noqa: ARG001 - it is what is cached by
    decoder = Decoder()
    atexit.register(decoder.close)
    return decoder


def _ask(child: subprocess.Popen[bytes], content: bytes) -> npt.NDArray[Any] | None:
    out, back = cast("IO[bytes]", child.stdin), cast("IO[bytes]", child.stdout)
    out.write(LENGTH.pack(len(content)))
    out.write(content)
    out.flush()
    told = json.loads(_exactly(back, _length(back)))
    voxels = _exactly(back, _length(back))
    if not told:
        return None
    return np.frombuffer(voxels, dtype=np.dtype(told["type"])).reshape(told["shape"])


def _length(back: IO[bytes]) -> int:
    (length,) = LENGTH.unpack(_exactly(back, LENGTH.size))
    return int(length)


def _exactly(back: IO[bytes], length: int) -> bytes:
    found = back.read(length)
    if len(found) < length:
        msg = "the decoder died"
        raise ValueError(msg)
    return found
