"""The two points of a cloud that lie farthest apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import cdist


def farthest_pair(
    points: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return both ends of the diameter of a point cloud.

    Args:
        points: Shape ``(N, D)``, at least one.
    """
    corners = _hull(points)
    squared = cdist(corners, corners, "sqeuclidean")
    one, other = np.unravel_index(int(squared.argmax()), squared.shape)
    return corners[one], corners[other]


def _hull(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    if len(points) <= points.shape[1] + 1:
        return points
    try:
        return np.asarray(points[ConvexHull(points).vertices])
    except QhullError:
        # All points lie in one plane or on one line: such a cloud has few points.
        return np.unique(points, axis=0)
