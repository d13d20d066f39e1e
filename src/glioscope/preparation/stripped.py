"""Recognize a head whose skull was taken off before it came to us, and find its foreground."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import CaseError, Volume

BORDER_CONSTANT_MIN: Final = 0.75
"""Least share of the outermost voxels with one and the same value; a scanner leaves noise there."""

BRAIN_MIN_ML: Final = 300.0
BRAIN_MAX_ML: Final = 2300.0
"""A foreground larger than any brain (the largest healthy one is about 2 litres) holds a head."""

_COARSE_MM: Final = 2.0
_RISE: Final = 1.4


def background_value(volume: Volume) -> float:
    """Return the commonest value on the six faces of the grid."""
    values, counts = np.unique(_faces(volume.data), return_counts=True)
    return float(values[np.argmax(counts)])


def foreground_mask(volume: Volume) -> Volume:
    """Return all that the constant background does not reach from outside, largest part only.

    Voxels inside the brain that happen to have the value of the background belong to it.
    Meaningful for stripped images (background 0 or any other constant, such as the negative
    one of z-scored data); a scanner's noisy background is foreground here.

    Args:
        volume: Intensities, shape ``(I, J, K)``.

    Returns:
        Boolean mask on the same grid; empty if the image is constant.
    """
    inside = volume.data != volume.data.dtype.type(background_value(volume))
    mask = np.zeros(volume.shape, dtype=bool)
    if not inside.any():
        return volume.with_data(mask)
    box = ndimage.find_objects(inside.astype(np.uint8))[0]
    mask[box] = _largest(_filled(inside[box]))
    return volume.with_data(mask)


def is_stripped(volume: Volume) -> bool:
    """Tell whether the image shows a brain on a constant background, without skull and scalp.

    Three things must hold: the faces of the grid have one constant value, the foreground is
    no larger than a brain, and from its surface inwards there is no bright scalp over a dark
    skull over a bright brain (a small or partly covered head on a masked background).

    Args:
        volume: Intensities, shape ``(I, J, K)``, as read.
    """
    faces = _faces(volume.data)
    constant = volume.data.dtype.type(background_value(volume))
    if np.count_nonzero(faces == constant) < BORDER_CONSTANT_MIN * faces.size:
        return False
    foreground = foreground_mask(volume)
    size_ml = float(np.count_nonzero(foreground.data)) * volume.voxel_volume_ml
    if not BRAIN_MIN_ML <= size_ml <= BRAIN_MAX_ML:
        return False
    return not _has_scalp(volume, foreground.data)


def require_foreground(volume: Volume, *, case_id: str) -> Volume:
    """Return ``foreground_mask``, or refuse an image that has none.

    Args:
        volume: Intensities of a stripped image.
        case_id: Named in the error.

    Raises:
        CaseError: If the image is constant.
    """
    mask = foreground_mask(volume)
    if not mask.data.any():
        msg = f"case {case_id}: the stripped image is constant; give the image before its export"
        raise CaseError(msg)
    return mask


def _faces(data: npt.NDArray[Any]) -> npt.NDArray[Any]:
    sides = [np.moveaxis(data, axis, 0)[end].ravel() for axis in range(3) for end in (0, -1)]
    return np.concatenate(sides)


def _filled(inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Fill what the outside can't reach; the outside goes around the box of the foreground."""
    outside, _ = ndimage.label(np.pad(~inside, 1, constant_values=True))
    reached: npt.NDArray[np.bool_] = outside == outside[0, 0, 0]
    return ~reached[1:-1, 1:-1, 1:-1]


def _largest(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    parts, count = ndimage.label(mask)
    if count <= 1:
        return mask
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray(parts == np.argmax(sizes))


def _has_scalp(volume: Volume, foreground: npt.NDArray[np.bool_]) -> bool:
    """Look for scalp, skull and brain along the depth below the surface of the foreground."""
    steps = tuple(max(1, round(_COARSE_MM / spacing)) for spacing in volume.spacing_mm)
    thin = tuple(slice(None, None, step) for step in steps)
    spacing = [mm * step for mm, step in zip(volume.spacing_mm, steps, strict=True)]
    mask, data = foreground[thin], volume.data[thin].astype(np.float64)
    depth_mm = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    level = data - background_value(volume)
    rings = [(depth_mm > low) & (depth_mm <= low + 3.0) for low in np.arange(0.0, 18.0, 1.5)]
    profile = np.array([np.median(level[ring]) if ring.any() else 0.0 for ring in rings])
    deep = level[depth_mm > 20.0]
    if deep.size == 0:
        return False
    valley = int(np.argmin(profile[2:])) + 2
    floor = max(float(profile[valley]), 0.0)
    scalp, brain = float(profile[:valley].max()), float(np.median(deep))
    return min(scalp, brain) > _RISE * floor
