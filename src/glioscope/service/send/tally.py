"""What became of each instance that was sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from glioscope.core import OutputError, Progress
from glioscope.service.remote.node import Destination


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a PACS confirmed.

    Args:
        count: Instances that it has now.
        changed: Those of them that it stored with a warning: it changed or left out attributes.
    """

    count: int
    changed: int


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts while instances go out.

    Args:
        total: Instances that are to be sent.
        to: The PACS.
        progress: Told of each.
    """

    total: int
    to: Destination
    progress: Progress
    _stored: int = 0
    _changed: int = 0
    _refused: Counter[str] = field(default_factory=Counter)

    def stored(self, *, changed: bool = False) -> None:
        """Count one that the PACS confirmed."""
        self._stored += 1
        self._changed += changed
        self._step()

    def refused(self, reason: str) -> None:
        """Count one that it did not take, and why: words of ours, never of the PACS."""
        self._refused[reason] += 1
        self._step()

    def broken(self) -> OutputError:
        """Return the error for a connection that ended too early."""
        msg = (
            f"{self.to} went away, or no longer answers, after {self._stored} of {self.total}"
            " instances were stored; send all of them again when it is back"
        )
        return OutputError(msg)

    def sent(self) -> Sent:
        """Return what was stored.

        Raises:
            OutputError: If an instance was refused.
        """
        if self._refused:
            reasons = "; ".join(f"{count} {why}" for why, count in self._refused.most_common())
            msg = (
                f"{self.to} stored {self._stored} of {self.total} instances: {reasons};"
                " ask its administrator, then send again"
            )
            raise OutputError(msg)
        return Sent(count=self._stored, changed=self._changed)

    def _step(self) -> None:
        self.progress.step(self._stored + self._refused.total(), self.total)
