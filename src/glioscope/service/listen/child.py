"""Runs a command that ends when whoever started it does, be it killed.

Run as a file with nothing but the standard library: ``python -I child.py COMMAND...``, with a
pipe as standard input that is never written to.  When it closes, because its owner closed it or
died, the command and all its children are killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

NO_COMMAND = 127


def main(command: list[str]) -> int:
    """Run a command and return its exit code (minus the signal that ended it)."""
    # the interrupt of a terminal goes to all of its processes; the owner decides what ends
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)  # noqa: S603
    except OSError as error:
        sys.stderr.write(f"glioscope: error: {command[0]} can't be run ({error.strerror})\n")
        return NO_COMMAND
    threading.Thread(target=_end_with_owner, args=(process,), daemon=True).start()
    code = process.wait()
    return code if code >= 0 else 128 - code


def _end_with_owner(process: subprocess.Popen[bytes]) -> None:
    # not sys.stdin, whose lock a thread would still hold when the interpreter ends
    while os.read(0, 1):
        pass
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
