"""Intensities that mean the same on every scanner."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from glioscope.core import CaseError, Volume, check_same_grid

LOWEST: Final = -6.0
HIGHEST: Final = 12.0
"""Clip limits in robust standard deviations.

Asymmetric on purpose: in 28 BraTS images the 99.9th percentile lay at 2 to 14 (vessels, enhancing
rim, cerebrospinal fluid on T2) and the 0.5th at -1.4 to -7.3.
"""

_IQR_OF_NORMAL: Final = 1.349
"""Interquartile range of a normal distribution of standard deviation 1."""


def robust_statistics(
    data: npt.NDArray[np.generic], mask: npt.NDArray[np.bool_]
) -> tuple[float, float]:
    """Return median and robust standard deviation (IQR / 1.349) of the voxels of a mask.

    Args:
        data: Intensities, any shape, any real dtype.
        mask: Same shape, at least one voxel set.
    """
    low, median, high = np.percentile(data[mask].astype(np.float64), (25.0, 50.0, 75.0)).tolist()
    return median, (high - low) / _IQR_OF_NORMAL


def robust_zscore(image: Volume, *, brain: Volume, case_id: str) -> Volume:
    r"""Normalize over the brain: median 0, robust standard deviation 1, outside the brain 0.

    $$y = (x - median_{brain}) / (IQR_{brain} / 1.349)$$, clipped to -6 ... 12, float32.  Training
    and inference both call this very function; nothing else scales an image between the brain mask
    and the network.  It undoes any gain and offset of the scanner exactly.

    Args:
        image: Intensities, any real dtype, bias-corrected if that is wanted.
        brain: Boolean mask on the same grid.
        case_id: Named in errors.

    Raises:
        GridMismatchError: If the mask lies on another grid.
        CaseError: If the mask is empty or the brain is constant.
    """
    check_same_grid(case_id=case_id, image=image, brain=brain)
    mask = brain.data.astype(bool)
    if not mask.any():
        msg = f"case {case_id}: the brain mask is empty; give one with --brain-mask"
        raise CaseError(msg)
    median, scale = robust_statistics(image.data, mask)
    if not np.isfinite(scale) or scale <= 0:
        msg = (
            f"case {case_id}: half of the brain has one intensity ({median:g}), so it can't be"
            " normalized; check the image, or leave this sequence out"
        )
        raise CaseError(msg)
    scaled = np.zeros(image.shape, dtype=np.float32)
    scaled[mask] = ((image.data[mask] - median) / scale).clip(LOWEST, HIGHEST)
    return image.with_data(scaled)
