"""The grid of a prepared case, and the one interpolation that brings a series there."""

from __future__ import annotations

from typing import Final

import nibabel as nib
import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from glioscope.core import Volume, grid_difference
from glioscope.io import from_itk, to_itk, to_itk_affine

_SAME_MM: Final = 1e-3


def canonical(volume: Volume) -> Volume:
    """Permute and flip the axes so that they run closest to right, anterior, superior.

    No voxel changes its value or its place in the world.
    """
    turn = nib.io_orientation(volume.affine)
    data = nib.apply_orientation(volume.data, turn)
    affine = volume.affine @ nib.orientations.inv_ornt_aff(turn, volume.shape)
    return Volume(data=np.ascontiguousarray(data), affine=affine)


def case_grid(reference: Volume, *, spacing_mm: float) -> Volume:
    """Return the (empty, bool) grid of a case: isotropic, over all the reference covers.

    Its axes are the reference's own, permuted and flipped to run closest to right, anterior,
    superior.  They are not turned to the world's axes: the third stays perpendicular to the slices
    as the radiologist planned them, in which RANO diameters are defined, and an image that has the
    spacing already is not interpolated at all.
    """
    upright = canonical(reference)
    old_mm = np.array(upright.spacing_mm)
    if np.abs(old_mm - spacing_mm).max() < _SAME_MM:
        return upright.with_data(np.zeros(upright.shape, dtype=bool))
    shape = np.maximum(1, np.round(np.array(upright.shape) * old_mm / spacing_mm)).astype(int)
    affine = np.eye(4)
    affine[:3, :3] = upright.affine[:3, :3] / old_mm * spacing_mm
    middle = upright.world((np.array(upright.shape) - 1) / 2)
    affine[:3, 3] = middle - affine[:3, :3] @ ((shape - 1) / 2)
    i, j, k = shape.tolist()
    return Volume(data=np.zeros((i, j, k), dtype=bool), affine=affine)


def cropped(volume: Volume, *, low: npt.ArrayLike, high: npt.ArrayLike) -> Volume:
    """Cut out the voxels from index ``low`` to ``high`` (not included); their place stays."""
    start, stop = np.asarray(low, dtype=int), np.asarray(high, dtype=int)
    box = tuple(slice(int(a), int(b)) for a, b in zip(start, stop, strict=True))
    affine = volume.affine.copy()
    affine[:3, 3] = volume.world(start)
    return Volume(data=np.ascontiguousarray(volume.data[box]), affine=affine)


def bounds(mask: Volume, *, margin_mm: float) -> tuple[npt.NDArray[np.int_], npt.NDArray[np.int_]]:
    """Return the corners ``(low, high)`` of the box around a mask that is not empty, with a margin.

    Args:
        mask: Bool, at least one voxel set.
        margin_mm: Added on every side, as far as the grid reaches.
    """
    margin = np.ceil(margin_mm / np.array(mask.spacing_mm)).astype(int)
    low, high = [], []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        used = np.flatnonzero(mask.data.any(axis=others))
        low.append(used[0])
        high.append(used[-1] + 1)
    return (
        np.maximum(np.array(low) - margin, 0),
        np.minimum(np.array(high) + margin, mask.shape),
    )


def resampled(
    image: Volume,
    *,
    like: Volume,
    to_reference: npt.NDArray[np.float64] | None = None,
    outside: float = 0.0,
) -> Volume:
    """Bring a series onto a grid: one linear interpolation, or none if only axes differ.

    Args:
        image: Intensities, on any grid.
        like: Its grid is the result's.
        to_reference: Shape ``(4, 4)``, world of the image to world of the grid, RAS+ mm; ``None``
            for the same world.
        outside: Value where the image does not reach.
    """
    moved = to_reference is not None and not np.allclose(to_reference, np.eye(4), atol=1e-9)
    upright = None if moved else canonical(image)
    if upright is not None and grid_difference(upright, like) is None:
        return upright.with_data(upright.data.astype(np.float32))
    source = image.with_data(image.data.astype(np.float32))
    return _interpolated(source, like, to_reference, sitk.sitkLinear, outside)


def resampled_mask(
    mask: Volume, *, like: Volume, to_reference: npt.NDArray[np.float64] | None = None
) -> Volume:
    """Bring a bool mask onto a grid; half a voxel covered counts as inside."""
    share = resampled(mask, like=like, to_reference=to_reference)
    return share.with_data(share.data >= 0.5)


def _interpolated(
    image: Volume,
    like: Volume,
    to_reference: npt.NDArray[np.float64] | None,
    interpolator: int,
    outside: float,
) -> Volume:
    move = np.eye(4) if to_reference is None else to_reference
    pull = np.asarray(np.linalg.inv(move), dtype=np.float64)
    grid = to_itk(like.with_data(np.zeros(like.shape, dtype=np.uint8)))
    return from_itk(
        sitk.Resample(
            to_itk(image), grid, to_itk_affine(pull), interpolator, outside, sitk.sitkFloat32
        )
    )
