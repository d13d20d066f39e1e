"""Progress: a bar on a terminal, plain lines elsewhere; always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from glioscope.core import Progress, Silent

if TYPE_CHECKING:
    from rich.progress import TaskID


_SILENCE_SECONDS = 30.0
"""After which a log says how far a stage is: longer, and people think that it hangs."""


class Lines:
    """One line a stage, with the seconds since the start; more in a long stage.

    Args:
        clock: Seconds since any moment.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start = self._told = clock()

    def stage(self, name: str) -> None:
        """Print the stage that begins."""
        self._told = self._clock()
        sys.stderr.write(f"[{self._told - self._start:6.1f} s] {name}\n")
        sys.stderr.flush()

    def step(self, done: int, total: int) -> None:
        """Print how far the stage is, if nothing was printed for half a minute."""
        if done < total and self._clock() - self._told >= _SILENCE_SECONDS:
            self.stage(f"  {done} of {total}")

    def note(self, text: str) -> None:
        """Print what is known now."""
        self.stage(f"  {text}")


class Bar:
    """A bar that fills with the steps of each stage."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self._bars = RichProgress(
            SpinnerColumn(),
            TextColumn("{task.description:<40}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Bar:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._finish()
        self._bars.stop()

    def stage(self, name: str) -> None:
        """Finish the stage before and begin one."""
        self._finish()
        self._task = self._bars.add_task(name, total=None)

    def step(self, done: int, total: int) -> None:
        """Fill the bar of the stage."""
        if self._task is not None:
            self._bars.update(self._task, completed=done, total=total)

    def note(self, text: str) -> None:
        """Print what is known now above the bars."""
        self._bars.console.print(f"  {text}", highlight=False, markup=False)

    def _finish(self) -> None:
        if self._task is not None:
            self._bars.update(self._task, completed=1, total=1)


@contextmanager
def shown(*, quiet: bool) -> Iterator[Progress]:
    """Yield the progress that fits: none, a bar, or lines."""
    if quiet:
        yield Silent()
    elif sys.stderr.isatty():
        with Bar() as bar:
            yield bar
    else:
        yield Lines()
