"""How much tissue there is of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from glioscope.core import Quantity, Region, Volume, region_mask

SURE: Final = 0.7
POSSIBLE: Final = 0.3
"""Probabilities from which a voxel is surely, or possibly, of a region."""

_VOLUME_METHOD: Final = "number of voxels of the region times the volume of a voxel"
_INTERVAL: Final = (
    f"volume where the model's probability is at least {SURE} (low), {POSSIBLE} (high)"
)


def region_volumes(
    labels: Volume, *, probabilities: Mapping[Region, Volume] | None = None
) -> dict[Region, Quantity]:
    """Return the volume of every region; 0 mL where it is empty.

    Where the model gave probabilities of a region, ``low`` and ``high`` tell how much of it
    is sure and how much possible; they always hold the volume itself, which post-processing
    may have moved.

    Args:
        labels: Integers of ``core.Label``; cutting them to the tumor changes nothing.
        probabilities: By region, on the whole grid.
    """
    probabilities = {} if probabilities is None else probabilities
    return {
        region: _with_interval(
            volume_ml(region_mask(labels, region), region=region),
            probabilities.get(region),
        )
        for region in Region
    }


def volume_ml(mask: Volume, *, region: Region) -> Quantity:
    """Return the volume of a boolean mask."""
    value = int(np.count_nonzero(mask.data)) * mask.voxel_volume_ml
    return Quantity(name="volume", value=value, unit="mL", region=region, method=_VOLUME_METHOD)


def proportions(volumes: Mapping[Region, Quantity]) -> dict[Region, Quantity]:
    """Return the percent of the whole tumor that is ET, NCR and ED; undefined without one."""
    whole_ml = volumes[Region.WT].value or 0.0
    return {
        region: Quantity(
            name="proportion_of_whole_tumor",
            value=100.0 * (volumes[region].value or 0.0) / whole_ml if whole_ml > 0 else None,
            unit="%",
            region=region,
            method="volume of the region over the volume of the whole tumor",
        )
        for region in (Region.ET, Region.NCR, Region.ED)
    }


def _with_interval(volume: Quantity, probability: Volume | None) -> Quantity:
    if probability is None or volume.value is None:
        return volume
    sure_ml, possible_ml = (
        _at_least(probability.data, threshold) * probability.voxel_volume_ml
        for threshold in (SURE, POSSIBLE)
    )
    return Quantity(
        name=volume.name,
        value=volume.value,
        unit=volume.unit,
        region=volume.region,
        method=volume.method,
        low=min(sure_ml, volume.value),
        high=max(possible_ml, volume.value),
        interval=_INTERVAL,
    )


def _at_least(probs: npt.NDArray[np.floating], threshold: float) -> int:
    return int(np.count_nonzero(probs >= threshold))
