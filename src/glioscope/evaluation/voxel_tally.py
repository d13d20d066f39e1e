"""What the calibration of a segmentation needs of one case, in a few kilobytes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from glioscope.core import InputError
from glioscope.evaluation.calibration import group_of
from glioscope.evaluation.columns import Flags, Numbers

# Differences of entropies in float32 are below zero by about this where they should be 0.
_ROUNDING = 1e-5
# Three voxels of 0.7 mm are 2.1 mm, whatever floating point says.
_TIE_MM = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class VoxelBins:
    """How finely confidence and uncertainty are told apart; the same for all cases compared.

    Args:
        confidence: Number of bins of equal width over 0 to 1 (Guo et al., ICML 2017); with two
            classes the confidence is never below 0.5, so that half of them stay empty.
        uncertainty: Number of bins, each a constant factor wider than the one before, for most
            voxels of a brain are sure; the first begins at 0.
        smallest: Upper edge of the first bin of uncertainty.
        largest: Upper edge of the last one, which also takes what lies above; the mutual
            information of two classes is at most log 2 nats.
    """

    confidence: int = 20
    uncertainty: int = 128
    smallest: float = 1e-6
    largest: float = math.log(2)

    def __post_init__(self) -> None:
        if self.confidence < 1 or self.uncertainty < 2 or not 0 < self.smallest < self.largest:
            msg = f"{self}; give one bin of confidence or more, two of uncertainty or more, and"
            msg += " 0 < smallest < largest"
            raise InputError(msg)

    @property
    def confidence_edges(self) -> Numbers:
        """Shape ``(confidence + 1,)``, 0 to 1."""
        return np.linspace(0, 1, self.confidence + 1)

    @property
    def uncertainty_edges(self) -> Numbers:
        """Shape ``(uncertainty + 1,)``, 0 to the largest."""
        upper = np.geomspace(self.smallest, self.largest, self.uncertainty)
        return np.concatenate([[0.0], upper])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoxelTally:
    """Voxels of one case by bin of uncertainty (U) and of confidence (B); no volume is kept.

    Args:
        count: Number of voxels, shape ``(U, B)``; a single bin of uncertainty if it is unknown.
        confidence: Sum of the confidences, shape ``(U, B)``.
        correct: Number of voxels answered rightly, shape ``(U, B)``.
        uncertainty: Sum of the uncertainties, shape ``(U,)``; ``None`` if it is unknown.
        bins: Whose edges these are.
    """

    count: Numbers
    confidence: Numbers
    correct: Numbers
    uncertainty: Numbers | None
    bins: VoxelBins = field(default_factory=VoxelBins)


def tally_voxels(
    probabilities: npt.NDArray[np.floating],
    truth: Flags,
    mask: Flags,
    *,
    uncertainty: npt.NDArray[np.floating] | None = None,
    bins: VoxelBins | None = None,
) -> VoxelTally:
    """Count the voxels of one case: how sure they were and how often right.

    A voxel is called part of the region above 0.5; its confidence is the probability of what
    it is called.

    Args:
        probabilities: That a voxel is in the region, 0 to 1, shape ``(I, J, K)``; not logits.
        truth: Whether it is, the same shape.
        mask: Voxels that count, the same shape, such as the brain: the air around it is sure
            and right and would hide every error.  An empty one gives an empty tally.
        uncertainty: Epistemic, 0 or more, such as the mutual information in nats, the same
            shape.
        bins: The default ones unless given.

    Raises:
        InputError: If the shapes differ, or a value inside the mask is no probability or no
            uncertainty.
    """
    bins = bins or VoxelBins()
    _check_shapes(probabilities, truth, mask, uncertainty)
    inside = mask.astype(np.bool_)
    share = probabilities[inside].astype(np.float64)
    _refuse_outside("probabilities", share, 0.0, 1.0, "give a sigmoid, not logits")
    confidence = np.maximum(share, 1 - share)
    right = (share > 0.5) == truth.astype(np.bool_)[inside]
    # an edge belongs to the bin below it, but even odds are the least that there can be
    column = group_of(np.maximum(confidence, np.nextafter(0.5, 1)), bins.confidence_edges)
    unsure = None if uncertainty is None else _read_uncertainty(uncertainty[inside])
    row = 0 if unsure is None else group_of(unsure, bins.uncertainty_edges)
    rows = 1 if unsure is None else bins.uncertainty
    flat = row * bins.confidence + column

    def summed(weights: npt.ArrayLike | None) -> Numbers:
        found = np.bincount(flat, weights=weights, minlength=rows * bins.confidence)
        return found.astype(np.float64).reshape(rows, bins.confidence)

    return VoxelTally(
        count=summed(None),
        confidence=summed(confidence),
        correct=summed(right),
        uncertainty=None if unsure is None else summed(unsure).sum(axis=1),
        bins=bins,
    )


def near_region(truth: Flags, *, spacing_mm: tuple[float, float, float], within_mm: float) -> Flags:
    """Return the voxels of a region and those within a distance of it, shape ``(I, J, K)``.

    Calibration there is what matters: far from the tumor a voxel is sure, right and many.
    Distances run between centers of voxels; an empty region has nothing near it.

    Args:
        truth: The region, shape ``(I, J, K)``.
        spacing_mm: Of the voxels.
        within_mm: 0 or more; 0 is the region itself.

    Raises:
        InputError: If the distance is negative or no number.
    """
    if not (within_mm >= 0 and math.isfinite(within_mm)):
        msg = f"within_mm: {within_mm}; give a distance of 0 mm or more"
        raise InputError(msg)
    near = np.zeros(truth.shape, dtype=np.bool_)
    found = np.nonzero(truth)
    if not found[0].size:
        return near
    # Only the box that can be near: the distances of a whole head take seconds.
    box = tuple(
        slice(max(int(places.min()) - reach, 0), int(places.max()) + reach + 1)
        for places, step in zip(found, spacing_mm, strict=True)
        for reach in (math.ceil(within_mm / step),)
    )
    distance_mm = ndimage.distance_transform_edt(~truth[box].astype(np.bool_), sampling=spacing_mm)
    near[box] = np.asarray(distance_mm) <= within_mm + _TIE_MM
    return near


def _check_shapes(
    probabilities: npt.NDArray[np.floating],
    truth: Flags,
    mask: Flags,
    uncertainty: npt.NDArray[np.floating] | None,
) -> None:
    named = {"probabilities": probabilities, "truth": truth, "mask": mask}
    shapes = {name: array.shape for name, array in named.items()}
    if uncertainty is not None:
        shapes["uncertainty"] = uncertainty.shape
    if len(set(shapes.values())) > 1:
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        msg = f"arrays of different shapes: {listed}; give all on one grid"
        raise InputError(msg)


def _read_uncertainty(values: npt.NDArray[np.floating]) -> Numbers:
    numbers = values.astype(np.float64)
    _refuse_outside("uncertainty", numbers, -_ROUNDING, math.inf, "give it as 0 or more")
    return np.maximum(numbers, 0.0)


def _refuse_outside(name: str, values: Numbers, low: float, high: float, remedy: str) -> None:
    bad = ~(np.isfinite(values) & (values >= low) & (values <= high))
    if bad.any():
        msg = f"{name}: {values[bad][0]:g} inside the mask, {int(bad.sum())} such voxel(s) of"
        msg += f" {values.size}; {remedy}"
        raise InputError(msg)
