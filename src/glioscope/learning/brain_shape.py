"""What shape a brain has: used to cut what a first network took of the neck off its masks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy import ndimage

from glioscope.learning.brain_bank import BrainSubject
from glioscope.preparation.brain import SPACING_MM

_RARE: Final = 0.1
_RARE_BELOW: Final = 0.3
_SLACK_MM: Final = 4.0

Floats = npt.NDArray[np.float32]


def mean_shape(subjects: Iterable[BrainSubject]) -> Floats:
    """Return how many of the brains, fitted to the first of them, hold each voxel, 0 to 1."""
    masks = [subject.brain[0].float().numpy() for subject in subjects]
    fitted = [masks[0], *(_fitted(mask, like=masks[0]) for mask in masks[1:])]
    return np.asarray(np.mean(fitted, axis=0), dtype=np.float32)


def without_outliers(probs: Floats, shape: Floats) -> Floats:
    """Set to 0 what lies farther outside of the mean shape, fitted to the mask, than a brain may.

    That is 4 mm beyond where a tenth of the brains reach; in the lower half, where neck and orbit
    are taken for brain, where less than a third of them reach.

    Args:
        probs: Of a mask, on the window of the network.
        shape: See ``mean_shape``.
    """
    prior = _fitted(shape, like=(probs > 0.5).astype(np.float32))
    far_mm = ndimage.distance_transform_edt(prior < _RARE) * SPACING_MM
    outside = far_mm > _SLACK_MM
    inside = np.flatnonzero((prior > 0.5).any(axis=(0, 1)))
    half = int(inside[0] + inside[-1]) // 2
    outside[:, :, :half] |= prior[:, :, :half] < _RARE_BELOW
    return np.asarray(np.where(outside, 0, probs), dtype=np.float32)


def _fitted(moving: Floats, *, like: Floats) -> Floats:
    """Bring a mask onto another by the affine map with the least square difference."""
    fixed, source = (
        sitk.GetImageFromArray(ndimage.gaussian_filter(m, 1.5)) for m in (like, moving)
    )
    start = sitk.CenteredTransformInitializer(
        fixed, source, sitk.AffineTransform(3), sitk.CenteredTransformInitializerFilter.MOMENTS
    )
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMeanSquares()
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-3, 60)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([4, 2])
    method.SetSmoothingSigmasPerLevel([0, 0])
    method.SetInitialTransform(start, inPlace=True)
    method.Execute(fixed, source)
    original = sitk.GetImageFromArray(moving)
    placed = sitk.Resample(original, fixed, start, sitk.sitkLinear, 0.0, sitk.sitkFloat32)
    return np.asarray(sitk.GetArrayFromImage(placed), dtype=np.float32)
