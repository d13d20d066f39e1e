"""Everything of a head that is no brain, put around a real brain: for training only.

A shell model: fluid, dura, skull with marrow, fat, skin; below them a face and a neck of muscle,
fat, bone and air in random patches, eyes, sinuses, the spinal cord.  It need not pass for a scan;
it must be varied enough that a network which finds the brain in all of them finds it in a scan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from glioscope.learning.brain_bank import BrainSubject
from glioscope.learning.brain_fields import smooth_field
from glioscope.preparation.brain import SPACING_MM, WINDOW_SHAPE

Paint = Callable[[str, Tensor], None]
"""Gives a tissue to the voxels of a mask."""

TISSUES: Final = (
    "air", "muscle", "fat", "skin", "bone", "marrow", "fluid", "dura", "eye", "vessel", "cord",
)  # fmt: skip

CONTRASTS: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "t1": (
        (0.0, 0.03), (0.4, 0.8), (0.9, 1.9), (0.4, 1.2), (0.03, 0.25), (0.5, 1.5),
        (0.1, 0.45), (0.2, 0.8), (0.1, 0.4), (0.1, 1.2), (0.7, 1.1),
    ),
    "t1c": (
        (0.0, 0.03), (0.4, 1.0), (0.8, 1.8), (0.4, 1.2), (0.03, 0.25), (0.5, 1.5),
        (0.1, 0.45), (0.4, 1.6), (0.1, 0.4), (1.0, 2.2), (0.7, 1.1),
    ),
    "t2": (
        (0.0, 0.03), (0.15, 0.6), (0.5, 1.6), (0.3, 1.0), (0.02, 0.25), (0.3, 1.2),
        (1.3, 2.4), (0.1, 1.0), (1.3, 2.4), (0.05, 2.0), (0.7, 1.1),
    ),
    "flair": (
        (0.0, 0.03), (0.3, 0.9), (0.5, 1.7), (0.4, 1.2), (0.03, 0.3), (0.4, 1.3),
        (0.05, 0.5), (0.1, 0.9), (0.05, 0.5), (0.05, 1.2), (0.7, 1.1),
    ),
}  # fmt: skip
"""Range of each tissue's intensity relative to the middle of the brain, as seen in scans."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """Where each voxel of the window lies in the head of a subject, mm.

    Args:
        right: From the middle of the brain.
        front: In front of the brain's front end.
        up: Above the lowest end of the brain.
        behind: In front of the lower end of the brainstem.
        depth: Outside the brain.
    """

    right: Tensor
    front: Tensor
    up: Tensor
    behind: Tensor
    depth: Tensor


def place_of(subject: BrainSubject) -> Place:
    """Return the place of each voxel of a subject's window."""
    low, high = subject.box.float()
    lowest = int(low[2])
    stem = subject.brain[0, :, :, lowest : lowest + 3].float().sum(-1) > 1.0
    at = torch.argwhere(stem).float().mean(0) if bool(stem.any()) else (low + high)[:2] / 2
    axes = [torch.arange(n, dtype=torch.float32) for n in WINDOW_SHAPE]
    x, y, z = (SPACING_MM * axis for axis in torch.meshgrid(*axes, indexing="ij"))
    return Place(
        right=x - SPACING_MM * (low[0] + high[0]) / 2,
        front=y - SPACING_MM * high[1],
        up=z - SPACING_MM * low[2],
        behind=y - SPACING_MM * at[1],
        depth=subject.depth_mm[0].float(),
    )


def painted(tissue: Tensor, contrast: Tensor, rng: np.random.Generator) -> Tensor:
    """Give each tissue its intensity and a texture.

    Args:
        tissue: Index into ``TISSUES``, int64, any shape of three axes.
        contrast: Intensity of each of ``TISSUES``.
        rng: The texture is drawn from it.
    """
    texture = torch.ones(tissue.shape)
    for points in (8, 30):
        texture += float(rng.uniform(0, 0.2)) * smooth_field(rng, points, shape=tissue.shape)
    return contrast[tissue] * texture.clamp(0.2, 2.0)


def random_contrast(name: str, rng: np.random.Generator) -> Tensor:
    """Draw the intensity of each tissue, as in a sequence or (any other name) at random."""
    ranges = CONTRASTS.get(name, ((0.0, 0.2), *[(0.0, 1.8)] * (len(TISSUES) - 1)))
    return torch.tensor([rng.uniform(*pair) for pair in ranges], dtype=torch.float32)


def drawn_tissues(place: Place, rng: np.random.Generator) -> Tensor:
    """Draw all that is not brain around a brain.

    Returns:
        Index into ``TISSUES`` of each voxel, uint8; meaningless where the brain is.
    """
    shape = place.depth.shape
    wobble = smooth_field(rng, 10, shape=shape)
    depth = place.depth + float(rng.uniform(0, 1.2)) * wobble
    fluid, skull = max(0.0, rng.uniform(-1.5, 3.5)), rng.uniform(3.0, 9.0)
    scalp = rng.uniform(3.0, 10.0)
    surface = _surface(place, depth, fluid + skull + scalp, rng)
    tissue = torch.zeros(shape, dtype=torch.long)

    def paint(name: str, where: Tensor) -> None:
        tissue[where] = TISSUES.index(name)

    paint("muscle", surface < 0)
    _patches(paint, surface, place, rng)
    fat_mm = float(rng.uniform(0.5, 7.0))
    paint("fat", (surface < -1.5) & (surface > -1.5 - fat_mm))
    paint("skin", (surface < 0) & (surface >= -1.5))
    _organs(paint, place, rng)
    gap = (wobble > 1.6) & (place.up < 35)
    paint("bone", (depth > fluid) & (depth <= fluid + skull) & ~gap)
    spongy = smooth_field(rng, 12, shape=shape) > float(rng.uniform(-1.5, 1.5))
    core = (depth > fluid + 0.25 * skull) & (depth < fluid + 0.75 * skull)
    paint("marrow", core & spongy)
    paint("fluid", depth <= fluid)
    paint("dura", (depth <= fluid) & (depth > fluid - float(rng.uniform(0, 2.5))))
    _vessels(paint, place, depth, fluid, rng)
    _cord(paint, place, rng)
    return tissue.to(torch.uint8)


def _surface(place: Place, depth: Tensor, vault_mm: float, rng: np.random.Generator) -> Tensor:
    """Return about the distance from the skin, mm, negative inside the head."""
    radii = [rng.uniform(55, 75), rng.uniform(60, 95), rng.uniform(70, 120)]
    middle = (0.0, rng.uniform(-65, -35), rng.uniform(-15, 25))
    face = _ellipsoid(place, middle, radii)
    neck_mm = float(rng.uniform(45, 68))
    neck = torch.hypot(place.right, place.behind - float(rng.uniform(-10, 25))) - neck_mm
    neck = torch.where(place.up < 45, neck, torch.full_like(neck, 99.0))
    return torch.minimum(torch.minimum(depth - vault_mm, face), neck)


def _ellipsoid(place: Place, middle: tuple[float, float, float], radii: list[float]) -> Tensor:
    parts = zip((place.right, place.front, place.up), middle, radii, strict=True)
    squares: list[Tensor] = [((axis - mid) / radius) ** 2 for axis, mid, radius in parts]
    distance: Tensor = ((squares[0] + squares[1] + squares[2]).sqrt() - 1) * min(radii)
    return distance


def _patches(paint: Paint, surface: Tensor, place: Place, rng: np.random.Generator) -> None:
    """Break the muscle of face and neck up into fat, bone, vessels and air."""
    inside = surface < -3
    for name, threshold in (("fat", 0.5), ("bone", 1.0), ("marrow", 1.2), ("vessel", 1.6)):
        points = int(rng.integers(10, 30))
        field = smooth_field(rng, points, shape=surface.shape)
        paint(name, inside & (field > 0.7 * (threshold + float(rng.uniform(-0.3, 0.5)))))
    central = (place.right.abs() < 45) & (place.front > -90)
    hollow = smooth_field(rng, 16, shape=surface.shape) > float(rng.uniform(0.3, 1.0))
    paint("air", inside & central & hollow)


def _organs(paint: Paint, place: Place, rng: np.random.Generator) -> None:
    lift = float(rng.uniform(-8, 8))
    cavities = (
        ((0.0, -10.0, 15.0), (14.0, 35.0, 28.0)),
        ((0.0, 2.0, 58.0), (18.0, 6.0, 10.0)),
        ((0.0, -62.0, 32.0), (14.0, 12.0, 11.0)),
        ((30.0, -15.0, 8.0), (14.0, 16.0, 18.0)),
        ((-30.0, -15.0, 8.0), (14.0, 16.0, 18.0)),
        ((0.0, -75.0, -25.0), (11.0, 9.0, 45.0)),
        ((52.0, -105.0, 22.0), (10.0, 14.0, 16.0)),
        ((-52.0, -105.0, 22.0), (10.0, 14.0, 16.0)),
    )
    spotted = smooth_field(rng, 40, shape=place.up.shape)
    for middle, radii in cavities:
        if rng.random() < 0.75:
            size = [radius * float(rng.uniform(0.5, 1.2)) for radius in radii]
            where = _ellipsoid(place, (middle[0], middle[1], middle[2] + lift), size) < 0
            paint("air", where & (spotted < float(rng.uniform(0.0, 2.0))))
    forward, aside = float(rng.uniform(-18, 2)), float(rng.uniform(28, 34))
    for side in (-aside, aside):
        orbit = (side, forward - 12, 44 + lift)
        paint("fat", _ellipsoid(place, orbit, [18.0, 26.0, 17.0]) < 0)
        paint("eye", _ellipsoid(place, (side, forward, 44 + lift), [12.0, 12.0, 12.0]) < 0)


def _vessels(
    paint: Paint, place: Place, depth: Tensor, fluid: float, rng: np.random.Generator
) -> None:
    """Paint the sagittal sinus, and blots of the venous sinuses and arteries near the dura."""
    width = float(rng.uniform(2, 6))
    sinus = (place.right.abs() < width) & (place.up > 40) & (place.front < -20)
    paint("vessel", sinus & (depth > 0.5) & (depth < fluid + width))
    blots = smooth_field(rng, 14, shape=depth.shape) > float(rng.uniform(0.7, 1.6))
    paint("vessel", blots & (depth > fluid - 2) & (depth < fluid + 4) & (place.up < 70))


def _cord(paint: Paint, place: Place, rng: np.random.Generator) -> None:
    """Let the brainstem go on as the spinal cord, which is no brain."""
    across = torch.hypot(place.right, place.behind + 0.15 * place.up.clamp(max=0))
    radius = float(rng.uniform(5, 9))
    below = place.up < 4
    paint("bone", below & (across < radius + 16) & (across > radius + 9))
    paint("fluid", below & (across < radius + float(rng.uniform(2, 6))))
    paint("cord", below & (across < radius))
