"""Find the brain in one head, whatever its sequence, spacing and orientation.

A small network of ours looks at the head on a fixed grid of 2.5 mm whose axes are those of the
world; the sources and figures of its training stand in its card (`weights/brain/card.md`).
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import CaseError, Volume
from glioscope.networks.inference import Network, load_network
from glioscope.preparation.grid import resampled

SPACING_MM: Final = 2.5
WINDOW_SHAPE: Final = (80, 96, 80)
"""Voxels of the window that the network sees: 200 x 240 x 200 mm."""

INSIDE: Final = 0.4
"""Least probability of brain: below a half, for a millimetre of fluid too much costs less than a
millimetre of tumor at the cortex too little."""

MOST_UNSURE: Final = 0.75
"""Most volume where the network wavers (probability 0.1 to 0.9), over that of the brain found.

Real heads, whole and halved, on four sequences: 0.31 to 0.69; two noisy cylinders 0.78; noise,
ramps, constant images and hollow balls above 2.
"""

LEAST_EXTENT_MM: Final = (70.0, 90.0)
"""Left to right, back to front: below those of an infant's brain."""

_BITE_MM: Final = 16.0
_BRIDGE_MM: Final = 7.5
_COARSE_MM: Final = 4.0
_ABOVE_HEAD_MM: Final = 12.0
_HEAD_HEIGHT_MM: Final = 130.0
_LEAST_ML: Final = 50.0
_EDGE_VOX: Final = 3

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


def extract_brain(head: Volume, *, case_id: str) -> Volume:
    """Return the brain: cerebrum, cerebellum, brainstem, ventricles and the fluid of its sulci.

    Args:
        head: Intensities of any sequence with skull and scalp, any spacing and orientation, as
            acquired or resampled; a tumor may lie anywhere.
        case_id: Named in errors.

    Returns:
        Bool mask on the same grid: one part without holes at 2.5 mm.

    Raises:
        CaseError: If there is nothing like a brain, or the network wavers nearly everywhere.
    """
    window = head_window(head)
    probs = _probabilities(head, window)
    center = _recentered(window, probs)
    if center is not None:
        window = _window_around(center)
        probs = _probabilities(head, window)
    kept = without_appendages(one_part(probs, inside=INSIDE), inside=INSIDE)
    _require_brain(probs, kept, head, case_id=case_id)
    found = window.with_data(kept)
    mask = head.with_data(resampled(found, like=head).data >= INSIDE)
    size_ml = float(np.count_nonzero(mask.data)) * mask.voxel_volume_ml
    if size_ml < _LEAST_ML:
        msg = (
            f"case {case_id}: only {size_ml:.0f} ml of brain were found in an image of"
            f" {head.shape} voxels of {head.spacing_mm} mm; look at it, and give the brain's mask"
            " with --brain-mask"
        )
        raise CaseError(msg)
    return mask


def _require_brain(probs: Floats, kept: Floats, head: Volume, *, case_id: str) -> None:
    """Refuse what the network does not know: it answers something to any image."""
    found = kept >= INSIDE
    unsure = np.count_nonzero((probs > 0.1) & (probs < 0.9))
    wide = np.count_nonzero(found.any(axis=(1, 2))) * SPACING_MM
    long = np.count_nonzero(found.any(axis=(0, 2))) * SPACING_MM
    small = wide < LEAST_EXTENT_MM[0] or long < LEAST_EXTENT_MM[1]
    if small or unsure > MOST_UNSURE * np.count_nonzero(found):
        msg = (
            f"case {case_id}: no brain can be told in an image of {head.shape} voxels of"
            f" {head.spacing_mm} mm; look whether it shows a head, and give the brain's mask with"
            " --brain-mask if it does"
        )
        raise CaseError(msg)


def head_window(head: Volume) -> Volume:
    """Return the (empty) grid of the network over the top of a head.

    The window hangs a little above the highest part of the foreground and is centered on the
    foreground of the 130 mm below it, so that a long neck does not move it.
    """
    coarse = _coarse(head)
    solid = _foreground(coarse.data)
    area_mm2 = solid.sum(axis=(0, 1)) * _COARSE_MM**2
    wide = np.flatnonzero(area_mm2 > 0.1 * max(float(area_mm2.max()), 1.0))
    top = int(wide[-1]) if wide.size else coarse.shape[2] - 1
    low = max(0, top - round(_HEAD_HEIGHT_MM / _COARSE_MM))
    slab = solid[:, :, low : top + 1]
    right = _middle(np.asarray(slab.any(axis=(1, 2))))
    front = _middle(np.asarray(slab.any(axis=(0, 2))))
    center = coarse.world([right, front, top])
    half_mm = WINDOW_SHAPE[2] * SPACING_MM / 2
    center[2] += _ABOVE_HEAD_MM - half_mm
    return _window_around(center)


def window_image(head: Volume, window: Volume) -> Floats:
    """Return the head on the window, scaled as the network expects it."""
    return scaled(resampled(head, like=window, outside=_darkest(head)).data)


def scaled(image: npt.NDArray[np.floating]) -> Floats:
    """Map the 1st percentile to 0 and the 99.5th to 1, and cut far beyond them."""
    low, high = np.percentile(image[::2, ::2, ::2], (1.0, 99.5))
    spread = max(float(high - low), 1e-6)
    return np.asarray(np.clip((image - low) / spread, -0.2, 1.5), dtype=np.float32)


def one_part(probs: Floats, *, inside: float = 0.5) -> Floats:
    """Keep the largest part of the probabilities of at least ``inside``; fill holes and bites.

    A bite is what a ball of 16 mm can't enter from outside; it is filled in the upper half only,
    where the brain is round: below, clefts between lobes and brainstem are its true shape.
    """
    high = probs >= inside
    if not high.any():
        return np.zeros_like(probs)
    main = _largest(high)
    kept = np.where(high & ~main, np.float32(0), probs)
    added = ~main & (ndimage.binary_fill_holes(main) | _bites(main))
    return np.where(added, np.float32(1), kept).astype(np.float32)


def without_appendages(probs: Floats, *, inside: float) -> Floats:
    """Clear what hangs on the brain by a bridge that a ball of 7.5 mm can't pass: orbits, neck.

    In the lower half only; above, a thin top of the head is brain.
    """
    mask = probs >= inside
    deep = ndimage.distance_transform_edt(mask, sampling=SPACING_MM) > _BRIDGE_MM
    if not deep.any():
        return probs
    away_mm = ndimage.distance_transform_edt(~_largest(deep), sampling=SPACING_MM)
    hanging = away_mm > _BRIDGE_MM + SPACING_MM
    used = np.flatnonzero(mask.any(axis=(0, 1)))
    hanging[:, :, int(used[0] + used[-1]) // 2 :] = False
    return np.where(hanging, np.float32(0), probs)


def _bites(mask: Mask) -> Mask:
    (box,) = ndimage.find_objects(mask.astype(np.uint8))
    margin = round(_BITE_MM / SPACING_MM) + 2
    part = np.pad(mask[box], margin)
    near = ndimage.distance_transform_edt(~part, sampling=SPACING_MM) < _BITE_MM
    closed = ndimage.distance_transform_edt(near, sampling=SPACING_MM) > _BITE_MM
    inner = closed[margin:-margin, margin:-margin, margin:-margin].copy()
    inner[:, :, : inner.shape[2] // 2] = False
    filled = np.zeros_like(mask)
    filled[box] = inner
    return filled


@cache
def _network() -> Network:
    return load_network("brain")


def _probabilities(head: Volume, window: Volume) -> Floats:
    image = window_image(head, window)
    return np.asarray(_network()(image[None, None])[0, 0])


def _recentered(window: Volume, probs: Floats) -> npt.NDArray[np.float64] | None:
    """Return the middle of a brain that touches the edge of the window; ``None`` if none does."""
    inside = one_part(probs) >= 0.5
    if not inside.any():
        return None
    (box,) = ndimage.find_objects(inside.astype(np.uint8))
    near = [
        axis.start < _EDGE_VOX or axis.stop > size - _EDGE_VOX
        for axis, size in zip(box, WINDOW_SHAPE, strict=True)
    ]
    if not any(near):
        return None
    return window.world([(axis.start + axis.stop - 1) / 2 for axis in box])


def _window_around(center_mm: npt.NDArray[np.float64]) -> Volume:
    affine = np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0])
    affine[:3, 3] = center_mm - SPACING_MM * (np.array(WINDOW_SHAPE) - 1) / 2
    return Volume(data=np.zeros(WINDOW_SHAPE, dtype=np.float32), affine=affine)


def _coarse(head: Volume) -> Volume:
    corners = np.array(np.meshgrid(*[(0, size - 1) for size in head.shape])).reshape(3, -1).T
    world = head.world(corners)
    low, high = world.min(axis=0), world.max(axis=0)
    i, j, k = np.maximum(1, np.ceil((high - low) / _COARSE_MM).astype(int) + 1).tolist()
    affine = np.diag([_COARSE_MM, _COARSE_MM, _COARSE_MM, 1.0])
    affine[:3, 3] = low
    grid = Volume(data=np.zeros((i, j, k), dtype=np.float32), affine=affine)
    return resampled(head, like=grid, outside=_darkest(head))


def _foreground(data: Floats) -> Mask:
    """Return what is brighter than a tenth of the bright tissue, smoothed, largest part."""
    smooth = ndimage.gaussian_filter(data, 1.0)
    low, high = np.percentile(smooth, (5.0, 98.0))
    solid = smooth > low + 0.15 * (high - low)
    return _largest(solid) if solid.any() else np.ones(data.shape, dtype=bool)


def _largest(mask: Mask) -> Mask:
    """Return the largest connected part of a mask that is not empty."""
    parts, _ = ndimage.label(mask)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray(parts == np.argmax(sizes))


def _middle(used: npt.NDArray[np.bool_]) -> float:
    where = np.flatnonzero(used)
    return float(where[0] + where[-1]) / 2 if where.size else (used.size - 1) / 2


def _darkest(head: Volume) -> float:
    return float(head.data.min())
