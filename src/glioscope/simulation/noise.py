"""Smooth random fields: nothing in a head is even."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Floats = npt.NDArray[np.float32]


def smooth_noise(
    shape: tuple[int, int, int], spacing_mm: float, length_mm: float, rng: np.random.Generator
) -> Floats:
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
    return upsampled(np.asarray(coarse / coarse.std(), dtype=np.float32), shape)


def upsampled(coarse: Floats, shape: tuple[int, int, int]) -> Floats:
    """Return a field on a finer grid of the same extent, linear, one axis after the other.

    Args:
        coarse: float32.
        shape: Of the result; its outermost voxels lie up to half a coarse one outside, and repeat
            the edge.
    """
    for axis, (few, many) in enumerate(zip(coarse.shape, shape, strict=True)):
        place = (np.arange(many) + 0.5) * few / many - 0.5
        coarse = linear(coarse, place, axis)
    return coarse


def linear(data: Floats, place: npt.NDArray[np.float64], axis: int) -> Floats:
    """Return values at fractional indices along one axis; the edge repeats outside."""
    place = place.clip(0.0, data.shape[axis] - 1)
    low = np.minimum(place.astype(np.intp), max(data.shape[axis] - 2, 0))
    high = np.minimum(low + 1, data.shape[axis] - 1)
    weight = (place - low).astype(np.float32)
    weight = weight.reshape([-1 if one == axis else 1 for one in range(3)])
    below = data.take(low, axis=axis)
    above = data.take(high, axis=axis)
    above -= below
    above *= weight
    above += below
    return np.asarray(above, dtype=np.float32)
