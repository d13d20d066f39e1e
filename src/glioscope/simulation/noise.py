"""Smooth random fields: nothing in a head is even."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage


def smooth_noise(
    shape: tuple[int, int, int], spacing_mm: float, length_mm: float, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Return a smooth field of mean 0 and standard deviation about 1.

    Args:
        shape: Of the result.
        spacing_mm: Of its grid.
        length_mm: Distance between the random values that it runs through.
        rng: Source of randomness; the field costs the same draws at any spacing that covers the
            same extent.
    """
    points = [max(3, round(n * spacing_mm / length_mm) + 1) for n in shape]
    coarse = rng.normal(0.0, 1.0, points).astype(np.float32)
    coarse = ndimage.zoom(coarse, 2, order=3, mode="nearest", grid_mode=True)
    coarse /= coarse.std()
    zoom = [n / m for n, m in zip(shape, coarse.shape, strict=True)]
    return np.asarray(
        ndimage.zoom(coarse, zoom, order=1, mode="nearest", grid_mode=True), dtype=np.float32
    )
