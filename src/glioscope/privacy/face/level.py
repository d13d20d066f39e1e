"""The brow line of a head, and the brain that it shelters, from the template laid over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from glioscope.core import Case, CaseError, Volume
from glioscope.preparation import (
    TemplateConfig,
    TemplateFit,
    fit_template,
    load_template,
    resampled_mask,
    warp_labels_to_case,
)
from glioscope.privacy.face.plane import Plane

Points = npt.NDArray[np.float64]

_BROW_MM: Final = (85.0, 0.0)
"""Forward and up in MNI space: a centimeter above the brows of the template's own head."""

_NAPE_MM: Final = (-118.0, -19.0)
"""Where the same level leaves the head behind; it passes above the ears."""

_TEMPLE_MM: Final = 5.0
"""Forward in MNI space: what lies before it, below the brows, is the face; ears lie behind."""

_AFFINE_ONLY: Final = TemplateConfig(spacing_mm=3.0, coarse_iterations=0, fine_iterations=0)
_SPACING_MM: Final = 2.0

_LEAST_OVERLAP: Final = 0.85
"""Dice of brain and template: 0.97 on a simulated head, 0.95 on a real one tilted by 30 degrees."""

_PLAUSIBLE_ML: Final = (400.0, 2300.0)
"""Brain of an infant, and larger than any."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Anatomy:
    """What must be known of a head to tell its face from its brain; world of the case, RAS+ mm.

    Args:
        brain: Bool, 2 mm; where the case does not reach, that of the template stands in, because
            another series may show the brain there.
        level: Plane above brows and ears; up is positive.
        front: Plane across the temples; forward is positive.
        overlap: Dice of the brain and the template's, where the case reaches.
    """

    brain: Volume
    level: Plane
    front: Plane
    overlap: float


def find_anatomy(case: Case) -> Anatomy:
    """Lay the template over a case by an affine map.

    Raises:
        CaseError: If the brain has no plausible size, or the template does not fit it.
    """
    size_ml = float(np.count_nonzero(case.brain.data)) * case.brain.voxel_volume_ml
    low_ml, high_ml = _PLAUSIBLE_ML
    if not low_ml <= size_ml <= high_ml:
        msg = (
            f"case {case.case_id}: the brain found has {size_ml:.0f} ml ({low_ml:.0f} to"
            f" {high_ml:.0f} are plausible), so that the face can't be removed safely; look whether"
            " the scans show a whole head, and leave them out if they do not"
        )
        raise CaseError(msg)
    fit = fit_template(case, config=_AFFINE_ONLY)
    template = _template_brain(fit, case.brain)
    found = resampled_mask(case.brain, like=template).data
    everything = case.reference_grid.with_data(np.ones(case.reference_grid.shape, dtype=bool))
    reached = resampled_mask(everything, like=template).data
    overlap = _dice(found, template.data & reached)
    if overlap < _LEAST_OVERLAP:
        msg = (
            f"case {case.case_id}: the template does not fit the brain (Dice {overlap:.2f}, at"
            f" least {_LEAST_OVERLAP} is needed), so that the face can't be told; look whether the"
            " scans show a whole head, and leave them out if they do not"
        )
        raise CaseError(msg)
    brain = template.with_data(found | (template.data & ~reached))
    return Anatomy(brain=brain, level=_level(fit), front=_front(fit), overlap=overlap)


def _template_brain(fit: TemplateFit, like: Volume) -> Volume:
    """Return the template's brain in the world of the case, on a grid of 2 mm over both."""
    brain = load_template().brain
    corners = np.concatenate([fit.to_case(_corners(brain)), _corners(like)])
    low, high = corners.min(axis=0), corners.max(axis=0)
    affine = np.diag([_SPACING_MM, _SPACING_MM, _SPACING_MM, 1.0])
    affine[:3, 3] = low
    i, j, k = (np.ceil((high - low) / _SPACING_MM).astype(int) + 1).tolist()
    grid = Volume(data=np.zeros((i, j, k), dtype=np.uint8), affine=affine)
    labels = brain.with_data((brain.data > 0).astype(np.uint8))
    warped = warp_labels_to_case(labels, fit, like=grid)
    return warped.with_data(warped.data > 0)


def _corners(volume: Volume) -> Points:
    ends = np.array(np.meshgrid(*[(0, count - 1) for count in volume.shape])).reshape(3, -1).T
    return volume.world(ends)


def _level(fit: TemplateFit) -> Plane:
    slope = (_BROW_MM[1] - _NAPE_MM[1]) / (_BROW_MM[0] - _NAPE_MM[0])
    normal = np.array([0.0, -slope, 1.0])
    return Plane.pulled_back(normal, _BROW_MM[1] - slope * _BROW_MM[0], fit.affine)


def _front(fit: TemplateFit) -> Plane:
    return Plane.pulled_back(np.array([0.0, 1.0, 0.0]), _TEMPLE_MM, fit.affine)


def _dice(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    total = np.count_nonzero(one) + np.count_nonzero(other)
    return 2.0 * np.count_nonzero(one & other) / total if total else 0.0
