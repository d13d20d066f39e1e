"""What was already done to the data, so that nothing is done twice."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from glioscope.core import Notice, Sequence, Severity, Volume, grid_difference
from glioscope.preparation.stripped import background_value, foreground_mask, is_stripped

_SAME_BRAIN: Final = 0.9
"""Least Dice of the foregrounds of two stripped images that were stripped by one mask."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recognized:
    """What a set of series is found to be.

    Args:
        stripped: All show a brain without its skull.
        aligned: All are stripped, lie on one grid and show the same brain there.
        normalized: All have negative values: z-scored, or scaled otherwise.
        brain: The union of the foregrounds if stripped and aligned, on their grid; else ``None``.
        background: Commonest border value by sequence.
        stripped_each: By sequence, where they differ.
    """

    stripped: bool
    aligned: bool
    normalized: bool
    brain: Volume | None
    background: Mapping[Sequence, float]
    stripped_each: Mapping[Sequence, bool]

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What is said about it."""
        done = []
        if self.aligned:
            done.append("aligned (not registered again)")
        if self.stripped:
            done.append("skull-stripped (its foreground is the brain mask)")
        if self.normalized:
            done.append("normalized (only rescaled)")
        if self.aligned and self.stripped:
            done.append("so no bias correction is done")
        if not done:
            return ()
        message = f"The images came already {', '.join(done)}."
        return (Notice(code="already-prepared", severity=Severity.INFO, message=message),)


def recognize(images: Mapping[Sequence, Volume]) -> Recognized:
    """Find out what was already done to the series of a patient.

    Args:
        images: One raw volume a sequence, at least one.
    """
    background = {name: background_value(image) for name, image in images.items()}
    normalized = all(bool((image.data < 0).any()) for image in images.values())
    with ThreadPoolExecutor(max_workers=2) as pool:
        stripped_each = dict(zip(images, pool.map(is_stripped, images.values()), strict=True))
    stripped = all(stripped_each.values())
    brain = _common_brain(list(images.values())) if stripped else None
    return Recognized(
        stripped=stripped,
        aligned=brain is not None,
        normalized=normalized,
        brain=brain,
        background=background,
        stripped_each=stripped_each,
    )


def _common_brain(volumes: list[Volume]) -> Volume | None:
    """Return the union of the foregrounds if they show one brain on one grid, else ``None``."""
    if any(grid_difference(volumes[0], other) is not None for other in volumes[1:]):
        return None
    masks = [foreground_mask(image) for image in volumes]
    if any(_overlap(masks[0], other) < _SAME_BRAIN for other in masks[1:]):
        return None
    return masks[0].with_data(np.any([mask.data for mask in masks], axis=0))


def _overlap(one: Volume, other: Volume) -> float:
    """Return the Dice coefficient of two masks."""
    both = np.count_nonzero(one.data & other.data)
    return 2.0 * both / (np.count_nonzero(one.data) + np.count_nonzero(other.data))
