"""The outline of a region on a slice as closed polygons without holes.

A hole is joined to its outline by a channel without width, there and back (the keyhole of PS3.3
C.8.8.6.3): every reader of structure sets, old or new, fills such a polygon alike, by the even-odd
rule as by the winding rule, while polygons inside polygons are read in different ways.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import find_objects, label
from scipy.spatial import cKDTree
from skimage.measure import find_contours

Points = npt.NDArray[np.float64]

_STRAIGHT: Final = 1e-6
"""A turn by less (the area that two steps span, in voxels) is none; points are halves of voxels."""

_OUTER_END: Final = 0.3819660112501051
_INNER_END: Final = 0.5549581320873712
"""How far along a side a channel ends: at no simple fraction, so that it meets no voxel's center.
Whether a center on the edge of a polygon lies inside is each program's own choice."""


def polygons(mask: npt.NDArray[np.bool_]) -> list[Points]:
    """Return a polygon for each part of a mask whose voxels touch along their sides.

    The outline runs halfway between the centers of voxels inside and outside, so that just the
    centers of the mask's voxels lie inside.

    Args:
        mask: Shape ``(I, J)``.

    Returns:
        Of each, its points in voxel indices, shape ``(N, 2)``, the first not repeated.
    """
    parts, _ = label(mask)
    boxes = enumerate(find_objects(parts), start=1)
    return [
        _corners(_keyhole(_outlines(parts[box] == part))) + np.array([side.start for side in box])
        for part, box in boxes
    ]


def _outlines(part: npt.NDArray[np.bool_]) -> list[Points]:
    """Return the outline of one part, then those of its holes, which run the other way round."""
    found = find_contours(np.pad(part.astype(np.float64), 1), 0.5)
    return sorted(
        (_corners(one[:-1] - 1.0) for one in found), key=lambda points: -abs(_area(points))
    )


def _corners(points: Points) -> Points:
    """Leave out the points on a straight line between their neighbors; they say nothing."""
    before = points - np.roll(points, 1, axis=0)
    after = np.roll(points, -1, axis=0) - points
    turn = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    return points[np.abs(turn) > _STRAIGHT]


def _keyhole(outlines: list[Points]) -> Points:
    """Join holes to the outline, the nearest first, so that no channel crosses another."""
    joined, *holes = outlines
    while holes:
        ends = _along(joined, _OUTER_END)
        tree = cKDTree(ends)
        starts = [_along(hole, _INNER_END) for hole in holes]
        choice = int(np.argmin([np.min(tree.query(one)[0]) for one in starts]))
        hole, start = holes.pop(choice), starts[choice]
        distances, nearest = (np.asarray(found) for found in tree.query(start))
        inner = int(distances.argmin())
        outer = int(nearest[inner])
        joined = np.concatenate(
            [
                joined[: outer + 1],
                [ends[outer], start[inner]],
                np.roll(hole, -inner - 1, axis=0),
                [start[inner], ends[outer]],
                joined[outer + 1 :],
            ]
        )
    return joined


def _along(points: Points, share: float) -> Points:
    """Return a point on each side of a polygon."""
    return points + share * (np.roll(points, -1, axis=0) - points)


def _area(points: Points) -> float:
    """Return the signed area of a polygon (the shoelace formula)."""
    i, j = points.T
    return float(i @ np.roll(j, -1) - j @ np.roll(i, -1)) / 2.0
