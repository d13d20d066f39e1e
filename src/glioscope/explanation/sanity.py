"""Whether an explanation is one of the network at all.

Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018 (arXiv:1810.03292): a map that does
not change when what was learned is thrown away shows the image, not the network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr
from torch import nn

from glioscope.core import InputError
from glioscope.networks.registry import build, name_of

Map = npt.NDArray[Any]


def forgotten(network: nn.Module, *, seed: int = 0) -> nn.Module:
    """Return a network of the same shape, in evaluation mode, that has learned nothing.

    Raises:
        ModelError: If the network is none of the registry.
    """
    name, config = name_of(network), getattr(network, "config", None)
    return build(name, config, seed=seed).eval()


def rank_correlation(one: Map, other: Map) -> float | None:
    """Return Spearman's correlation of two maps over all voxels; ``None`` where one is constant.

    Raises:
        InputError: If their shapes differ.
    """
    if one.shape != other.shape:
        msg = f"maps of {one.shape} and {other.shape} can't be compared; bring them to one grid"
        raise InputError(msg)
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(spearmanr(one.ravel(), other.ravel()).statistic)


def randomized_correlation(
    network: nn.Module, explain: Callable[[nn.Module], Map], *, seed: int = 0
) -> float | None:
    """Return how alike the maps of a network and of a forgotten one are.

    Args:
        network: Trained, of ``networks.registry``.
        explain: Maps a network on one image, at the same voxels or for the same answer.
        seed: Of the weights that learned nothing.

    Returns:
        The rank correlation: 1 for a map that does not depend on the weights, ``None`` where one
        of the maps is constant.

    Raises:
        ModelError: If the network is none of the registry.
    """
    return rank_correlation(explain(network), explain(forgotten(network, seed=seed)))
