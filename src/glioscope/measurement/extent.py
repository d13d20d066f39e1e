"""The largest extent of a region in any direction."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from glioscope.core import Quantity, Region, Volume
from glioscope.measurement.edges import Frame, find_crossings, fitted_end_mm
from glioscope.measurement.farthest import farthest_pair

_METHOD = (
    "largest distance between two points of the surface, the surface placed between the voxels by"
    " a smooth fit"
)


def maximum_3d_diameter(mask: Volume, *, region: Region) -> Quantity:
    """Return the largest distance between two points of a region, ``None`` if it is empty.

    Not the feature ``Maximum3DDiameter`` of PyRadiomics, which takes the middles between the
    voxels as they are and comes out up to a millimetre longer.
    """
    boxes = ndimage.find_objects(mask.data.astype(np.uint8))
    value = _longest_mm(mask, boxes[0]) if boxes else None
    return Quantity(
        name="maximum_3d_diameter", value=value, unit="mm", region=region, method=_METHOD
    )


def _longest_mm(mask: Volume, box: tuple[slice, ...]) -> float:
    crossings = find_crossings(np.pad(np.asarray(mask.data[box], dtype=bool), 1), mask.spacing_mm)
    start, end = farthest_pair(crossings.points_mm)
    length_mm = float(np.linalg.norm(end - start))
    chord = (end - start) / length_mm
    # The rows of the last two right singular vectors are perpendicular to the chord.
    across = np.linalg.svd(chord[None])[2][1:]
    ends = [
        fitted_end_mm(
            crossings,
            end_mm=point,
            frame=Frame(outwards=sign * chord, across=across, free=2, chord_mm=length_mm),
            spacing_mm=mask.spacing_mm,
        )
        for point, sign in ((start, -1.0), (end, 1.0))
    ]
    return float(np.linalg.norm(ends[1] - ends[0]))
