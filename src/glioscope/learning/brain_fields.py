"""Random smooth fields, random contrasts and random warps for heads, drawn from one generator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from glioscope.preparation.brain import WINDOW_SHAPE

MIDDLE: Final = (torch.tensor(WINDOW_SHAPE) - 1) / 2


def smooth_field(rng: np.random.Generator, points: int, *, shape: Sequence[int]) -> Tensor:
    """Return noise of unit scale with ``points`` control points along each axis, given a shape."""
    control = torch.tensor(rng.standard_normal((1, 1, points, points, points)), dtype=torch.float32)
    grown = functional.interpolate(control, tuple(shape), mode="trilinear", align_corners=True)
    return grown[0, 0]


def random_curve(rng: np.random.Generator, *, knots: int = 6) -> Tensor:
    """Return the values of a random, not always rising, intensity curve from 0 to 1.25."""
    rising = torch.linspace(0, 1.25, knots)
    values = torch.tensor(rng.uniform(0, 1.25, knots), dtype=torch.float32)
    return torch.lerp(rising, values, float(rng.uniform(0.2, 1.0)))


def through_curve(image: Tensor, curve: Tensor) -> Tensor:
    """Map intensities through a curve, linear between its knots."""
    last = curve.numel() - 1
    place = (image / 1.25).clamp(0, 0.9999) * last
    lower = place.floor().long()
    return torch.lerp(curve[lower], curve[lower + 1], place - lower)


def random_points(rng: np.random.Generator, *, center: Tensor) -> Tensor:
    """Draw a warp: for each voxel of the window the place in a subject it is taken from.

    Turned up to 20 degrees (25 of nodding), scaled by 0.85 to 1.18, sheared, mirrored, shifted up
    to 12 mm and bent by a few millimetres.

    Args:
        rng: Its only source of chance.
        center: Place of the subject, voxels, that comes to lie at the window's middle, ``(3,)``.

    Returns:
        Voxel indices into the subject, shape ``(I, J, K, 3)``.
    """
    turn = _rotation(rng.uniform(-1, 1, 3) * np.array([25.0, 15.0, 20.0]))
    scale = np.diag(rng.uniform(0.9, 1.12, 3) * rng.uniform(0.94, 1.06))
    shear = np.eye(3) + np.triu(rng.uniform(-0.06, 0.06, (3, 3)), 1)
    mirror = np.diag([float(rng.choice((-1.0, 1.0))), 1.0, 1.0])
    matrix = torch.tensor(turn @ scale @ shear @ mirror, dtype=torch.float32)
    axes = torch.meshgrid(
        *[torch.arange(n, dtype=torch.float32) for n in WINDOW_SHAPE], indexing="ij"
    )
    shift = torch.tensor(rng.uniform(-5, 5, 3), dtype=torch.float32)
    points = (torch.stack(axes, -1) - MIDDLE - shift) @ matrix.T + center
    bend = float(rng.uniform(0, 1.8))
    for axis in range(3):
        points[..., axis] += bend * smooth_field(rng, 6, shape=WINDOW_SHAPE)
    return points


def taken(channels: Tensor, points: Tensor, *, mode: str = "bilinear") -> Tensor:
    """Sample channels, shape ``(C, I, J, K)``, at voxel indices; 0 outside."""
    size = torch.tensor(channels.shape[1:], dtype=torch.float32)
    normal = (2 * points / (size - 1) - 1).flip(-1)
    return functional.grid_sample(
        channels.float()[None], normal[None], mode=mode, align_corners=True
    )[0]


def _rotation(angles_deg: np.ndarray) -> np.ndarray:
    matrix = np.eye(3)
    for axis, angle_deg in enumerate(angles_deg):
        cosine, sine = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
        one, other = (axis + 1) % 3, (axis + 2) % 3
        turn = np.eye(3)
        turn[one, one], turn[one, other] = cosine, -sine
        turn[other, one], turn[other, other] = sine, cosine
        matrix = matrix @ turn
    return matrix
