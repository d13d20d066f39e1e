"""Where the surface of a mask lies between its voxels.

A mask says of each voxel center whether it is inside, no more; its surface is known to half a
voxel.  Where the surface is smooth, a quadratic height function fitted to many crossings
around a point says where it passes to about a tenth of a voxel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

_RADIUS_SHARE: Final = 0.2
_RADIUS_MM: Final = (5.5, 10.0)
_RADIUS_VOX: Final = 2.0
"""Crossings are fitted up to this share of the chord's length, between these limits, for over
that an ellipsoid is still near a parabola; across thick slices two must speak on each side."""

_LARGEST_MOVE_VOX: Final = 1.5
_FLATTEST_PER_MM: Final = 0.005
_ROUGHEST_VOX: Final = 0.6
_FEWEST_CROSSINGS: Final = 12


@dataclass(frozen=True, slots=True)
class Crossings:
    """The middles of all grid edges between a voxel inside and one outside.

    Args:
        points_mm: Shape ``(N, 3)``: index times spacing.
        outwards: Shape ``(N, 3)``: along the edge, out of the mask, unit length.
    """

    points_mm: npt.NDArray[np.float64]
    outwards: npt.NDArray[np.float64]


def find_crossings(
    mask: npt.NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> Crossings:
    """Return every crossing of the surface.

    Args:
        mask: Shape ``(I, J, K)``, with a border of background.
        spacing_mm: Of the voxels.
    """
    points, outwards = [], []
    for axis in range(3):
        lower = np.moveaxis(mask, axis, 0)[:-1]
        upper = np.moveaxis(mask, axis, 0)[1:]
        places = np.moveaxis(lower != upper, 0, axis).nonzero()
        along = np.column_stack(places).astype(np.float64)
        along[:, axis] += 0.5
        points.append(along)
        leaving = np.where(np.moveaxis(lower, 0, axis)[places], 1.0, -1.0)
        outwards.append(leaving[:, None] * np.eye(3)[axis])
    return Crossings(np.concatenate(points) * np.array(spacing_mm), np.concatenate(outwards))


@dataclass(frozen=True, slots=True)
class Frame:
    """Directions at an end of a chord, unit vectors that are perpendicular to each other.

    Args:
        outwards: Along the chord, out of the mask.
        across: Shape ``(2, 3)``.
        free: The end may slide along so many of the directions across, to where the surface
            reaches farthest out: 2 for the longest extent in space, 1 in a plane, 0 where the
            chord must stay on its line.
        chord_mm: Length of the chord.
    """

    outwards: npt.NDArray[np.float64]
    across: npt.NDArray[np.float64]
    free: int
    chord_mm: float


def fitted_end_mm(
    crossings: Crossings,
    *,
    end_mm: npt.NDArray[np.float64],
    frame: Frame,
    spacing_mm: tuple[float, float, float],
) -> npt.NDArray[np.float64]:
    """Return where the end of a chord lies on the smooth surface.

    Fits ``h = c0 + c1 s + c2 t + c3 s^2 + c4 s t + c5 t^2`` to the crossings around the end
    by least squares, near ones weighing more.  Where they are too few or too rough for that,
    the end stays where it was; in no case does it move farther than a voxel.

    Args:
        crossings: Of the surface; those that face the other way are left out, for they belong
            to the far side of a thin part.
        end_mm: Near the surface.
        frame: Directions at the end.
        spacing_mm: Of the voxels.
    """
    moved = end_mm
    # The second fit is centered where the first one found the end.
    for _ in range(1 + (frame.free > 0)):
        moved = moved + _step_mm(crossings, moved, frame, spacing_mm)
    step = moved - end_mm
    limit_mm = _LARGEST_MOVE_VOX * max(spacing_mm)
    length_mm = float(np.linalg.norm(step))
    return np.asarray(end_mm + step * (limit_mm / max(length_mm, limit_mm)))


def _step_mm(
    crossings: Crossings,
    end_mm: npt.NDArray[np.float64],
    frame: Frame,
    spacing_mm: tuple[float, float, float],
) -> npt.NDArray[np.float64]:
    around_mm = float(np.clip(_RADIUS_SHARE * frame.chord_mm, *_RADIUS_MM))
    radius_mm = np.maximum(around_mm, _RADIUS_VOX * np.array(spacing_mm))
    apart = crossings.points_mm - end_mm
    squared = ((apart / radius_mm) ** 2).sum(axis=1)
    near = (squared < 1) & (crossings.outwards @ frame.outwards >= 0)
    if np.count_nonzero(near) < _FEWEST_CROSSINGS:
        return np.zeros(3)
    steps_mm = np.abs(crossings.outwards[near]) @ np.array(spacing_mm)
    weights = np.sqrt(1 - squared[near]) / steps_mm
    height = apart[near] @ frame.outwards
    s, t = frame.across @ apart[near].T
    terms = np.column_stack([np.ones_like(s), s, t, s * s, s * t, t * t])
    fit, _, rank, _ = np.linalg.lstsq(terms * weights[:, None], height * weights)
    rough_vox = np.sqrt(np.average(((height - terms @ fit) / steps_mm) ** 2, weights=weights))
    if rank < terms.shape[1] or rough_vox > _ROUGHEST_VOX:
        return np.zeros(3)
    slide = _summit(fit, frame.free, limit_mm=_LARGEST_MOVE_VOX * max(spacing_mm))
    rise = fit[0] + slide @ fit[1:3] + slide @ _curvature(fit) @ slide / 2
    return np.asarray(rise * frame.outwards + slide @ frame.across)


def _summit(fit: npt.NDArray[np.float64], free: int, *, limit_mm: float) -> npt.NDArray[np.float64]:
    """Return where the fitted surface reaches farthest out, not beyond a limit."""
    slide = np.zeros(2)
    curvature = _curvature(fit)[:free, :free]
    if free and np.linalg.eigvalsh(curvature).max() < -_FLATTEST_PER_MM:
        slide[:free] = np.linalg.solve(curvature, -fit[1 : 1 + free])
    length_mm = float(np.linalg.norm(slide))
    return slide * (limit_mm / max(length_mm, limit_mm))


def _curvature(fit: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.array([[2 * fit[3], fit[4]], [fit[4], 2 * fit[5]]])
