"""Turn, scale, mirror, shift and bend a brain."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from glioscope.learning.sample import SPACING_MM, Sample

CONTROL_POINTS = (6, 7, 6)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpatialDraw:
    """One drawn change.

    Args:
        linear: Shape ``(3, 3)``: voxel offsets from the centre of the result to voxel offsets from
            the centre of the sample; ``None`` for neither turn, scale nor bend (then nothing is
            interpolated).
        bend_vox: Shape ``(3, 6, 7, 6)``: displacements of control points over the result, voxels.
        flip: Array axes to mirror, counted with the channels as 0.
        shift_vox: Whole voxels.
    """

    linear: Tensor | None
    bend_vox: Tensor
    flip: tuple[int, ...]
    shift_vox: tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spatial:
    """Random affine and smooth bend onto a grid of fixed shape.

    Args:
        shape: Of the result, voxels; what lies beyond the sample is 0.  ``None`` keeps each
            sample's own.
        angle_deg: Standard deviation of the turn about each axis.
        scale: Standard deviation of the logarithm of the scale, along each axis.
        shift_mm: Standard deviation of the shift along each axis.
        bend_mm: Standard deviation of the displacement of a control point.
        probability: Of turn, scale and bend together; flips and shifts have their own.
        mirror: Probability of a flip along each axis (left-right first).
        spacing_mm: Of the samples' voxels.
    """

    shape: tuple[int, int, int] | None = (96, 112, 96)
    angle_deg: float = 10.0
    scale: float = 0.08
    shift_mm: float = 5.0
    bend_mm: float = 3.0
    probability: float = 0.5
    mirror: tuple[float, float, float] = (0.5, 0.1, 0.1)
    spacing_mm: float = SPACING_MM

    def draw(self, rng: np.random.Generator) -> SpatialDraw:
        """Draw one change."""
        changed = float(rng.random() < self.probability)
        turn = _rotation(changed * np.radians(rng.normal(0, self.angle_deg, 3)))
        size = np.exp(changed * rng.normal(0, self.scale, 3))
        flip = np.where(rng.random(3) < np.array(self.mirror), -1, 1)
        shift = rng.normal(0, self.shift_mm / self.spacing_mm, 3).round()
        bend = changed * rng.normal(0, self.bend_mm / self.spacing_mm, (3, *CONTROL_POINTS))
        return SpatialDraw(
            linear=torch.tensor(turn * size, dtype=torch.float32) if changed else None,
            bend_vox=torch.tensor(bend, dtype=torch.float32),
            flip=tuple(int(axis) + 1 for axis in np.flatnonzero(flip < 0)),
            shift_vox=(int(shift[0]), int(shift[1]), int(shift[2])),
        )

    def __call__(self, sample: Sample, draw: SpatialDraw) -> Sample:
        """Return the changed sample on the grid of ``shape``."""
        i, j, k = self.shape or sample.image.shape[1:]
        shape = (i, j, k)
        there = torch.nonzero(sample.presence)[:, 0]
        stack = torch.cat([sample.image[there], sample.regions, sample.brain])
        if draw.flip:
            stack = stack.flip(draw.flip)
        moved = crop(stack, shape, shift_vox=draw.shift_vox)
        if draw.linear is not None:
            places = _places(draw.linear, draw.bend_vox, shape)
            moved = functional.grid_sample(moved[None], places[None], align_corners=True)[0]
        shown, regions, brain = torch.split(moved, [len(there), len(sample.regions), 1])
        image = torch.zeros(len(sample.presence), *shape)
        image[there] = shown
        return replace(sample, image=image, regions=regions, brain=brain)


def crop(
    stack: Tensor, shape: tuple[int, int, int], *, shift_vox: tuple[int, int, int] = (0, 0, 0)
) -> Tensor:
    """Cut or pad with 0 about the centre, moved by whole voxels; shape ``(C, I, J, K)``."""
    pad: list[int] = []
    for size, wanted, shift in zip(stack.shape[:0:-1], shape[::-1], shift_vox[::-1], strict=True):
        before = (wanted - size) // 2 + shift
        pad += [before, wanted - size - before]
    return functional.pad(stack, pad)


def _rotation(angles_rad: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    result = np.eye(3)
    for axis, angle in enumerate(angles_rad):
        turn = np.eye(3)
        one, two = (axis + 1) % 3, (axis + 2) % 3
        turn[one, one] = turn[two, two] = math.cos(angle)
        turn[one, two], turn[two, one] = -math.sin(angle), math.sin(angle)
        result = result @ turn
    return result


def _places(linear: Tensor, bend_vox: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Sampling positions for ``grid_sample``, shape ``(I, J, K, 3)``, in its K-J-I order.

    They are computed at the control points and interpolated: exact for what is linear.
    """
    half = torch.tensor([(n - 1) / 2 for n in shape])[:, None, None, None]
    axes = [torch.linspace(-1, 1, count) for count in bend_vox.shape[1:]]
    offsets = torch.stack(torch.meshgrid(*axes, indexing="ij")) * half + bend_vox
    places = torch.einsum("ab,bijk->aijk", linear, offsets) / half
    whole = functional.interpolate(
        places.flip(0)[None], size=shape, mode="trilinear", align_corners=True
    )
    return whole[0].permute(1, 2, 3, 0)
