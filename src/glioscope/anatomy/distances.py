"""How far the tumor is from eloquent structures, in the patient's own millimetres."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_erosion
from scipy.spatial import cKDTree

from glioscope.anatomy.atlas import Atlas
from glioscope.anatomy.eloquent import ATLAS_STRUCTURES, SITES
from glioscope.core import EloquentDistance, Hemisphere, Quantity, Region, Volume
from glioscope.preparation import TemplateFit

_METHOD: Final = (
    "shortest distance in the patient's space from the region to the structure, which was brought"
    " there by the registration of the template"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Structure:
    """A structure in the patient: all within a radius of some points."""

    name: str
    hemisphere: Hemisphere
    points_mm: npt.NDArray[np.float64]
    radius_mm: float
    uncertainty_mm: float
    source: str


def eloquent_distances(
    regions: Mapping[Region, Volume], *, fit: TemplateFit, atlas: Atlas, labels: Volume
) -> tuple[EloquentDistance, ...]:
    """Return the distance of each region that is not empty to each structure, nearest first.

    Args:
        regions: Bool masks on the case's grid.
        fit: Brings the landmarks to the case.
        atlas: The shipped one.
        labels: Its labels on the case's grid.
    """
    filled = {region: mask for region, mask in regions.items() if mask.data.any()}
    trees = {region: cKDTree(_surface_mm(mask)) for region, mask in filled.items()}
    distances = [
        _distance(structure, region, mask, trees[region])
        for structure in (*_sites(fit), *_labeled(atlas, labels))
        for region, mask in filled.items()
    ]
    return tuple(sorted(distances, key=lambda distance: distance.distance.value or 0.0))


def _sites(fit: TemplateFit) -> Iterator[_Structure]:
    for site in SITES:
        for side in site.sides:
            yield _Structure(
                name=site.structure,
                hemisphere=side,
                points_mm=fit.to_case(site.points_mm(side)),
                radius_mm=site.radius_mm,
                uncertainty_mm=site.uncertainty_mm,
                source=site.source,
            )


def _labeled(atlas: Atlas, labels: Volume) -> Iterator[_Structure]:
    for name, uncertainty_mm in ATLAS_STRUCTURES:
        for side in (Hemisphere.LEFT, Hemisphere.RIGHT):
            wanted = [
                s.index
                for s in atlas.structures
                if name in (s.name, s.lobe) and s.hemisphere is side
            ]
            mask = np.isin(labels.data, wanted)
            if mask.any():
                yield _Structure(
                    name=name,
                    hemisphere=side,
                    points_mm=labels.world(np.argwhere(mask)),
                    radius_mm=0.0,
                    uncertainty_mm=uncertainty_mm,
                    source=atlas.name,
                )


def _distance(
    structure: _Structure, region: Region, mask: Volume, tree: cKDTree
) -> EloquentDistance:
    nearest, _ = tree.query(structure.points_mm)
    value = max(0.0, float(np.min(nearest)) - structure.radius_mm)
    if _any_inside(mask, structure.points_mm):
        value = 0.0
    return EloquentDistance(
        structure=structure.name,
        hemisphere=structure.hemisphere,
        distance=Quantity(name="distance", value=value, unit="mm", region=region, method=_METHOD),
        region=region,
        uncertainty_mm=structure.uncertainty_mm,
        source=structure.source,
    )


def _any_inside(mask: Volume, points_mm: npt.NDArray[np.float64]) -> bool:
    index = np.rint(mask.index(points_mm)).astype(int)
    there = ((index >= 0) & (index < np.array(mask.shape))).all(axis=1)
    return bool(mask.data[tuple(index[there].T)].any())


def _surface_mm(mask: Volume) -> npt.NDArray[np.float64]:
    """Return the outermost voxels of a mask, world mm: none inside is nearer to anything."""
    surface = mask.data & ~binary_erosion(mask.data)
    return mask.world(np.argwhere(surface))
