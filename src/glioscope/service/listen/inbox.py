"""Where received instances lie: a folder a study, a file an instance.

incoming/S0123456789ab/0123….dcm          an MR image
incoming/S0123456789ab/other/0123….dcm    anything else of the study
incoming/S0123456789ab/refused/0123…      empty: an instance that was refused
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from glioscope.core import OutputError
from glioscope.service.listen.durable import make_folder, write_durably
from glioscope.service.listen.instance import Instance

_OTHER: Final = "other"
_REFUSED: Final = "refused"


def key_of(images: Iterable[str]) -> str:
    """Return a digest over the images of a study: others, or one more, have another key.

    Args:
        images: Their names; an instance never changes, so that its name stands for its content.
    """
    return hashlib.sha256("\n".join(sorted(images)).encode()).hexdigest()[:12]


class Inbox:
    """Studies on disk; the files are the only record of what was received."""

    def __init__(self, folder: Path) -> None:
        """Take the listener's folder; ``incoming`` in it is made with the first study."""
        self._folder = folder / "incoming"

    def has(self, instance: Instance) -> bool:
        """Tell whether an instance was received before."""
        return self._place(instance).exists()

    def keep(self, instance: Instance) -> None:
        """Write an instance so that a power cut can't undo it.

        Raises:
            OutputError: If it can't be written.
        """
        path = self._place(instance)
        _make(path.parent)
        write_durably(path, instance.content)
        (self._folder / instance.study / _REFUSED / instance.name).unlink(missing_ok=True)

    def refuse(self, instance: Instance) -> None:
        """Remember that an instance is missing, until it comes and is kept.

        Raises:
            OutputError: If that can't be written.
        """
        folder = self._folder / instance.study / _REFUSED
        _make(folder)
        write_durably(folder / instance.name, b"")

    def studies(self) -> list[str]:
        """Return the names of all studies, sorted."""
        if not self._folder.is_dir():
            return []
        return sorted(path.name for path in self._folder.iterdir() if path.is_dir())

    def images(self, study: str) -> list[str]:
        """Return the names of a study's MR images, sorted."""
        return sorted(path.stem for path in self._images(study))

    def refused(self, study: str) -> int:
        """Return how many instances of a study were refused and did not come again."""
        return sum(
            not path.name.startswith(".") for path in (self._folder / study / _REFUSED).glob("*")
        )

    def size_bytes(self, study: str) -> int:
        """Return the size of all that was kept of a study."""
        return sum(path.stat().st_size for path in (self._folder / study).rglob("*.dcm"))

    def link_images(self, study: str, images: Iterable[str], to: Path) -> None:
        """Put some images of a study into a folder of their own, which does not grow any more.

        Args:
            study: Its name.
            images: Their names.
            to: Emptied first. Links take no room; they are copies where there are no links.

        Raises:
            OutputError: If that can't be written.
        """
        try:
            shutil.rmtree(to, ignore_errors=True)
            to.mkdir(parents=True)
            for name in images:
                _link(self._folder / study / f"{name}.dcm", to / f"{name}.dcm")
        except OSError as error:
            msg = f"study {study} can't be laid out ({error.strerror}); make room, start again"
            raise OutputError(msg) from error

    def _place(self, instance: Instance) -> Path:
        folder = self._folder / instance.study
        return (folder if instance.is_image else folder / _OTHER) / f"{instance.name}.dcm"

    def _images(self, study: str) -> Iterable[Path]:
        return (self._folder / study).glob("[!.]*.dcm")


def _make(folder: Path) -> None:
    try:
        make_folder(folder)
    except OSError as error:
        msg = f"the folder of a study can't be made ({error.strerror}); make room"
        raise OutputError(msg) from error


def _link(path: Path, to: Path) -> None:
    try:
        os.link(path, to)
    except OSError:
        shutil.copyfile(path, to)
