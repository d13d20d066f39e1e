"""A tumor that reaches the skull stays whole: follow it out of a brain mask that was drawn tight.

A network that finds brains has learned where healthy cortex ends.  A tumor at the surface lies
where fluid should be and loses its outermost millimetres.  On FLAIR it is bright and the fluid,
dura and bone around it are dark, so it can be followed.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import Volume
from glioscope.preparation.normalize import robust_statistics

REACH_MM: Final = 5.0
"""Farthest beyond the mask, and from bright tissue in it."""

SOLID_MM: Final = 5.0
"""Radius of the ball that must fit into the bright tissue within the mask: bright cortex and
vessels are thinner and are not followed."""

BRIGHT: Final = 1.0
"""Robust standard deviations above the median of the brain.

Reach, radius and brightness were chosen on the 19 heads of TCGA-LGG: of their FLAIR abnormalities
2.4% lay outside of the mask before and 0.9% after (the worst 10.8% before, 3.7% after), for 1.4 ml
added on average, half of it tumor.
"""

_COARSE_MM: Final = 2.0

Mask = npt.NDArray[np.bool_]


def with_whole_lesions(mask: Volume, flair: Volume) -> Volume:
    """Return the mask with the bright lesions at its edge followed outward.

    Args:
        mask: Bool, the brain.
        flair: Intensities on the same grid, not stripped; not finite where nothing was scanned.

    Returns:
        Bool mask that holds the one given.
    """
    inside = mask.data & np.isfinite(flair.data)
    if not inside.any():
        return mask
    median, spread = robust_statistics(flair.data, inside)
    bright = np.nan_to_num(flair.data, nan=-np.inf) > median + BRIGHT * spread
    seeds = _solid(bright & inside, np.array(mask.spacing_mm))
    if not seeds.any():
        return mask
    margin = np.ceil(REACH_MM / np.array(mask.spacing_mm)).astype(int) + 1
    box = tuple(
        slice(max(part.start - wide, 0), part.stop + wide)
        for part, wide in zip(
            ndimage.find_objects(seeds.astype(np.uint8))[0], margin.tolist(), strict=True
        )
    )
    near = _near(mask.data[box], mask.spacing_mm) & _near(seeds[box], mask.spacing_mm)
    way = seeds[box] | (bright[box] & near & ~mask.data[box])
    grown = ndimage.binary_propagation(seeds[box], mask=way)
    result = mask.data.copy()
    result[box] |= ndimage.binary_fill_holes(mask.data[box] | grown)
    return mask.with_data(result)


def _near(mask: Mask, spacing_mm: tuple[float, float, float]) -> Mask:
    far = ndimage.distance_transform_edt(~mask, sampling=spacing_mm)
    return np.asarray(far <= REACH_MM)


def _solid(mask: Mask, spacing_mm: npt.NDArray[np.float64]) -> Mask:
    """Keep the parts that a ball fits into, as an opening does, on a coarser grid."""
    step = np.maximum(1, np.round(_COARSE_MM / spacing_mm)).astype(int)
    thin = tuple(slice(None, None, int(n)) for n in step)
    coarse, spacing = np.pad(mask[thin], 1), tuple((spacing_mm * step).tolist())
    middle = ndimage.distance_transform_edt(coarse, sampling=spacing) >= SOLID_MM
    if not middle.any():
        return np.zeros_like(mask)
    reached = ndimage.distance_transform_edt(~middle, sampling=spacing)
    ball = (reached <= SOLID_MM + _COARSE_MM)[1:-1, 1:-1, 1:-1]
    for axis, count in enumerate(step.tolist()):
        ball = np.repeat(ball, count, axis=axis)
    i, j, k = mask.shape
    return np.asarray(ball[:i, :j, :k] & mask)
