"""Removal of the slow shading that the receiver coil leaves in an image (N4)."""

from __future__ import annotations

from typing import Final

import numpy as np
import SimpleITK as sitk

from glioscope.core import Volume
from glioscope.io import from_itk, to_itk

_SHRINK: Final = 6
"""Measured on TCGA-FG-6692: the field's spread is that of a shrink of 4 (0.057 against 0.054) in a
third of the time."""

_ITERATIONS: Final = (40, 40, 30)
"""Three levels: a fourth, finer one takes tumor and tissue contrast for shading."""


def without_bias(image: Volume, *, brain: Volume) -> Volume:
    """Divide out the N4 bias field of the brain, found at a sixth of the resolution.

    The field is smooth, so little is lost by interpolating it.  Its mean over the brain is 1.

    Args:
        image: Intensities at about 1 mm.
        brain: Bool mask on the same grid, not empty.
    """
    whole = to_itk(image.with_data(np.maximum(image.data, 0).astype(np.float32)))
    mask = to_itk(brain)
    small = sitk.BinShrink(whole, [_SHRINK] * 3)
    small_mask = sitk.Shrink(mask, [_SHRINK] * 3)
    small_mask.CopyInformation(small)
    n4 = sitk.N4BiasFieldCorrectionImageFilter()
    n4.SetNumberOfWorkUnits(1)
    n4.SetMaximumNumberOfIterations(list(_ITERATIONS))
    n4.SetConvergenceThreshold(1e-4)
    n4.Execute(small + 1.0, small_mask)
    log_field = n4.GetLogBiasFieldAsImage(sitk.Cast(small, sitk.sitkFloat32))
    still = sitk.Transform(3, sitk.sitkIdentity)
    full = sitk.Resample(log_field, whole, still, sitk.sitkLinear, 0.0, sitk.sitkFloat32, True)
    field = np.exp(from_itk(full).data)
    field /= float(field[brain.data].mean())
    return image.with_data((image.data / field).astype(np.float32))
