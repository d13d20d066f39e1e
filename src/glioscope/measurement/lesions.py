"""The separate tumors of one patient."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from glioscope.core import (
    Diameters,
    Hemisphere,
    Lesion,
    MidlinePlane,
    Region,
    Volume,
    region_mask,
)
from glioscope.measurement.crop import cut
from glioscope.measurement.diameters import axial_axis, axial_diameters
from glioscope.measurement.volumes import volume_ml

SMALLEST_LESION_MM3: Final = 50.0
"""Smaller components are no lesions: the threshold of BraTS 2023 for gliomas."""

SATELLITE_MM: Final = 20.0
"""A lesion this near to the main one is its satellite: the margin that counts as infiltrated by
the same tumor in radiotherapy (ESTRO-ACROP, Niyazi et al., Radiother Oncol 2016;118:35,
doi:10.1016/j.radonc.2015.12.003); beyond it, it is a focus of its own."""

_EACH_SIDE: Final = 0.05
_TOUCHING: Final = np.ones((3, 3, 3), dtype=np.int8)


@dataclass(frozen=True, slots=True)
class _Part:
    """A component cut out of its grid.

    Args:
        mask: Boolean, on the smaller grid.
        labels: Of the component alone, on the smaller grid.
        first_slice: Index of its lowest axial slice on the whole grid.
    """

    mask: Volume
    labels: Volume
    first_slice: int


def find_lesions(
    labels: Volume, *, midline: MidlinePlane, first_slice: int = 0
) -> tuple[Lesion, ...]:
    """Return the connected parts of the whole tumor (26 neighbours), largest first.

    Args:
        labels: Integers of ``core.Label``.
        midline: Tells left from right.
        first_slice: Where the lowest axial slice of the labels lies on the case's grid.
    """
    parts = _parts(labels, Region.WT, first_slice)
    if not parts:
        return ()
    main = cKDTree(_surface_mm(parts[0].mask))
    near = [np.min(main.query(_surface_mm(part.mask))[0]) <= SATELLITE_MM for part in parts]
    return tuple(
        _lesion(
            part, lesion_id, midline=midline, satellite=lesion_id > 1 and bool(near[lesion_id - 1])
        )
        for lesion_id, part in enumerate(parts, start=1)
    )


def has_core(lesion: Lesion) -> bool:
    """Say whether a lesion has a tumor core of at least 50 mm3."""
    return (lesion.volumes[Region.TC].value or 0.0) * 1000.0 >= SMALLEST_LESION_MM3


def largest_diameters(labels: Volume, region: Region, *, first_slice: int = 0) -> Diameters | None:
    """Return the axial diameters of the component of a region with the largest product.

    Args:
        labels: Integers of ``core.Label``.
        region: The region; its components below 50 mm3 are not measured.
        first_slice: Where the lowest axial slice of the labels lies on the case's grid.
    """
    return largest_product(
        axial_diameters(part.mask, region=region, first_slice=part.first_slice)
        for part in _parts(labels, region, first_slice)
    )


def largest_product(found: Iterable[Diameters | None]) -> Diameters | None:
    """Return the diameters with the largest product, ``None`` if there are none."""
    return max(
        (diameters for diameters in found if diameters is not None),
        key=lambda diameters: diameters.product.value or 0.0,
        default=None,
    )


def _parts(labels: Volume, region: Region, first_slice: int) -> list[_Part]:
    """Return the components of a region that are large enough, largest first."""
    numbered, count = ndimage.label(region_mask(labels, region).data, structure=_TOUCHING)
    counts = np.bincount(numbered.ravel(), minlength=int(count) + 1)[1:]
    boxes = ndimage.find_objects(numbered)
    smallest = SMALLEST_LESION_MM3 / (labels.voxel_volume_ml * 1000.0)
    # Equal sizes keep the order of the grid, so that the same input gives the same numbers.
    order = np.argsort(-counts, kind="stable").tolist()
    return [
        _part(labels, boxes[place], numbered[boxes[place]] == place + 1, first_slice)
        for place in order
        if counts[place] >= smallest
    ]


def _part(
    labels: Volume, box: tuple[slice, ...], inside: npt.NDArray[np.bool_], first_slice: int
) -> _Part:
    around = cut(labels, box)
    return _Part(
        mask=around.with_data(inside),
        labels=around.with_data(np.where(inside, around.data, 0)),
        first_slice=first_slice + box[axial_axis(labels)].start,
    )


def _lesion(part: _Part, lesion_id: int, *, midline: MidlinePlane, satellite: bool) -> Lesion:
    points_mm = part.mask.world(np.argwhere(part.mask.data))
    x, y, z = points_mm.mean(axis=0).tolist()
    diameters_region = Region.ET
    diameters = largest_diameters(part.labels, Region.ET, first_slice=part.first_slice)
    if diameters is None:
        diameters_region = Region.WT
        diameters = axial_diameters(part.mask, region=Region.WT, first_slice=part.first_slice)
    return Lesion(
        lesion_id=lesion_id,
        centroid_mm=(x, y, z),
        hemisphere=_hemisphere(midline.side_mm(points_mm)),
        volumes={
            region: volume_ml(region_mask(part.labels, region), region=region) for region in Region
        },
        diameters=diameters,
        diameters_region=diameters_region,
        satellite=satellite,
    )


def _hemisphere(side_mm: npt.NDArray[np.float64]) -> Hemisphere:
    left = float(np.mean(side_mm < 0))
    if _EACH_SIDE <= left <= 1 - _EACH_SIDE:
        return Hemisphere.BOTH
    return Hemisphere.LEFT if left > _EACH_SIDE else Hemisphere.RIGHT


def _surface_mm(mask: Volume) -> npt.NDArray[np.float64]:
    padded = np.pad(np.asarray(mask.data, dtype=bool), 1)
    inner = ndimage.binary_erosion(padded)[1:-1, 1:-1, 1:-1]
    return mask.world(np.argwhere(mask.data & ~inner))
