"""Several transforms, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

Data = TypeVar("Data")
Draw = TypeVar("Draw")


class Transform(Protocol[Data, Draw]):
    """Parameters drawn by one method, applied by another."""

    def draw(self, rng: np.random.Generator, /) -> Draw:
        """Draw one change."""

    def __call__(self, data: Data, draw: Draw, /) -> Data:
        """Return the changed data; the input is left untouched."""


# Without slots: in Python 3.11 a frozen generic with slots can't be called as Chain[Tensor](...)
@dataclass(frozen=True, kw_only=True)
class Chain(Generic[Data]):
    """Transforms in their order, themselves a transform.

    Args:
        steps: First to last.
    """

    steps: tuple[Transform[Data, Any], ...]

    def draw(self, rng: np.random.Generator) -> tuple[object, ...]:
        """Draw one change a step."""
        return tuple(step.draw(rng) for step in self.steps)

    def __call__(self, data: Data, draw: Sequence[Any]) -> Data:
        """Return the changed data; the input is left untouched.

        Raises:
            ValueError: If there is not one draw a step.
        """
        if len(draw) != len(self.steps):
            msg = f"{len(draw)} draws for {len(self.steps)} steps; replay draws of the same chain"
            raise ValueError(msg)
        for step, drawn in zip(self.steps, draw, strict=True):
            data = step(data, drawn)
        return data
