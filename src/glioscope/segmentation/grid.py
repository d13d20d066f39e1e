"""The coarser grid around the brain that a network sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from glioscope.core import CaseError, Volume

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkGrid:
    """A box of the case's grid, at the network's spacing.

    Voxel ``n`` of the network lies at voxel ``start + n * step`` of the case, along each axis.

    Args:
        start: First voxel on the case's grid; may be negative (padding).
        step: Network spacing over case spacing, along each axis.
        shape: Voxels of the network's grid, multiples of its stride.
    """

    start: tuple[float, float, float]
    step: tuple[float, float, float]
    shape: tuple[int, int, int]

    @classmethod
    def around(cls, brain: Volume, *, spacing_mm: float, margin_mm: float, stride: int) -> Self:
        """Return the smallest grid that holds the brain and a margin.

        Args:
            brain: Boolean mask on the case's grid.
            spacing_mm: Of the network.
            margin_mm: Left around the brain on each side.
            stride: The shape is rounded up to multiples of it, the surplus on both sides.

        Raises:
            CaseError: If the mask is empty.
        """
        if not brain.data.any():
            msg = "the brain mask is empty; give one with --brain-mask"
            raise CaseError(msg)
        start, step, shape = [], [], []
        for axis in range(3):
            others = tuple(other for other in range(3) if other != axis)
            inside = np.flatnonzero(brain.data.any(axis=others))
            ratio = spacing_mm / brain.spacing_mm[axis]
            margin = margin_mm / brain.spacing_mm[axis]
            extent = float(inside[-1] - inside[0]) + 2 * margin
            count = int(np.ceil((np.ceil(extent / ratio) + 1) / stride)) * stride
            start.append(float(inside[0]) - margin - ((count - 1) * ratio - extent) / 2)
            step.append(ratio)
            shape.append(count)
        return cls(
            start=(start[0], start[1], start[2]),
            step=(step[0], step[1], step[2]),
            shape=(shape[0], shape[1], shape[2]),
        )

    def from_case(self, data: Array) -> Array:
        """Sample case voxels, shape ``(I, J, K)``, onto this grid; 0 outside, linear."""
        axes = zip(self.start, self.step, self.shape, data.shape, strict=True)
        return _sampled(data, [_weights(a + b * np.arange(n), size) for a, b, n, size in axes])

    def to_case(self, data: Array, *, like: Volume) -> Array:
        """Sample network voxels onto the whole grid of the case; 0 outside, linear."""
        axes = zip(self.start, self.step, self.shape, like.shape, strict=True)
        return _sampled(data, [_weights((np.arange(n) - a) / b, size) for a, b, size, n in axes])


def _sampled(data: Array, weights: list[Array]) -> Array:
    """Interpolate along one axis after another, each a product with its weights.

    Three matrix products take a tenth of the time of a general affine resampling.
    """
    for matrix in weights:
        # the axis at hand is always the first; its result goes to the back
        data = np.tensordot(data, matrix, axes=(0, 1))
    return np.ascontiguousarray(data, dtype=np.float32)


def _weights(positions: npt.NDArray[np.floating[Any]], size: int) -> Array:
    """Weights of linear interpolation, shape ``(len(positions), size)``; rows outside are 0."""
    weights = np.zeros((len(positions), size), dtype=np.float32)
    inside = np.flatnonzero((positions >= 0) & (positions <= size - 1))
    below = np.minimum(np.floor(positions[inside]).astype(int), max(size - 2, 0))
    fraction = positions[inside] - below
    weights[inside, below] = 1.0 - fraction
    weights[inside, np.minimum(below + 1, size - 1)] += fraction
    return weights
