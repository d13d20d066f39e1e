"""The ideal mid-sagittal plane, and how far the midline is pushed away from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from glioscope.core import Case, Hemisphere, MidlinePlane
from glioscope.preparation import TemplateConfig, TemplateFit, fit_template

FALX_ATTACHMENT_MM: Final = (
    (0.0, 70.0, 0.0),
    (0.0, 68.0, 15.0),
    (0.0, 62.0, 30.0),
    (0.0, 52.0, 44.0),
    (0.0, 38.0, 56.0),
    (0.0, 20.0, 66.0),
    (0.0, 0.0, 72.0),
    (0.0, -20.0, 76.0),
    (0.0, -40.0, 76.0),
    (0.0, -60.0, 68.0),
    (0.0, -80.0, 52.0),
    (0.0, -95.0, 30.0),
    (0.0, -102.0, 5.0),
)
"""Where the falx meets the skull, on the template's outline at x = 0: what mass effect leaves."""

SEPTUM_MM: Final = tuple((0.0, y, z) for y in (-6.0, 0.0, 6.0, 12.0, 18.0) for z in (8.0, 13.0))
THIRD_VENTRICLE_MM: Final = tuple(
    (0.0, y, z) for y in (-20.0, -14.0, -8.0, -3.0) for z in (-4.0, 2.0)
)
"""Middle structures around the foramen of Monro, where radiologists measure the shift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How far the midline is pushed.

    Args:
        shift_mm: Largest displacement from the ideal plane, 0 or more.
        towards: The side it is pushed to; ``None`` if it is not moved at all.
        structure: The structure that is displaced most.
    """

    shift_mm: float
    towards: Hemisphere | None
    structure: str


def midline_plane(case: Case, *, fit: TemplateFit | None = None) -> MidlinePlane:
    """Return the ideal mid-sagittal plane of a patient.

    Args:
        case: Prepared.
        fit: Of the template to this case; made here, affine only, where ``None``.
    """
    if fit is None:
        affine_only = TemplateConfig(coarse_iterations=0, fine_iterations=0)
        fit = fit_template(case, config=affine_only)
    return plane_of_fit(fit)


def plane_of_fit(fit: TemplateFit) -> MidlinePlane:
    """Return the plane through the attachment of the falx, as the fitted template shows it.

    Total least squares with Tukey-like weights, so that one attachment beside a tumor does not
    turn it.
    """
    points = fit.to_case(np.array(FALX_ATTACHMENT_MM))
    weights = np.ones(len(points))
    center, normal = points.mean(axis=0), np.array([1.0, 0.0, 0.0])
    for _ in range(10):
        center = np.average(points, axis=0, weights=weights)
        _, _, axes = np.linalg.svd((points - center) * np.sqrt(weights)[:, None])
        normal = axes[2]
        distance = (points - center) @ normal
        scale = 1.4826 * float(np.median(np.abs(distance))) + 0.5
        weights = (1.0 - (distance / (4.0 * scale)) ** 2).clip(1e-3) ** 2
    to_the_right = fit.affine[0, :3]
    normal = normal if float(normal @ to_the_right) > 0 else -normal
    return MidlinePlane(point_mm=_triple(center), normal_mm=_triple(normal))


def midline_shift(fit: TemplateFit, plane: MidlinePlane) -> Shift:
    """Return the largest displacement of septum pellucidum and third ventricle from the plane."""
    largest = Shift(shift_mm=0.0, towards=None, structure="septum pellucidum")
    for name, points in (
        ("septum pellucidum", SEPTUM_MM),
        ("third ventricle", THIRD_VENTRICLE_MM),
    ):
        sides = plane.side_mm(fit.to_case(np.array(points)))
        value = float(sides[np.argmax(np.abs(sides))])
        if abs(value) > largest.shift_mm:
            towards = Hemisphere.RIGHT if value > 0 else Hemisphere.LEFT
            largest = Shift(shift_mm=abs(value), towards=towards, structure=name)
    return largest


def _triple(values: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = values.tolist()
    return (x, y, z)
