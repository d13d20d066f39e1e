"""The 14 shape features of PyRadiomics, equal to its release 3.0.1.

Definitions: pyradiomics.readthedocs.io/en/v3.0.1/features.html#module-radiomics.shape, and
van Griethuysen et al., Cancer Res 2017;77(21):e104 (doi:10.1158/0008-5472.CAN-17-0339).  They
are measured along the axes of the array, as PyRadiomics does, whatever way these point.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial.distance import cdist

from glioscope.core import Volume
from glioscope.measurement.farthest import farthest_pair
from glioscope.measurement.marching_cubes import cube_areas_mm2, cube_codes, cube_moments

SHAPE_UNITS: Final[Mapping[str, str]] = {
    "MeshVolume": "mm3",
    "VoxelVolume": "mm3",
    "SurfaceArea": "mm2",
    "SurfaceVolumeRatio": "mm-1",
    "Sphericity": "1",
    "Maximum3DDiameter": "mm",
    "Maximum2DDiameterSlice": "mm",
    "Maximum2DDiameterColumn": "mm",
    "Maximum2DDiameterRow": "mm",
    "MajorAxisLength": "mm",
    "MinorAxisLength": "mm",
    "LeastAxisLength": "mm",
    "Elongation": "1",
    "Flatness": "1",
}
"""UCUM unit by feature, under PyRadiomics' names."""


def shape_features(mask: Volume) -> dict[str, float | None]:
    """Return the features by PyRadiomics' names.

    Args:
        mask: Boolean.

    Returns:
        Empty for an empty mask.  A mesh without volume (a few loose voxels can be one) has no
        sphericity and no ratio, a flat mask no elongation: ``None``.
    """
    boxes = ndimage.find_objects(mask.data.astype(np.uint8))
    if not boxes:
        return {}
    cropped: npt.NDArray[np.bool_] = np.asarray(mask.data[boxes[0]], dtype=bool)
    features = _mesh_features(cropped, mask.spacing_mm)
    features |= _diameters_mm(cropped, mask.spacing_mm)
    features |= _axis_features(cropped, mask.spacing_mm)
    return {name: features[name] for name in SHAPE_UNITS}


def _mesh_features(
    mask: npt.NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> dict[str, float | None]:
    codes = cube_codes(mask)
    voxel_mm3 = math.prod(spacing_mm)
    area_mm2 = float(np.bincount(codes.ravel(), minlength=256) @ cube_areas_mm2(spacing_mm))
    volume_mm3 = _mesh_volume_vox(codes) * voxel_mm3
    closed = volume_mm3 > 0
    return {
        "MeshVolume": volume_mm3,
        "VoxelVolume": int(np.count_nonzero(mask)) * voxel_mm3,
        "SurfaceArea": area_mm2,
        "SurfaceVolumeRatio": area_mm2 / volume_mm3 if closed else None,
        "Sphericity": (36 * math.pi * volume_mm3**2) ** (1 / 3) / area_mm2 if closed else None,
    }


def _mesh_volume_vox(codes: npt.NDArray[np.uint8]) -> float:
    """Sum the signed tetrahedra from the first corner of the padded box to the triangles.

    The origin matters: where two voxels touch crosswise the mesh has a gap.
    """
    own, vector = cube_moments()
    flat = codes.ravel()
    total = float(np.bincount(flat, minlength=256) @ own)
    for axis in range(3):
        along = np.arange(codes.shape[axis], dtype=np.float64)
        along = np.broadcast_to(
            along.reshape([-1 if a == axis else 1 for a in range(3)]), codes.shape
        )
        sums = np.bincount(flat, weights=along.ravel(), minlength=256)
        total += float(sums @ vector[:, axis]) / 3
    return total


def _diameters_mm(
    mask: npt.NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> dict[str, float | None]:
    vertices = _outermost_vertices(mask)
    scale = np.array(spacing_mm) / 2
    one, other = farthest_pair(vertices * scale)
    planes = [_largest_in_plane_mm(vertices, scale, axis) for axis in range(3)]
    return {
        "Maximum3DDiameter": float(np.linalg.norm(one - other)),
        "Maximum2DDiameterSlice": planes[2],
        "Maximum2DDiameterColumn": planes[1],
        "Maximum2DDiameterRow": planes[0],
    }


def _outermost_vertices(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the vertices of the mesh in half voxels, shape ``(N, 3)``."""
    padded = np.pad(mask, 1)
    points = []
    for axis in range(3):
        changes = np.column_stack(np.nonzero(np.diff(padded, axis=axis))).astype(np.int64) * 2
        changes[:, axis] += 1
        points.append(changes)
    return np.concatenate(points)


def _largest_in_plane_mm(
    vertices: npt.NDArray[np.int64], scale: npt.NDArray[np.float64], axis: int
) -> float:
    """Return the largest distance of two vertices that lie in one plane across an axis.

    Planes with the largest boxes come first, so that most others need no look.
    """
    planes = [points * scale for points in _planes(vertices, axis)]
    reach = [float(np.linalg.norm(np.ptp(points, axis=0))) for points in planes]
    largest = 0.0
    for place in np.argsort(reach)[::-1].tolist():
        if reach[place] <= largest:
            break
        largest = max(largest, float(cdist(planes[place], planes[place]).max()))
    return largest


def _planes(vertices: npt.NDArray[np.int64], axis: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield, plane by plane, the first and the last vertex of every line in it.

    No vertex between them can be an end of the plane's diameter.
    """
    row, column = (other for other in range(3) if other != axis)
    ordered = vertices[np.lexsort((vertices[:, column], vertices[:, row], vertices[:, axis]))]
    new_plane = np.diff(ordered[:, axis]) != 0
    new_line = new_plane | (np.diff(ordered[:, row]) != 0)
    ends = np.r_[True, new_line] | np.r_[new_line, True]
    numbers = np.r_[0, np.cumsum(new_plane)][ends]
    yield from np.split(ordered[ends], np.flatnonzero(np.diff(numbers)) + 1)


def _axis_features(
    mask: npt.NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> dict[str, float | None]:
    points_mm = np.column_stack(np.nonzero(mask)) * np.array(spacing_mm)
    centered = points_mm - points_mm.mean(axis=0)
    variances = np.linalg.eigvalsh(centered.T @ centered / len(centered)).clip(min=0)
    least, minor, major = (4 * np.sqrt(variances)).tolist()
    return {
        "MajorAxisLength": major,
        "MinorAxisLength": minor,
        "LeastAxisLength": least,
        "Elongation": minor / major if major > 0 else None,
        "Flatness": least / major if major > 0 else None,
    }
