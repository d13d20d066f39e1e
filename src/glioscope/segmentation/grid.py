"""The coarser grid around the brain that a network sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import ndimage

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
        return np.asarray(
            ndimage.affine_transform(
                data, self.step, self.start, output_shape=self.shape, order=1, output=np.float32
            )
        )

    def to_case(self, data: Array, *, like: Volume) -> Array:
        """Sample network voxels onto the whole grid of the case; 0 outside, linear."""
        result = np.zeros(like.shape, dtype=np.float32)
        low = [max(0, int(np.ceil(first))) for first in self.start]
        high = [
            min(size, int(np.floor(first + (count - 1) * ratio)) + 1)
            for size, first, count, ratio in zip(
                like.shape, self.start, self.shape, self.step, strict=True
            )
        ]
        box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        matrix = [1.0 / ratio for ratio in self.step]
        offset = [(a - first) / r for a, first, r in zip(low, self.start, self.step, strict=True)]
        size = tuple(b - a for a, b in zip(low, high, strict=True))
        result[box] = ndimage.affine_transform(
            data, matrix, offset, output_shape=size, order=1, output=np.float32
        )
        return result
