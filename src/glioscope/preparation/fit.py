"""Affine and deformable registration of the MNI template to one brain.

The template is first given the contrast of the case: its maps are weighted so that they explain the
case's own intensities best.  Any sequence can then be matched by squared differences, which demons
minimize fast and repeatably; the tumor stays out of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from glioscope.core import Case, CaseError, Sequence, Volume, check_same_grid
from glioscope.io import Template, from_itk, from_itk_affine, load_template, to_itk, to_itk_affine
from glioscope.preparation.content import Tissues
from glioscope.preparation.grid import bounds
from glioscope.preparation.normalize import robust_statistics
from glioscope.preparation.template import TemplateFit

_PREFERRED: Final = (Sequence.T1, Sequence.T1C, Sequence.T2, Sequence.FLAIR)

_LEAST_BRAIN_ML: Final = 100.0

_BACKGROUND: Final = -6.0
"""What lies outside the brain while registering: darker than tissue, so that the edge counts."""

_MARGIN_MM: Final = 12.0

_SAMPLES: Final = 20_000
"""Voxels of the box compared per iteration of the affine map, about half of them in the brain."""

_BURST: Final = 20
"""Demons iterations between two fillings of the excluded part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateConfig:
    """How the template is fitted.

    Args:
        spacing_mm: Of the grid that is computed on.
        coarse_iterations: Of demons at twice the spacing; 0 with ``fine_iterations`` 0 leaves the
            fit affine.
        fine_iterations: Of demons at the spacing.
        smoothing_mm: Standard deviation of the smoothing of the displacement.
    """

    spacing_mm: float = 2.0
    coarse_iterations: int = 60
    fine_iterations: int = 30
    smoothing_mm: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """The brain to be matched, on the grid that is computed on."""

    image: Volume
    brain: Volume
    counted: Volume


def fit_template(
    case: Case, *, exclude: Volume | None = None, config: TemplateConfig | None = None
) -> TemplateFit:
    """Fit the MNI template to a case.

    Args:
        case: Its T1 is used, or the first there of T1c, T2, FLAIR.
        exclude: Bool mask on the case's grid that must not pull (the tumor); ``None`` for nothing.
        config: Spacing and iterations.

    Raises:
        GridMismatchError: If ``exclude`` lies on another grid.
        CaseError: If less than 100 ml of brain is left to match.
    """
    sequence = next(s for s in _PREFERRED if s in case.images)
    nothing = case.brain.with_data(np.zeros(case.brain.shape, dtype=bool))
    exclude = exclude or nothing
    check_same_grid(case_id=case.case_id, brain=case.brain, exclude=exclude)
    return _fit(
        case.images[sequence],
        brain=case.brain,
        exclude=exclude,
        config=config or TemplateConfig(),
        case_id=case.case_id,
    )


def lay_over(image: Volume, *, brain: Volume, spacing_mm: float = 3.0) -> Tissues:
    """Lay the template over a brain by an affine map only, on a coarse grid.

    Args:
        image: Intensities in any contrast, any scale.
        brain: Bool mask on the same grid, not empty.
        spacing_mm: Of the grid of the result.
    """
    median, scale = robust_statistics(image.data, brain.data)
    level = (image.data - median) / max(scale, 1e-6)
    scaled = image.with_data(level.clip(_BACKGROUND, 8.0).astype(np.float32))
    nothing = brain.with_data(np.zeros(brain.shape, dtype=bool))
    target = _target(scaled, brain, nothing, spacing_mm)
    pull = to_itk_affine(_affine(target))
    gray, white, fluid, _ = (from_itk(_pull(part, target.image, pull)) for part in _maps())
    return Tissues(brain=target.brain, gray=gray, white=white, fluid=fluid)


def _fit(
    image: Volume, *, brain: Volume, exclude: Volume, config: TemplateConfig, case_id: str
) -> TemplateFit:
    left_ml = float((brain.data & ~exclude.data).sum()) * brain.voxel_volume_ml
    if left_ml < _LEAST_BRAIN_ML:
        msg = (
            f"case {case_id}: {left_ml:.0f} ml of brain outside the tumor are too little to match a"
            f" template ({_LEAST_BRAIN_ML:.0f} ml are needed); check the brain mask"
        )
        raise CaseError(msg)
    target = _target(image, brain, exclude, config.spacing_mm)
    affine = _affine(target)
    maps = [from_itk(_pull(part, target.image, to_itk_affine(affine))).data for part in _maps()]
    model = target.image.with_data(_in_contrast_of(target, maps))
    affine_similarity = _correlation(target, model.data)
    field, similarity = _deform(target, model, config)
    return TemplateFit(
        affine=affine,
        displacement_mm=field,
        displacement_affine=target.image.affine,
        similarity=max(similarity, affine_similarity),
        affine_similarity=affine_similarity,
    )


def _target(image: Volume, brain: Volume, exclude: Volume, spacing_mm: float) -> _Target:
    """Bring the brain to a coarser axis-aligned grid around it."""
    grid = _grid_around(brain, spacing_mm)
    inside = image.with_data(np.where(brain.data, image.data, _BACKGROUND).astype(np.float32))
    factors = [max(1, int(spacing_mm / mm)) for mm in image.spacing_mm]
    averaged = sitk.BinShrink(to_itk(inside), factors)
    still = sitk.Transform(3, sitk.sitkIdentity)
    pulled = sitk.Resample(averaged, grid, still, sitk.sitkLinear, _BACKGROUND, sitk.sitkFloat32)
    mask = from_itk(_nearest(brain, grid)).data > 0
    excluded = from_itk(_nearest(exclude, grid)).data > 0
    volume = from_itk(pulled)
    return _Target(
        image=volume, brain=volume.with_data(mask), counted=volume.with_data(mask & ~excluded)
    )


def _grid_around(brain: Volume, spacing_mm: float) -> sitk.Image:
    box = np.stack(bounds(brain, margin_mm=0.0))
    corners = brain.world(np.array(list(product(*box.T))))
    low, high = corners.min(axis=0) - _MARGIN_MM, corners.max(axis=0) + _MARGIN_MM
    shape = np.ceil((high - low) / spacing_mm).astype(int) + 1
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = low
    i, j, k = shape.tolist()
    return to_itk(Volume(data=np.zeros((i, j, k), dtype=np.uint8), affine=affine))


def _nearest(mask: Volume, grid: sitk.Image) -> sitk.Image:
    still = sitk.Transform(3, sitk.sitkIdentity)
    return sitk.Resample(to_itk(mask), grid, still, sitk.sitkNearestNeighbor, 0, sitk.sitkUInt8)


def _maps() -> tuple[Volume, ...]:
    template = load_template()
    return (template.gray, template.white, template.fluid, template.t1)


def _pull(image: Volume, like: Volume, transform: sitk.Transform) -> sitk.Image:
    return sitk.Resample(to_itk(image), to_itk(like), transform, sitk.sitkLinear, 0.0)


def _in_contrast_of(
    target: _Target, maps: list[npt.NDArray[np.float32]]
) -> npt.NDArray[np.float32]:
    """Weight the maps so that they explain the case, outliers (the tumor) counting less.

    Iteratively reweighted least squares with Tukey-like weights, over the counted brain.
    """
    inside = target.counted.data & (sum(maps[:3]) > 0.5)
    design = np.stack([part[inside] for part in maps], axis=1).astype(np.float64)
    wanted = target.image.data[inside].astype(np.float64)
    weights = np.ones(len(wanted))
    solution: npt.NDArray[np.floating] = np.zeros(len(maps))
    for _ in range(5):
        weighted = design * weights[:, None]
        normal = weighted.T @ design + 1e-6 * len(wanted) * np.eye(len(maps))
        solution = np.linalg.solve(normal, weighted.T @ wanted)
        residual = wanted - design @ solution
        scale = 1.4826 * float(np.median(np.abs(residual))) + 1e-6
        weights = (1.0 - (residual / (4.0 * scale)) ** 2).clip(0.0) ** 2
    present = np.minimum(sum(maps[:3]), 1.0)
    explained = sum(value * part for value, part in zip(solution, maps, strict=True))
    return np.asarray(explained + (1.0 - present) * _BACKGROUND, dtype=np.float32)


def _correlation(target: _Target, model: npt.NDArray[np.float32]) -> float:
    inside = target.counted.data
    return float(np.corrcoef(target.image.data[inside], model[inside])[0, 1])


def _affine(target: _Target) -> npt.NDArray[np.float64]:
    """Return the affine map, case world to template world, of largest mutual information."""
    template = load_template()
    fixed = to_itk(target.image)
    moving = sitk.BinShrink(to_itk(template.t1), [2, 2, 2])
    edge = sitk.BinaryDilate(to_itk(target.brain), [3, 3, 3])
    excluded = target.image.with_data(target.brain.data & ~target.counted.data)
    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfWorkUnits(1)
    method.SetMetricAsMattesMutualInformation(32)
    method.SetMetricFixedMask(sitk.And(edge, sitk.Not(to_itk(excluded))))
    method.SetMetricSamplingStrategy(method.RANDOM)
    pixels = fixed.GetNumberOfPixels()
    shares = [min(1.0, _SAMPLES / (pixels / 8)), min(1.0, _SAMPLES / pixels)]
    method.SetMetricSamplingPercentagePerLevel(shares, seed=1)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetShrinkFactorsPerLevel([2, 1])
    method.SetSmoothingSigmasPerLevel([1.0, 0.0])
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=2.0, minStep=1e-3, numberOfIterations=100, gradientMagnitudeTolerance=1e-6
    )
    method.SetOptimizerScalesFromPhysicalShift()
    start = _best_start(method, fixed, moving, target.brain, template)
    method.SetInitialTransform(start, inPlace=True)
    method.Execute(fixed, moving)
    return from_itk_affine(start)


def _best_start(
    method: sitk.ImageRegistrationMethod,
    fixed: sitk.Image,
    moving: sitk.Image,
    brain: Volume,
    template: Template,
) -> sitk.AffineTransform:
    """Match the centroids and the size, then take the best of a few nods of the head."""
    starts = [_start(brain, template.brain, pitch_deg) for pitch_deg in (0, -20, 20)]
    values = []
    for start in starts:
        method.SetInitialTransform(start, inPlace=False)
        values.append(method.MetricEvaluate(fixed, moving))
    return starts[int(np.argmin(values))]


def _start(brain: Volume, template_brain: Volume, pitch_deg: float) -> sitk.AffineTransform:
    here, there = _centroid(brain), _centroid(template_brain)
    volumes = [float(v.data.sum()) * v.voxel_volume_ml for v in (template_brain, brain)]
    scale = float(np.clip((volumes[0] / volumes[1]) ** (1 / 3), 0.9, 1.15))
    angle = np.deg2rad(pitch_deg)
    turn = np.array(
        [[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]]
    )
    transform = sitk.AffineTransform(3)
    transform.SetCenter((here * (-1, -1, 1)).tolist())
    transform.SetMatrix((scale * turn).ravel().tolist())
    transform.SetTranslation(((there - here) * (-1, -1, 1)).tolist())
    return transform


def _centroid(mask: Volume) -> npt.NDArray[np.float64]:
    index = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        counts = np.count_nonzero(mask.data, axis=others)
        index.append(float(np.average(np.arange(mask.shape[axis]), weights=counts)))
    return mask.world(index)


def _deform(
    target: _Target, model: Volume, config: TemplateConfig
) -> tuple[npt.NDArray[np.float32], float]:
    """Return the displacement (RAS+ mm) that brings the model onto the case, and its match."""
    fixed, moving = to_itk(target.image), to_itk(model)
    still = sitk.Image(fixed.GetSize(), sitk.sitkVectorFloat64, 3)
    still.CopyInformation(fixed)
    field = still
    for factor, iterations in ((2.0, config.coarse_iterations), (1.0, config.fine_iterations)):
        for burst in _bursts(iterations):
            field = _demons(
                target,
                moving,
                field,
                spacing_mm=factor * config.spacing_mm,
                iterations=burst,
                smoothing_mm=config.smoothing_mm,
            )
    warped = _warp(moving, field)
    array = sitk.GetArrayFromImage(field).transpose(2, 1, 0, 3) * (-1.0, -1.0, 1.0)
    return array.astype(np.float32), _correlation(target, from_itk(warped).data)


def _bursts(iterations: int) -> list[int]:
    """Split iterations, so that the excluded part is filled anew from the moving template."""
    return [min(_BURST, iterations - done) for done in range(0, iterations, _BURST)]


def _demons(
    target: _Target,
    moving: sitk.Image,
    field: sitk.Image,
    *,
    spacing_mm: float,
    iterations: int,
    smoothing_mm: float,
) -> sitk.Image:
    """Run demons at one spacing from a field on the target's grid; return one on that grid."""
    fixed = _filled(target, moving, field)
    grid = _grid_around(target.brain, spacing_mm)
    demons = sitk.FastSymmetricForcesDemonsRegistrationFilter()
    demons.SetNumberOfIterations(iterations)
    demons.SetMaximumRMSError(0.0)
    demons.SetStandardDeviations(smoothing_mm / spacing_mm)
    demons.SetSmoothUpdateField(True)
    demons.SetUpdateFieldStandardDeviations(1.0)
    coarse = demons.Execute(_onto(fixed, grid), _onto(moving, grid), _onto(field, grid))
    return _onto(coarse, fixed)


def _filled(target: _Target, moving: sitk.Image, field: sitk.Image) -> sitk.Image:
    """Return the case with the warped template where it is excluded: no force arises there."""
    excluded = target.brain.data & ~target.counted.data
    data = np.where(excluded, from_itk(_warp(moving, field)).data, target.image.data)
    return to_itk(target.image.with_data(data))


def _warp(moving: sitk.Image, field: sitk.Image) -> sitk.Image:
    transform = sitk.DisplacementFieldTransform(sitk.Image(field))
    return sitk.Resample(moving, moving, transform, sitk.sitkLinear, _BACKGROUND)


def _onto(image: sitk.Image, grid: sitk.Image) -> sitk.Image:
    if image.GetSize() == grid.GetSize():
        return image
    still = sitk.Transform(3, sitk.sitkIdentity)
    outside = 0.0 if image.GetNumberOfComponentsPerPixel() > 1 else _BACKGROUND
    if image.GetNumberOfComponentsPerPixel() == 1 and grid.GetSpacing() > image.GetSpacing():
        image = sitk.SmoothingRecursiveGaussian(image, 0.4 * grid.GetSpacing()[0])
    return sitk.Resample(image, grid, still, sitk.sitkLinear, outside)
