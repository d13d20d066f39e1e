"""Which lobe each of several tumors lies in."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.anatomy.atlas import load_atlas
from glioscope.anatomy.config import LocateConfig
from glioscope.anatomy.regions import fill_near, involvement, main_lobe
from glioscope.core import Lesion, Location, Region, Segmentation
from glioscope.preparation import TemplateFit, warp_labels_to_case

_TOUCHING: Final = np.ones((3, 3, 3), dtype=np.int8)


def name_lobes(
    lesions: tuple[Lesion, ...],
    segmentation: Segmentation,
    location: Location,
    config: LocateConfig | None = None,
    *,
    fit: TemplateFit,
) -> tuple[Lesion, ...]:
    """Return the lesions with the lobe or deep structure that holds most of each.

    Args:
        lesions: Of this segmentation, as ``measurement.measure`` returns them.
        segmentation: On the case's grid.
        location: Of all of it; where it was refused, no lobe is named.
        config: The atlas that ``location`` was made with.
        fit: Of the template to this case.

    Raises:
        InputError: If the user's atlas can't be used.
    """
    if location.main_lobe is None or not lesions:
        return lesions
    if len(lesions) == 1:
        return (replace(lesions[0], main_lobe=location.main_lobe),)
    atlas = load_atlas(config or LocateConfig())
    tumor = segmentation.mask(Region.WT)
    labels = warp_labels_to_case(atlas.labels, fit, like=tumor)
    filled = fill_near(labels, tumor)
    parts, count = ndimage.label(tumor.data, structure=_TOUCHING)
    centers = tumor.world(ndimage.center_of_mass(tumor.data, parts, range(1, count + 1)))
    named = []
    for lesion in lesions:
        part = tumor.with_data(_nearest(parts, centers, lesion))
        shares = involvement(part, filled=filled, labels=labels, atlas=atlas)
        main = main_lobe(shares, atlas)
        named.append(replace(lesion, main_lobe=main.lobe if main else None))
    return tuple(named)


def _nearest(
    parts: npt.NDArray[np.integer], centers: npt.NDArray[np.float64], lesion: Lesion
) -> npt.NDArray[np.bool_]:
    """Return the part with the lesion's center of mass."""
    apart = np.linalg.norm(centers - np.array(lesion.centroid_mm), axis=1)
    return np.asarray(parts == 1 + int(apart.argmin()))
