"""The largest extent of a region in any direction."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from glioscope.core import Quantity, Region, Volume
from glioscope.measurement.edges import crossings_mm, surface_offset_mm
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
    crossings = crossings_mm(np.pad(np.asarray(mask.data[box], dtype=bool), 1), mask.spacing_mm)
    start, end = farthest_pair(crossings)
    length_mm = float(np.linalg.norm(end - start))
    outwards = (end - start) / length_mm
    return length_mm + sum(
        surface_offset_mm(crossings, end_mm=point, outwards=direction, spacing_mm=mask.spacing_mm)
        for point, direction in ((start, -outwards), (end, outwards))
    )
