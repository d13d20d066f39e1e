"""Which part of the tumor lies in which structure, and on which side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt, find_objects

from glioscope.anatomy.atlas import Atlas, Structure
from glioscope.core import Hemisphere, Involvement, Volume

_REACH_MM: Final = 12.0
"""A voxel in a sulcus or fissure counts for the nearest structure within this distance."""

BOTH_FROM_PERCENT: Final = 5.0
"""``Hemisphere.BOTH`` where at least this much lies on the smaller side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Main:
    """The lobe or deep structure that holds most of a region."""

    lobe: str
    hemisphere: Hemisphere


def fill_near(labels: Volume, region: Volume) -> npt.NDArray[np.int32]:
    """Return the labels with the voxels of a region that have none given the nearest one.

    Args:
        labels: Integers on the case's grid.
        region: Bool mask on the same grid.

    Returns:
        Shape of the grid; voxels farther than 12 mm from any structure stay 0.
    """
    filled = labels.data.astype(np.int32)
    boxes = find_objects(region.data.astype(np.uint8))
    if not boxes:
        return filled
    margin = [int(np.ceil(_REACH_MM / spacing)) for spacing in labels.spacing_mm]
    box = tuple(
        slice(max(0, side.start - extra), side.stop + extra)
        for side, extra in zip(boxes[0], margin, strict=True)
    )
    part = filled[box]
    if not part.any():
        return filled
    distance, nearest = distance_transform_edt(
        part == 0, sampling=labels.spacing_mm, return_indices=True
    )
    wanted = region.data[box] & (part == 0) & (distance <= _REACH_MM)
    part[wanted] = part[tuple(nearest)][wanted]
    return filled


def involvement(
    region: Volume, *, filled: npt.NDArray[np.int32], labels: Volume, atlas: Atlas
) -> tuple[Involvement, ...]:
    """Return the share of a region in each structure, largest first; empty for an empty region.

    Args:
        region: Bool mask on the case's grid.
        filled: Labels with no gap inside the tumor (``fill_near``).
        labels: Labels as warped: what a structure's own size is counted on.
        atlas: Names.
    """
    size = int(region.data.sum())
    if size == 0:
        return ()
    length = max(int(s.index) for s in atlas.structures) + 1
    inside = np.bincount(filled[region.data], minlength=length)
    overlap = np.bincount(labels.data[region.data], minlength=length)
    whole = np.bincount(labels.data.ravel(), minlength=length)
    found = [s for s in atlas.structures if inside[s.index] > 0]
    shares = [_involvement(s, inside, overlap, whole, size) for s in found]
    return tuple(sorted(shares, key=lambda share: -share.percent_of_region))


def _involvement(
    structure: Structure,
    inside: npt.NDArray[np.intp],
    overlap: npt.NDArray[np.intp],
    whole: npt.NDArray[np.intp],
    size: int,
) -> Involvement:
    at = structure.index
    return Involvement(
        structure=structure.name,
        hemisphere=structure.hemisphere,
        percent_of_region=100.0 * float(inside[at]) / size,
        percent_of_structure=100.0 * float(overlap[at]) / max(float(whole[at]), 1.0),
    )


def main_lobe(shares: tuple[Involvement, ...], atlas: Atlas) -> Main | None:
    """Return the lobe (parts added up, both sides together) with the largest share.

    Args:
        shares: Of the whole tumor.
        atlas: Knows which structure belongs to which lobe.
    """
    lobes = {(s.name, s.hemisphere): s.lobe for s in atlas.structures}
    totals: dict[str, dict[Hemisphere, float]] = {}
    for share in shares:
        sides = totals.setdefault(lobes[(share.structure, share.hemisphere)], {})
        sides[share.hemisphere] = sides.get(share.hemisphere, 0.0) + share.percent_of_region
    if not totals:
        return None
    lobe = max(totals, key=lambda name: sum(totals[name].values()))
    return Main(lobe=lobe, hemisphere=_side(totals[lobe]))


def _side(sides: Mapping[Hemisphere, float]) -> Hemisphere:
    left, right = sides.get(Hemisphere.LEFT, 0.0), sides.get(Hemisphere.RIGHT, 0.0)
    if left + right == 0.0:
        return Hemisphere.BOTH
    return hemisphere_of(100.0 * left / (left + right))


def hemisphere_of(left_percent: float) -> Hemisphere:
    """Return the side; ``BOTH`` where at least 5% lies on each."""
    if left_percent > 100.0 - BOTH_FROM_PERCENT:
        return Hemisphere.LEFT
    return Hemisphere.RIGHT if left_percent < BOTH_FROM_PERCENT else Hemisphere.BOTH
