"""A folder that appears whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from glioscope.core import InputError, OutputError
from glioscope.io import write_atomically

_MARK: Final = ".run"


def check_output(source: Path, output: Path) -> None:
    """Refuse an output that would mix with what it is made from.

    Raises:
        InputError: If one of the folders lies in the other.
    """
    inside, outside = output.resolve(), source.resolve()
    if inside.is_relative_to(outside) or outside.is_relative_to(inside):
        msg = (
            "the output lies in the folder of the study, or the study in it; give another"
            " folder with -o, so that what may be shared never mixes with what may not"
        )
        raise InputError(msg)


@contextmanager
def staged(output: Path, *, run: str, resume: bool) -> Iterator[Path]:
    """Give a hidden folder beside the output, which takes the output's name at the end.

    An error takes the hidden folder away.  A run that was killed or interrupted leaves it, for
    ``resume``.

    Args:
        output: Must be missing or empty.
        run: What tells whether a killed run was of the same input and settings.
        resume: Go on with a killed run.

    Raises:
        OutputError: If the output holds files, a killed run is in the way, or the disk refuses.
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        msg = f"{output.name} holds files already; give a new or empty folder with -o"
        raise OutputError(msg)
    partial = output.with_name(f".{output.name}.partial")
    _check_killed(partial, run=run, resume=resume)
    write_atomically(partial / _MARK, run.encode())
    try:
        yield partial
        (partial / _MARK).unlink()
        if output.exists():
            output.rmdir()
        partial.rename(output)
    except KeyboardInterrupt:
        raise
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        msg = f"{output.name} can't be written ({error.strerror}); choose another output folder"
        raise OutputError(msg) from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _check_killed(partial: Path, *, run: str, resume: bool) -> None:
    if not partial.exists():
        return
    try:
        same = (partial / _MARK).read_text("utf-8") == run
    except (OSError, ValueError):
        same = False
    if not (resume and same):
        what = "of the same study and settings" if same else "of another study, key or settings"
        remedy = "go on with --resume, or remove" if same else "remove"
        msg = f"a killed run {what} was found; {remedy} the folder {partial.name}"
        raise OutputError(msg)
