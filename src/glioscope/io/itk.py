"""The border to ITK, whose world is LPS; beyond it everything is RAS+."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from glioscope.core import Volume

_FLIP: Final = np.diag([-1.0, -1.0, 1.0, 1.0])
"""RAS+ to LPS+ and back: the first two axes change their sign."""


def to_itk(volume: Volume) -> sitk.Image:
    """Return the same image for ITK; a bool mask becomes uint8.

    Raises:
        GeometryError: Never; a sheared affine loses its shear (ITK has orthogonal axes only),
            which `glioscope.io` refuses while reading.
    """
    data = volume.data.astype(np.uint8) if volume.data.dtype == bool else volume.data
    image = sitk.GetImageFromArray(np.ascontiguousarray(data.transpose(2, 1, 0)))
    lps = _FLIP @ volume.affine
    spacing = np.array(volume.spacing_mm)
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
    return image


def from_itk(image: sitk.Image) -> Volume:
    """Return an ITK image as a volume in RAS+ mm."""
    data = np.ascontiguousarray(sitk.GetArrayFromImage(image).transpose(2, 1, 0))
    lps = np.eye(4)
    lps[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    lps[:3, 3] = image.GetOrigin()
    return Volume(data=data, affine=_FLIP @ lps)


def to_itk_affine(matrix_ras: npt.NDArray[np.float64]) -> sitk.AffineTransform:
    """Return a RAS+ mm point map, shape ``(4, 4)``, as an ITK transform (maps points likewise)."""
    lps = _FLIP @ matrix_ras @ _FLIP
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(lps[:3, :3].ravel().tolist())
    transform.SetTranslation(lps[:3, 3].tolist())
    return transform


def from_itk_affine(transform: sitk.Transform) -> npt.NDArray[np.float64]:
    """Return the RAS+ mm point map, shape ``(4, 4)``, of a linear ITK transform.

    Args:
        transform: Any linear ITK transform (Euler3D, Versor, Affine), with any center.
    """
    origin = np.array(transform.TransformPoint((0.0, 0.0, 0.0)))
    columns = [np.array(transform.TransformPoint(tuple(row))) - origin for row in np.eye(3)]
    lps = np.eye(4)
    lps[:3, :3] = np.column_stack(columns)
    lps[:3, 3] = origin
    return np.asarray(_FLIP @ lps @ _FLIP)
