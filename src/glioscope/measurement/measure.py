"""All numbers of one segmentation."""

from __future__ import annotations

import numpy as np

from glioscope.core import (
    Diameters,
    Lesion,
    Measurements,
    MidlinePlane,
    Quantity,
    Region,
    Segmentation,
    Volume,
    region_mask,
)
from glioscope.measurement.crop import cut, filled_box
from glioscope.measurement.diameters import axial_axis
from glioscope.measurement.extent import maximum_3d_diameter
from glioscope.measurement.lesions import (
    find_lesions,
    has_core,
    largest_diameters,
    largest_product,
)
from glioscope.measurement.shape import SHAPE_UNITS, shape_features
from glioscope.measurement.volumes import proportions, region_volumes

_SHAPED = (Region.WT, Region.TC, Region.ET)
_SHAPE_METHOD = "shape feature of PyRadiomics 3.0.1, along the axes of the case's grid"


def measure(
    segmentation: Segmentation,
    *,
    midline: MidlinePlane | None = None,
    brain: Volume | None = None,
) -> Measurements:
    """Measure one segmentation.

    Args:
        segmentation: Of one case, on its grid.
        midline: Tells left from right for the hemisphere of each lesion: the plane that
            ``glioscope.anatomy`` finds.  Without one, the sagittal plane of the grid's world
            is taken, which is right only for a head that lies straight in it.
        brain: Boolean mask; where there is no midline, the sagittal plane goes through its
            centroid, and without it through the middle of the grid.

    Returns:
        Volumes of 0 mL, no lesions and undefined proportions where there is no tumor.
    """
    plane = _sagittal_plane(segmentation.labels, brain) if midline is None else midline
    box = filled_box(segmentation.labels)
    labels = cut(segmentation.labels, box)
    first_slice = box[axial_axis(labels)].start
    volumes = region_volumes(labels, probabilities=segmentation.probabilities)
    lesions = find_lesions(labels, midline=plane, first_slice=first_slice)
    masks = {region: region_mask(labels, region) for region in _SHAPED}
    return Measurements(
        volumes=volumes,
        proportions=proportions(volumes),
        shape={region: _shape(mask, region) for region, mask in masks.items() if mask.data.any()},
        maximum_3d_diameter={
            region: maximum_3d_diameter(mask, region=region) for region, mask in masks.items()
        },
        lesions=lesions,
        multifocal=sum(map(has_core, lesions)) > 1 if lesions else None,
        satellites=sum(lesion.satellite for lesion in lesions),
        diameters=_diameters(labels, lesions, first_slice),
    )


def _diameters(
    labels: Volume, lesions: tuple[Lesion, ...], first_slice: int
) -> dict[Region, Diameters]:
    """Return the diameters of enhancing and of T2/FLAIR disease.

    Every enhancing part that is large enough was measured with its lesion.
    """
    enhancing = largest_product(
        lesion.diameters for lesion in lesions if lesion.diameters_region is Region.ET
    )
    whole = largest_diameters(labels, Region.WT, first_slice=first_slice)
    found = {Region.ET: enhancing, Region.WT: whole}
    return {region: diameters for region, diameters in found.items() if diameters is not None}


def _shape(mask: Volume, region: Region) -> dict[str, Quantity]:
    return {
        name: Quantity(
            name=name, value=value, unit=SHAPE_UNITS[name], region=region, method=_SHAPE_METHOD
        )
        for name, value in shape_features(mask).items()
    }


def _sagittal_plane(grid: Volume, brain: Volume | None) -> MidlinePlane:
    if brain is not None and brain.data.any():
        middle = brain.world(np.argwhere(brain.data).mean(axis=0))
    else:
        middle = grid.world((np.array(grid.shape) - 1) / 2)
    x, y, z = middle.tolist()
    return MidlinePlane(point_mm=(x, y, z), normal_mm=(1.0, 0.0, 0.0))
