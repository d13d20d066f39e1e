"""The map between one brain and the MNI template, and what it carries across."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from scipy.ndimage import map_coordinates

from glioscope.core import Volume
from glioscope.io import from_itk, to_itk, to_itk_affine


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TemplateFit:
    """The map from a case's world to MNI ICBM 152 world, both RAS+ mm.

    $$T(x) = A (x + u(x))$$

    Args:
        affine: Shape ``(4, 4)``, the affine part ``A``.
        displacement_mm: Shape ``(I, J, K, 3)``, float32, RAS+ mm, ``u`` on its own grid; 0
            everywhere if the fit is affine only, and taken as 0 outside its grid.
        displacement_affine: Shape ``(4, 4)``: voxel index of ``u`` to the case's world.
        similarity: Normalized cross-correlation over the brain (without what was excluded) of the
            case and the fitted template in the case's contrast, -1 to 1.
        affine_similarity: The same for the affine part alone.
    """

    affine: npt.NDArray[np.float64]
    displacement_mm: npt.NDArray[np.float32]
    displacement_affine: npt.NDArray[np.float64]
    similarity: float
    affine_similarity: float

    def to_template(self, points_mm: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Map points of the case's world, shape ``(..., 3)``, RAS+ mm, to template world."""
        points = np.asarray(points_mm, dtype=np.float64)
        moved = points + self._displacement(points)
        return np.asarray(moved @ self.affine[:3, :3].T + self.affine[:3, 3])

    def to_case(self, points_mm: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Map points of template world, shape ``(..., 3)``, RAS+ mm, to the case's world.

        The displacement is inverted by fixed-point iteration (it contracts: demons keep it smooth).
        """
        inverse = np.linalg.inv(self.affine)
        target = np.asarray(points_mm, dtype=np.float64) @ inverse[:3, :3].T + inverse[:3, 3]
        points = target
        for _ in range(20):
            points = target - self._displacement(points)
        return np.asarray(points)

    def transform(self) -> sitk.Transform:
        """Return the same map for ITK (LPS mm); as a resampling transform it pulls the template."""
        lps = self.displacement_mm.astype(np.float64) * (-1.0, -1.0, 1.0)
        field = sitk.GetImageFromArray(lps.transpose(2, 1, 0, 3), isVector=True)
        grid = np.zeros(self.displacement_mm.shape[:3], dtype=np.uint8)
        field.CopyInformation(to_itk(Volume(data=grid, affine=self.displacement_affine)))
        return sitk.CompositeTransform(
            [to_itk_affine(self.affine), sitk.DisplacementFieldTransform(field)]
        )

    def _displacement(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        inverse = np.linalg.inv(self.displacement_affine)
        listed = points.reshape(-1, 3)
        index = (listed @ inverse[:3, :3].T + inverse[:3, 3]).T
        parts = [
            map_coordinates(self.displacement_mm[..., axis], index, order=1, mode="constant")
            for axis in range(3)
        ]
        return np.stack(parts, axis=-1).astype(np.float64).reshape(points.shape)


def warp_labels_to_case(labels_in_template: Volume, fit: TemplateFit, *, like: Volume) -> Volume:
    """Bring a label volume of template space onto a grid of the case, nearest neighbour.

    Args:
        labels_in_template: Integers on any grid in MNI ICBM 152 world.
        fit: The fitted map.
        like: Its grid is the result's; its data is not looked at.
    """
    warped = _resample(
        to_itk(labels_in_template), _empty(like), fit.transform(), sitk.sitkNearestNeighbor
    )
    return from_itk(warped)


def warp_image_to_case(image_in_template: Volume, fit: TemplateFit, *, like: Volume) -> Volume:
    """Bring an intensity or probability volume of template space onto a grid of the case.

    Args:
        image_in_template: Real values on any grid in MNI ICBM 152 world.
        fit: The fitted map.
        like: Its grid is the result's.
    """
    image = to_itk(image_in_template.with_data(image_in_template.data.astype(np.float32)))
    return from_itk(_resample(image, _empty(like), fit.transform(), sitk.sitkLinear))


def _empty(like: Volume) -> sitk.Image:
    return to_itk(like.with_data(np.zeros(like.shape, dtype=np.uint8)))


def _resample(
    image: sitk.Image, grid: sitk.Image, transform: sitk.Transform, interpolator: int
) -> sitk.Image:
    return sitk.Resample(image, grid, transform, interpolator, 0.0, image.GetPixelID())
