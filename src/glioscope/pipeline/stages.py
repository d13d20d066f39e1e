"""Run a stage, or read back what it left when it was finished before."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from glioscope.core import OutputError
from glioscope.pipeline import archive
from glioscope.pipeline.meter import Meter

T = TypeVar("T")

FOLDER = ".stages"
"""Below the output folder while a run goes on; gone when it is complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The finished stages of one run.

    Args:
        folder: Where they are kept.
        key: Of the run; what another run left is not taken.
        meter: Measures each stage.
    """

    folder: Path
    key: str
    meter: Meter

    def run(self, name: str, kind: type[T], make: Callable[[], T]) -> T:
        """Return the value of a stage, made now or read back.

        Args:
            name: Of the stage and of its file.
            kind: Type of the value.
            make: Makes it.
        """
        path = self.folder / f"{name}.npz"
        before = archive.load(kind, path, key=self.key)
        with self.meter.stage(name, resumed=before is not None):
            if before is not None:
                return before
            value = make()
            archive.save(value, path, key=self.key)
            return value

    def clear(self) -> None:
        """Forget what is kept."""
        shutil.rmtree(self.folder, ignore_errors=True)


def open_stages(output: Path, *, key: str, meter: Meter, resume: bool) -> Stages:
    """Return the stages of a run, empty unless it resumes another.

    Args:
        output: Of the run; made if it is not there.
        key: Of the run.
        meter: Measures each stage.
        resume: Keep what an earlier run left.

    Raises:
        OutputError: If the folder can't be made.
    """
    stages = Stages(folder=output / FOLDER, key=key, meter=meter)
    if not resume:
        stages.clear()
    try:
        stages.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"can't make the output folder ({error.strerror}); choose another with -o"
        raise OutputError(msg) from error
    return stages
