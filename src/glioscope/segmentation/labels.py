"""From probabilities of nested regions to one label a voxel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import Label, Region

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_TOUCHING = np.ones((3, 3, 3), dtype=bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Thresholds and smallest sizes, chosen out of fold and written in the model's card.

    Args:
        threshold: By region (ET, TC, WT), probability from which a voxel belongs to it.
        smallest_lesion_ml: A connected whole tumour below this is dropped.
        smallest_enhancing_ml: All enhancement together below this is taken as core without
            enhancement.
    """

    threshold: Mapping[Region, float]
    smallest_lesion_ml: float
    smallest_enhancing_ml: float

    def __call__(self, probs: Mapping[Region, Array], *, voxel_ml: float) -> npt.NDArray[np.uint8]:
        """Return labels (``core.Label``), uint8, shape of the probabilities.

        Args:
            probs: ET, TC and WT, each shape ``(I, J, K)``, 0 to 1.
            voxel_ml: Volume of a voxel.
        """
        whole = probs[Region.WT] >= self.threshold[Region.WT]
        whole = without_small_parts(whole, smallest_ml=self.smallest_lesion_ml, voxel_ml=voxel_ml)
        core = whole & (probs[Region.TC] >= self.threshold[Region.TC])
        enhancing = core & (probs[Region.ET] >= self.threshold[Region.ET])
        if enhancing.sum() * voxel_ml < self.smallest_enhancing_ml:
            enhancing[:] = False
        labels = np.zeros(whole.shape, dtype=np.uint8)
        labels[whole] = Label.EDEMA
        labels[core] = Label.NECROSIS
        labels[enhancing] = Label.ENHANCING
        return labels


def without_small_parts(mask: Mask, *, smallest_ml: float, voxel_ml: float) -> Mask:
    """Drop connected parts (26 neighbours) smaller than a volume."""
    parts, count = ndimage.label(mask, structure=_TOUCHING)
    if count == 0:
        return mask
    keep = np.bincount(parts.ravel()) * voxel_ml >= smallest_ml
    keep[0] = False
    return np.asarray(keep[parts])
