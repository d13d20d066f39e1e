"""Why something failed, kept beside the queue for who asks later."""

from __future__ import annotations

from pathlib import Path

from glioscope.service.listen.durable import make_folder, write_durably


class Reasons:
    """One line a result, none of a patient's text."""

    def __init__(self, folder: Path) -> None:
        """Take the listener's folder."""
        self._folder = folder / "reasons"

    def write(self, name: str, reason: str) -> None:
        """Keep why a result is not there or not sent.

        Raises:
            OutputError: If it can't be written.
            OSError: If the folder can't be made.
        """
        make_folder(self._folder)
        write_durably(self._folder / f"{name}.txt", reason.encode())

    def read(self, name: str) -> str | None:
        """Return the reason, or ``None``."""
        path = self._folder / f"{name}.txt"
        return path.read_text(encoding="utf-8") if path.is_file() else None

    def forget(self, name: str) -> None:
        """Remove the reason, when it holds no more."""
        (self._folder / f"{name}.txt").unlink(missing_ok=True)
