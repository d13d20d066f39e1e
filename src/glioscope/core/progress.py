"""How long work tells how far it is, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the progress of one stage after another."""

    def stage(self, name: str) -> None:
        """A stage begins; the one before it is done."""

    def step(self, done: int, total: int) -> None:
        """``done`` of ``total`` equal steps of the stage are finished."""

    def note(self, text: str) -> None:
        """Something worth reading is known, such as the figures of a validation."""


class Silent:
    """Ignores all progress."""

    def stage(self, name: str) -> None:
        """Do nothing."""

    def step(self, done: int, total: int) -> None:
        """Do nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""
