"""How much of the skin of a face a mask leaves standing."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.filters import threshold_otsu

from glioscope.core import Volume

Mask = npt.NDArray[np.bool_]

_AIR_SHARE: Final = 0.5
"""Of Otsu's threshold: dark skin and fat-suppressed scalp count as head."""

_BALL_MM: Final = 6.0
_FINE_ENOUGH_MM: Final = 2.0

_SKIN_MM: Final = 3.0
"""Depth of the layer that is counted as skin."""


def skin(head: Volume) -> Volume:
    """Return the outermost layer of a head, where it meets the air around it.

    Cavities do not count, nor does the edge of the field of view, where tissue is cut.

    Args:
        head: Intensities of a head with its scalp.

    Returns:
        Bool mask on the same grid; empty if the image is constant.
    """
    if float(head.data.min()) == float(head.data.max()):
        return head.with_data(np.zeros(head.shape, dtype=bool))
    tissue = _tissue(head)
    air = _around(tissue, head.spacing_mm)
    depth_mm = ndimage.distance_transform_edt(~air, sampling=head.spacing_mm)
    reach_mm = max(_SKIN_MM, 1.01 * min(head.spacing_mm))
    return head.with_data(tissue & (depth_mm <= reach_mm))


def thinned(volume: Volume) -> Volume:
    """Return every n-th voxel, 2 mm apart at most: enough to count skin, and fast."""
    i, j, k = (max(1, int(_FINE_ENOUGH_MM / mm)) for mm in volume.spacing_mm)
    affine = volume.affine @ np.diag([i, j, k, 1.0])
    return Volume(data=volume.data[::i, ::j, ::k], affine=affine)


def left_percent(skin_of_face: Mask, erased: Mask) -> float | None:
    """Return how much of the skin of a face is not erased; ``None`` if none is in view."""
    total = np.count_nonzero(skin_of_face)
    if not total:
        return None
    return 100.0 * float(np.count_nonzero(skin_of_face & ~erased)) / float(total)


def _tissue(head: Volume) -> Mask:
    low, high = np.percentile(head.data, (0.5, 99.0))
    clipped = head.data.clip(low, high)
    level = float(low) + _AIR_SHARE * (float(threshold_otsu(clipped)) - float(low))
    return np.asarray(ndimage.binary_opening(clipped > level))


def _around(tissue: Mask, spacing_mm: tuple[float, float, float]) -> Mask:
    """Return the air around the head, where a ball of 6 mm can reach: not nostrils, not bone."""
    away_mm = ndimage.distance_transform_edt(~tissue, sampling=spacing_mm)
    parts, count = ndimage.label(away_mm > _BALL_MM)
    if count == 0:
        return np.zeros_like(tissue)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    open_air = parts == np.argmax(sizes)
    near = ndimage.distance_transform_edt(~open_air, sampling=spacing_mm) <= _BALL_MM
    return np.asarray(near & ~tissue)
