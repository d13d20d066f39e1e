"""How a run is judged."""

from __future__ import annotations

from dataclasses import dataclass

from glioscope.core import InputError
from glioscope.learning.data.split import PARTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is measured, and on whom.

    Args:
        part: Of the split: ``test``, ``validation`` or ``train``.
        best: Judge the checkpoint that validated best in the last stage, not the last weights.
        subsets: Score every subset of the run's sequences too.
        draws: Passes with dropout on, for the epistemic uncertainty; 0 leaves it out.
        mirror: Average with the answer to the image turned left to right.
        near_mm: Voxels up to this far from the whole tumor are near it.
        resamples: Of every bootstrap.
        seed: Of dropout and bootstrap.
        device: ``cpu``, or ``cuda`` as torch names it.
    """

    part: str = "test"
    best: bool = False
    subsets: bool = True
    draws: int = 8
    mirror: bool = False
    near_mm: float = 10.0
    resamples: int = 10_000
    seed: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.part not in PARTS:
            msg = f"{self.part!r} is no part of a split; known: {', '.join(PARTS)}"
            raise InputError(msg)
        if self.draws < 0 or self.draws == 1:
            msg = f"draws = {self.draws}: give 2 or more, which can differ, or 0 for none"
            raise InputError(msg)
        if not self.near_mm >= 0 or self.resamples < 1:
            msg = (
                f"near_mm = {self.near_mm}, resamples = {self.resamples}: give a distance of 0 or"
                " more and at least one draw"
            )
            raise InputError(msg)
