"""How well the fitted template matches a patient, deep inside the brain."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt, gaussian_filter

from glioscope.core import Case, Sequence, Volume
from glioscope.preparation import TemplateFit, load_template, warp_image_to_case

_PREFERRED: Final = (Sequence.T1, Sequence.T1C, Sequence.T2, Sequence.FLAIR)
_SPACING_MM: Final = 3.0
_SMOOTHING_MM: Final = 1.0
_DEPTH_MM: Final = 9.0
"""The outline of any brain, even one turned upside down, can be bent onto the template's;
ventricles and deep nuclei can't.  So only what lies deeper than the cortex is asked."""

_LEAST_VOXELS: Final = 500


def interior_match(case: Case, fit: TemplateFit, *, tumor: Volume) -> float:
    """Return the correlation of the patient with the fitted template inside the brain, 0 to 1.

    It is the multiple correlation of the image with the template's grey matter, white matter, fluid
    and T1, so any sequence can be asked.

    Args:
        case: Its T1 is used, or the first there of T1c, T2, FLAIR.
        fit: Of the template to this case.
        tumor: Bool mask on the case's grid, left out.

    Returns:
        0 where nothing is left to ask.
    """
    sequence = next(s for s in _PREFERRED if s in case.images)
    steps = [max(1, round(_SPACING_MM / spacing)) for spacing in case.brain.spacing_mm]
    brain, lesion = _thinned(case.brain, steps), _thinned(tumor, steps)
    image = _thinned(_smooth(case.images[sequence]), steps).data
    template = load_template()
    parts = (template.gray, template.white, template.fluid, template.t1)
    maps = [warp_image_to_case(part, fit, like=brain).data for part in parts]
    depth = distance_transform_edt(np.pad(brain.data, 1), sampling=brain.spacing_mm)
    asked = (depth[1:-1, 1:-1, 1:-1] > _DEPTH_MM) & ~lesion.data & (sum(maps[:3]) > 0.5)
    if asked.sum() < _LEAST_VOXELS or float(np.std(image[asked])) == 0.0:
        return 0.0
    wanted = image[asked].astype(np.float64)
    design = np.stack([*(part[asked] for part in maps), np.ones(len(wanted))], axis=1)
    weights = np.linalg.lstsq(design.astype(np.float64), wanted, rcond=None)[0]
    return _correlation(design @ weights, wanted)


def _thinned(volume: Volume, steps: list[int]) -> Volume:
    """Return every n-th voxel along each axis."""
    i, j, k = steps
    affine = volume.affine @ np.diag([i, j, k, 1.0])
    return Volume(data=volume.data[::i, ::j, ::k], affine=affine)


def _smooth(image: Volume) -> Volume:
    sigma = [_SMOOTHING_MM / spacing for spacing in image.spacing_mm]
    return image.with_data(gaussian_filter(image.data.astype(np.float32), sigma))


def _correlation(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    if float(np.std(one)) == 0.0:
        return 0.0
    return float(np.clip(np.corrcoef(one, other)[0, 1], 0.0, 1.0))
