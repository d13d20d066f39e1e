"""Where a NIfTI file says its voxels lie, and whether that can be true."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from nibabel.spatialimages import HeaderDataError

from glioscope.core import GeometryError, Notice, Severity

Affine = npt.NDArray[np.float64]

SHEAR_LIMIT: Final = 2e-3
"""Largest cosine between two axes: 0.2 mm over 100 mm.  ITK, which registers, has no shear."""

SPACING_LIMITS_MM: Final = (0.05, 25.0)
_DISAGREEMENT_MM: Final = 0.5
_BEYOND_MM: Final = 1e5
_TO_MM: Final = {1: 1000.0, 3: 0.001}
"""Length units of NIfTI that are not millimetres: 1 is metre, 3 is micrometre."""


def affine_of_header(
    header: Any,  # noqa: ANN401 - nibabel is not typed
    *,
    shape: tuple[int, int, int],
    name: str,
) -> tuple[Affine, tuple[Notice, ...]]:
    """Return the affine to RAS+ mm: the sform, else the qform.

    A sform with shear gives way to the qform, which can't have any.

    Args:
        header: Of nibabel.
        shape: Voxels.
        name: How messages call the file.

    Raises:
        GeometryError: If neither is set, or what is set can't be true.
    """
    # numbers of any size stand in damaged headers; what comes of them is checked at the end
    with np.errstate(all="ignore"):
        affine, notices = _chosen(header, shape=shape, name=name)
        check_affine(affine, name=name)
    return affine, notices


def _chosen(
    header: Any,  # noqa: ANN401 - as above
    *,
    shape: tuple[int, int, int],
    name: str,
) -> tuple[Affine, tuple[Notice, ...]]:
    sform, qform = _coded(header, "sform", name=name), _coded(header, "qform", name=name)
    if sform is None and qform is None:
        msg = (
            f"{name} does not say where its voxels lie (sform and qform codes are 0), so left"
            " and right can't be told; convert it again from DICOM, with dcm2niix for example"
        )
        raise GeometryError(msg)
    scale = _TO_MM.get(int(header["xyzt_units"]) & 7, 1.0)
    notices = _unit_notices(scale, name=name)
    if sform is not None and qform is not None:
        notices += _difference_notices(sform, qform, shape=shape, name=name)
    use_qform = sform is None or (qform is not None and shear(sform) > SHEAR_LIMIT)
    chosen = qform if use_qform else sform
    return np.diag([scale, scale, scale, 1.0]) @ np.asarray(chosen), notices


def _coded(header: Any, form: str, *, name: str) -> Affine | None:  # noqa: ANN401 - as above
    try:
        affine, code = getattr(header, f"get_{form}")(coded=True)
    except (HeaderDataError, ValueError) as error:
        msg = f"{name}: the {form} of its header is not valid; convert it again from its source"
        raise GeometryError(msg) from error
    return None if code == 0 or affine is None else np.asarray(affine, dtype=np.float64)


def shear(affine: Affine) -> float:
    """Return the largest cosine between two axes; 0 for orthogonal axes, 1 if two coincide."""
    columns = affine[:3, :3]
    lengths = np.linalg.norm(columns, axis=0)
    if not lengths.all():
        return 1.0
    unit = columns / lengths
    return float(np.abs(unit.T @ unit - np.eye(3)).max())


def check_affine(affine: Affine, *, name: str) -> None:
    """Refuse an affine that no scanner makes.

    Raises:
        GeometryError: If it is not finite, has axes that coincide or are not orthogonal, or a
            spacing outside 0.05 to 25 mm.
    """
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    low, high = SPACING_LIMITS_MM
    if not np.isfinite(affine).all() or spacing.min() < low or spacing.max() > high:
        told = " x ".join(f"{length:.3g}" for length in spacing)
        msg = f"{name}: a voxel of {told} mm can't be true; convert it again from its source"
        raise GeometryError(msg)
    if shear(affine) > SHEAR_LIMIT:
        angle_deg = float(np.degrees(np.arcsin(min(1.0, shear(affine)))))
        msg = (
            f"{name}: its axes are {angle_deg:.1f} degrees off a right angle, which no"
            " registration here can use; resample it to an orthogonal grid"
        )
        raise GeometryError(msg)


def _unit_notices(scale: float, *, name: str) -> tuple[Notice, ...]:
    if scale == 1.0:
        return ()
    unit = "metres" if scale > 1 else "micrometres"
    message = f"{name} is given in {unit}; it was converted to millimetres."
    return (Notice(code="nifti-units", severity=Severity.INFO, message=message),)


def _difference_notices(
    sform: Affine, qform: Affine, *, shape: tuple[int, int, int], name: str
) -> tuple[Notice, ...]:
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in shape])).reshape(3, -1).T
    difference = sform - qform
    apart = corners @ difference[:3, :3].T + difference[:3, 3]
    distance_mm = float(np.linalg.norm(apart, axis=1).max())
    if distance_mm <= _DISAGREEMENT_MM:
        return ()
    mirrored = np.sign(np.linalg.det(sform[:3, :3])) != np.sign(np.linalg.det(qform[:3, :3]))
    used = "qform" if shear(sform) > SHEAR_LIMIT else "sform"
    apart_mm = f"{distance_mm:.1f}" if distance_mm < _BEYOND_MM else "very many"
    message = (
        f"{name}: the two geometries in its header (sform and qform) lie up to"
        f" {apart_mm} mm apart; the {used} was used."
        + (" They mirror each other: check the sides against the original." if mirrored else "")
    )
    severity = Severity.ALARM if mirrored else Severity.WARNING
    return (Notice(code="nifti-geometry-conflict", severity=severity, message=message),)
