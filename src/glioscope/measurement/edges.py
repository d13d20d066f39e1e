"""Where the surface of a mask lies between its voxels.

A mask says of each voxel center whether it is inside, no more; its surface is known to half a
voxel.  Where the surface is smooth, a quadratic height function fitted to many crossings
around a point says where it passes to about a tenth of a voxel.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

_RADIUS_VOX: Final = 5.0
"""Crossings up to here are fitted; over 5 voxels a tumor of 10 mm is still near a parabola."""

_LARGEST_MOVE_MM: Final = 0.75
_ROUGHEST_MM: Final = 0.6
_FEWEST_CROSSINGS: Final = 12


def crossings_mm(
    mask: npt.NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> npt.NDArray[np.float64]:
    """Return the middle of every grid edge between a voxel inside and one outside.

    Args:
        mask: Shape ``(I, J, K)``, with a border of background.
        spacing_mm: Of the voxels.

    Returns:
        Shape ``(N, 3)``: index times spacing, mm.
    """
    points = []
    for axis in range(3):
        lower = np.moveaxis(mask, axis, 0)[:-1]
        upper = np.moveaxis(mask, axis, 0)[1:]
        places = np.moveaxis(lower != upper, 0, axis).nonzero()
        along = np.column_stack(places).astype(np.float64)
        along[:, axis] += 0.5
        points.append(along)
    return np.asarray(np.concatenate(points) * np.array(spacing_mm))


def surface_offset_mm(
    crossings: npt.NDArray[np.float64],
    *,
    end_mm: npt.NDArray[np.float64],
    outwards: npt.NDArray[np.float64],
    spacing_mm: tuple[float, float, float],
) -> float:
    """Return how far beyond a point the surface passes, along a direction.

    Fits ``h = c0 + c1 s + c2 t + c3 s^2 + c4 s t + c5 t^2`` to the crossings around the point
    by least squares, near ones weighing more, and returns ``c0``.  Where the crossings are too
    few or too rough for that, 0: the point stays where it was.

    Args:
        crossings: Shape ``(N, 3)``, mm.
        end_mm: The point, near the surface.
        outwards: Unit vector out of the mask.
        spacing_mm: Of the voxels.
    """
    radius_mm = _RADIUS_VOX * np.maximum(np.array(spacing_mm), 1.0)
    apart = crossings - end_mm
    squared = ((apart / radius_mm) ** 2).sum(axis=1)
    near = squared < 1
    if np.count_nonzero(near) < _FEWEST_CROSSINGS:
        return 0.0
    weights = np.sqrt(1 - squared[near])
    height = apart[near] @ outwards
    terms = _quadratic_terms(apart[near], outwards)
    fit, _, rank, _ = np.linalg.lstsq(terms * weights[:, None], height * weights)
    rough = np.sqrt(np.average((height - terms @ fit) ** 2, weights=weights))
    if rank < terms.shape[1] or rough > _ROUGHEST_MM:
        return 0.0
    return float(np.clip(fit[0], -_LARGEST_MOVE_MM, _LARGEST_MOVE_MM))


def _quadratic_terms(
    apart: npt.NDArray[np.float64], outwards: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    helper = np.eye(3)[int(np.abs(outwards).argmin())]
    across = np.cross(outwards, helper)
    across /= np.linalg.norm(across)
    s, t = apart @ across, apart @ np.cross(outwards, across)
    return np.column_stack([np.ones_like(s), s, t, s * s, s * t, t * t])
