"""What of a raw series is head, what is air that holds the scanner's noise, and what is padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import nibabel as nib
import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.filters import threshold_otsu

from glioscope.core import Volume

_AIR_MARGIN_MM: Final = 10.0
_WORK_MM: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """One series seen slice by slice, at about 2 mm in plane.

    Args:
        data: Intensities, float32, shape ``(A, B, K)``: slices along the last axis.
        spacing_mm: Along A, B, K.
        head: Bool, what is brighter than the threshold, holes filled, largest part.
        tissue: Bool, what of it is brighter than the threshold itself.
        padding: Bool, constant (usually 0) regions that reach the border of a slice.
        air: Bool, outside the head by more than 10 mm and not padding.
        threshold: Between air and tissue.
        slice_axis: Which axis of the series K is.
    """

    data: npt.NDArray[np.float32]
    spacing_mm: tuple[float, float, float]
    head: npt.NDArray[np.bool_]
    tissue: npt.NDArray[np.bool_]
    padding: npt.NDArray[np.bool_]
    air: npt.NDArray[np.bool_]
    threshold: float
    slice_axis: int


def slice_axis(volume: Volume) -> int:
    """Return the axis along which slices lie: the coarsest, of equal ones the one nearest to S."""
    spacing = np.array(volume.spacing_mm)
    axes = nib.aff2axcodes(volume.affine)
    upright = next((axis for axis in range(3) if axes[axis] in {"S", "I"}), 2)
    coarsest = int(np.argmax(spacing))
    return coarsest if spacing[coarsest] > 1.2 * spacing[upright] else upright


def look_at(volume: Volume) -> Scene:
    """Split a series into head, air and padding."""
    axis = slice_axis(volume)
    data = np.moveaxis(volume.data, axis, 2)
    spacing = np.delete(np.array(volume.spacing_mm), axis)
    steps = [max(1, int(_WORK_MM / mm)) for mm in spacing]
    thin = data[:: steps[0], :: steps[1]].astype(np.float32)
    spacing_mm = (
        float(spacing[0] * steps[0]),
        float(spacing[1] * steps[1]),
        float(volume.spacing_mm[axis]),
    )
    padding = _padding(data)[:: steps[0], :: steps[1]]
    threshold = _threshold(thin[~padding]) if not padding.all() else float(thin.max())
    tissue = (thin > threshold) & ~padding
    head = _solid(tissue)
    wide = ndimage.distance_transform_edt(~head, sampling=spacing_mm) > _AIR_MARGIN_MM
    return Scene(
        data=thin,
        spacing_mm=spacing_mm,
        head=head,
        tissue=tissue,
        padding=padding,
        air=wide & ~padding,
        threshold=threshold,
        slice_axis=axis,
    )


def padding_of(volume: Volume) -> npt.NDArray[np.bool_]:
    """Return the voxels, on the series' own grid, that a program filled with one value.

    Only areas that reach the border of their slice: dark ventricles are not padding.
    """
    axis = slice_axis(volume)
    return np.moveaxis(_padding(np.moveaxis(volume.data, axis, 2)), 2, axis)


def _threshold(values: npt.NDArray[np.float32]) -> float:
    """Return half of Otsu's threshold: dark tissue counts as head."""
    clipped = np.minimum(values, np.percentile(values, 99.0))
    if clipped.min() == clipped.max():
        return float(clipped.max())
    return float(clipped.min()) + 0.5 * (float(threshold_otsu(clipped)) - float(clipped.min()))


def _padding(data: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return the large areas of one value that reach the border of a slice.

    A program put them there, not a scanner.  Looked for are the least value and the commonest one
    of the border.  A lone pixel of noise may have it by chance; an area of 5 x 5 has it on purpose.
    """
    faces = np.concatenate([data[0].ravel(), data[-1].ravel(), data[:, 0].ravel()])
    values, counts = np.unique(faces, return_counts=True)
    commonest = values[np.argmax(counts)]
    found = _areas(data == data.min())
    return found if commonest == data.min() else found | _areas(data == commonest)


def _areas(same: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    for structure in (np.ones((5, 1, 1), dtype=bool), np.ones((1, 5, 1), dtype=bool)):
        same = ndimage.binary_erosion(same, structure=structure, border_value=1)
    for structure in (np.ones((5, 1, 1), dtype=bool), np.ones((1, 5, 1), dtype=bool)):
        same = ndimage.binary_dilation(same, structure=structure)
    return np.stack([_from_border(same[..., k]) for k in range(same.shape[2])], axis=-1)


def _from_border(area: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    parts, _ = ndimage.label(area)
    edges = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
    reached = np.unique(edges[edges > 0])
    return np.asarray(np.isin(parts, reached)) if reached.size else np.zeros_like(area)


def _solid(tissue: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Fill holes slice by slice and keep the largest part."""
    filled = np.stack(
        [ndimage.binary_fill_holes(tissue[..., k]) for k in range(tissue.shape[2])], axis=-1
    )
    opened = ndimage.binary_opening(filled, structure=np.ones((3, 3, 1), dtype=bool))
    parts, count = ndimage.label(opened)
    if count == 0:
        return np.zeros_like(tissue)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray(parts == np.argmax(sizes))
