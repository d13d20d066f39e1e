"""Rigid alignment of two series of one patient by mutual information.

Starts are tried widely on a coarse grid (as scanned, centroids matched, nods, turns and tilts of
the head), the best few are followed, and the winner is refined.  The sampling is seeded, and sums
run in one work unit, because over threads they differ in their last bits from run to run.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from glioscope.core import Volume
from glioscope.io import from_itk, from_itk_affine, to_itk

_BINS: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterConfig:
    """How two series are aligned.

    Args:
        coarse_mm: Voxel size where starts are compared.
        levels_mm: Voxel sizes of the refinement.
        samples: Points compared per evaluation at each level of the refinement.
        followed: How many of the starts are followed on the coarse grid.
        iterations: At most, per level.
        seed: Of the sampling.
    """

    coarse_mm: float = 6.0
    levels_mm: tuple[float, ...] = (3.0, 1.5)
    samples: tuple[int, ...] = (20_000, 40_000)
    followed: int = 3
    iterations: int = 80
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RigidFit:
    """The result of one alignment.

    Args:
        to_fixed: Shape ``(4, 4)``: world of the moving series to world of the fixed one, RAS+ mm.
        similarity: Normalized mutual information over the fixed head after alignment, 1 to 2.
        similarity_before: The same as the two were scanned.
    """

    to_fixed: npt.NDArray[np.float64]
    similarity: float
    similarity_before: float


def register_rigid(
    moving: Volume, *, fixed: Volume, config: RegisterConfig | None = None
) -> RigidFit:
    """Find the rigid map that brings one series onto another of the same head.

    Args:
        moving: Intensities on any grid, any contrast.
        fixed: Likewise; it stays.
        config: Levels and sampling.
    """
    config = config or RegisterConfig()
    still, moved = _windowed(fixed), _windowed(moving)
    coarse_still, coarse_moved = _shrunk(still, config.coarse_mm), _shrunk(moved, config.coarse_mm)
    head = _head(coarse_still)
    best = _best_coarse(coarse_still, coarse_moved, head, config)
    for level_mm, samples in zip(config.levels_mm, config.samples, strict=True):
        one, two = _shrunk(still, level_mm), _shrunk(moved, level_mm)
        one = _cropped(one, head)
        method = _method(one, head, config, samples)
        _optimize(method, one, two, best, config.iterations, level_mm)
    identity = sitk.Euler3DTransform()
    return RigidFit(
        to_fixed=np.asarray(np.linalg.inv(from_itk_affine(best)), dtype=np.float64),
        similarity=_similarity(coarse_still, coarse_moved, head, best),
        similarity_before=_similarity(coarse_still, coarse_moved, head, identity),
    )


def similarity_of(moving: Volume, fixed: Volume) -> float:
    """Return the normalized mutual information of two series as they lie, 1 to 2."""
    coarse_mm = RegisterConfig().coarse_mm
    still, moved = (_shrunk(_windowed(image), coarse_mm) for image in (fixed, moving))
    return _similarity(still, moved, _head(still), sitk.Euler3DTransform())


def _windowed(volume: Volume) -> sitk.Image:
    """Clip to the 0.5th and 99.8th percentile, so that histogram bins are not wasted."""
    sample = volume.data.ravel()[:: max(1, volume.data.size // 200_000)]
    low, high = np.percentile(sample, (0.5, 99.8))
    return to_itk(volume.with_data(volume.data.clip(low, high).astype(np.float32)))


def _shrunk(image: sitk.Image, spacing_mm: float) -> sitk.Image:
    """Average voxels to about this size; an axis that is as coarse already stays."""
    factors = [max(1, round(spacing_mm / spacing)) for spacing in image.GetSpacing()]
    return sitk.BinShrink(image, factors)


def _head(image: sitk.Image) -> sitk.Image:
    """Return the head and a rim around it, where its surface shows."""
    mask = sitk.BinaryFillhole(sitk.OtsuThreshold(image, 0, 1, 128))
    largest = sitk.RelabelComponent(sitk.ConnectedComponent(mask)) == 1
    radius = [max(1, round(8.0 / spacing)) for spacing in image.GetSpacing()]
    return sitk.BinaryDilate(largest, radius)


def _cropped(image: sitk.Image, head: sitk.Image) -> sitk.Image:
    """Crop to the head's bounding box, so that samples fall into it."""
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.Execute(head)
    start, size = np.array(shape.GetBoundingBox(1)).reshape(2, 3)
    corners = [
        image.TransformPhysicalPointToContinuousIndex(
            head.TransformContinuousIndexToPhysicalPoint((start + size * corner - 0.5).tolist())
        )
        for corner in product((0, 1), repeat=3)
    ]
    low = np.clip(np.floor(np.min(corners, axis=0)), 0, None).astype(int)
    high = np.minimum(np.ceil(np.max(corners, axis=0)).astype(int) + 1, image.GetSize())
    return sitk.RegionOfInterest(image, (high - low).tolist(), low.tolist())


def _method(
    fixed: sitk.Image, head: sitk.Image, config: RegisterConfig, samples: int | None
) -> sitk.ImageRegistrationMethod:
    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfWorkUnits(1)
    method.SetMetricAsMattesMutualInformation(_BINS)
    method.SetMetricFixedMask(head)
    method.SetInterpolator(sitk.sitkLinear)
    share = 1.0 if samples is None else min(1.0, samples / fixed.GetNumberOfPixels())
    if share < 1.0:
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentage(share, config.seed)
    return method


def _best_coarse(
    fixed: sitk.Image, moving: sitk.Image, head: sitk.Image, config: RegisterConfig
) -> sitk.Euler3DTransform:
    """Compare many starts, follow the best few, return the winner."""
    method = _method(fixed, head, config, None)
    starts = _starts(head, _head(moving))
    values = [_value(method, fixed, moving, start) for start in starts]
    followed = [starts[n] for n in np.argsort(values, kind="stable")[: config.followed]]
    ends = []
    for start in followed:
        _optimize(method, fixed, moving, start, config.iterations, config.coarse_mm)
        ends.append(_value(method, fixed, moving, start))
    return followed[int(np.argmin(ends))]


def _value(
    method: sitk.ImageRegistrationMethod,
    fixed: sitk.Image,
    moving: sitk.Image,
    transform: sitk.Transform,
) -> float:
    """Return minus the mutual information; a start without overlap is the worst there is."""
    method.SetInitialTransform(transform, inPlace=False)
    try:
        return float(method.MetricEvaluate(fixed, moving))
    except RuntimeError:
        return 0.0


def _starts(fixed_head: sitk.Image, moving_head: sitk.Image) -> list[sitk.Euler3DTransform]:
    """As scanned, and with matched centroids; each with turns, and shifts along the body."""
    here, there = _centroid(fixed_head), _centroid(moving_head)
    turns = [np.zeros(3)] + [sign * np.deg2rad(14.0) * row for row in np.eye(3) for sign in (1, -1)]
    shifts = [there - here + np.array([0.0, 0.0, z]) for z in (0.0, -25.0, 25.0)]
    return [_euler(here, turn, shift) for shift in (np.zeros(3), *shifts) for turn in turns]


def _euler(
    center: npt.NDArray[np.float64],
    turn_rad: npt.NDArray[np.float64],
    shift_mm: npt.NDArray[np.float64],
) -> sitk.Euler3DTransform:
    transform = sitk.Euler3DTransform()
    transform.SetCenter(center.tolist())
    transform.SetRotation(*turn_rad.tolist())
    transform.SetTranslation(shift_mm.tolist())
    return transform


def _centroid(mask: sitk.Image) -> npt.NDArray[np.float64]:
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.Execute(mask)
    return np.array(shape.GetCentroid(1))


def _optimize(
    method: sitk.ImageRegistrationMethod,
    fixed: sitk.Image,
    moving: sitk.Image,
    transform: sitk.Transform,
    iterations: int,
    spacing_mm: float,
) -> None:
    """Climb to the nearest maximum of mutual information, changing the transform."""
    method.SetInitialTransform(transform, inPlace=True)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=0.5 * spacing_mm,
        minStep=0.004 * spacing_mm,
        numberOfIterations=iterations,
        relaxationFactor=0.6,
        gradientMagnitudeTolerance=1e-8,
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.Execute(fixed, moving)


def _similarity(
    fixed: sitk.Image, moving: sitk.Image, head: sitk.Image, transform: sitk.Transform
) -> float:
    """Return the normalized mutual information over the head, (H(A) + H(B)) / H(A, B)."""
    pulled = sitk.Resample(moving, fixed, transform, sitk.sitkLinear, 0.0)
    inside = from_itk(head).data > 0
    return normalized_mutual_information(
        from_itk(fixed).data[inside], from_itk(pulled).data[inside]
    )


def normalized_mutual_information(
    one: npt.NDArray[np.floating], two: npt.NDArray[np.floating]
) -> float:
    """Return (H(A) + H(B)) / H(A, B) of paired intensities: 1 independent, 2 the same.

    Args:
        one: Shape ``(N,)``.
        two: Shape ``(N,)``.
    """
    joint = np.histogram2d(one, two, bins=_BINS)[0] / len(one)
    together = _entropy(joint)
    if together == 0:
        return 2.0
    return (_entropy(joint.sum(axis=0)) + _entropy(joint.sum(axis=1))) / together


def _entropy(shares: npt.NDArray[np.floating]) -> float:
    positive = shares[shares > 0]
    return float(-(positive * np.log(positive)).sum())
