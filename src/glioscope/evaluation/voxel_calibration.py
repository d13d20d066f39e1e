"""Whether a segmentation is as right as it is sure, and unsure where it is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from glioscope.core import InputError
from glioscope.evaluation.bootstrap import Interval
from glioscope.evaluation.calibration import ReliabilityBin
from glioscope.evaluation.columns import Numbers
from glioscope.evaluation.draws import Draws
from glioscope.evaluation.resampling import bootstrap_metric
from glioscope.evaluation.voxel_tally import VoxelTally


@dataclass(frozen=True, slots=True, kw_only=True)
class VoxelCalibration:
    """How far the confidence in voxels is from the share of them that is right.

    Args:
        expected_calibration_error: 0 to 1, of all voxels together, its interval over patients.
        bins: From low to high confidence.  The event is that a voxel is called rightly:
            ``mean_probability`` is the mean confidence, ``observed`` the share right.  Bins
            without a voxel are left out.
        voxels: Number of them.
    """

    expected_calibration_error: Interval
    bins: tuple[ReliabilityBin, ...]
    voxels: int

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``json.dump``."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertaintyBin:
    """Voxels of about the same uncertainty.

    Args:
        low: Lower edge, exclusive but for the first bin.
        high: Upper edge, inclusive; the last bin also holds what lies above it.
        mean_uncertainty: Over the voxels inside.
        error_rate: Share of them that is wrong.
        expected_calibration_error: Within the bin.
        count: Number of voxels inside, at least one.
    """

    low: float
    high: float
    mean_uncertainty: float
    error_rate: Interval
    expected_calibration_error: Interval
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertaintyQuality:
    """Whether a model is unsure where it is wrong.

    Args:
        error_auc: That a wrong voxel is less sure than a right one, 0 to 1, 0.5 is a coin;
            ``None`` if no voxel, or every one, is wrong.
        sparsification_error: Area between the error rate that is left when the least sure
            voxels go first and that when the wrong ones do, 0 to 1; 0 is perfect (Ilg et al.,
            ECCV 2018).
        bins: From sure to unsure.
    """

    error_auc: Interval | None
    sparsification_error: Interval
    bins: tuple[UncertaintyBin, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``json.dump``."""
        return asdict(self)


def voxel_calibration(
    tallies: Sequence[VoxelTally],
    *,
    patients: Sequence[str] | None = None,
    seed: int = 0,
    resamples: int = 2000,
) -> VoxelCalibration:
    r"""Return the calibration of a segmentation over many cases.

    $$ECE = \sum_b (n_b / n) |right_b - confidence_b|$$ over bins of the confidence in the
    predicted class (Guo et al., ICML 2017).

    Args:
        tallies: One a case, by ``tally_voxels`` with the same bins.
        patients: Whose case each is; every case its own patient unless given.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.

    Raises:
        InputError: If there is no case or no voxel, or the bins differ.
    """
    _check_bins(tallies)
    columns = [_by_confidence(tally) for tally in tallies]
    error = bootstrap_metric(
        _calibration_error, np.stack(columns), patients=patients, seed=seed, resamples=resamples
    )
    count, confidence, correct = np.sum(columns, axis=0)
    edges = tallies[0].bins.confidence_edges
    found = tuple(
        ReliabilityBin(
            low=float(edges[place]),
            high=float(edges[place + 1]),
            mean_probability=float(confidence[place] / count[place]),
            observed=float(correct[place] / count[place]),
            count=int(count[place]),
        )
        for place in np.flatnonzero(count).tolist()
    )
    return VoxelCalibration(expected_calibration_error=error, bins=found, voxels=int(count.sum()))


def uncertainty_quality(
    tallies: Sequence[VoxelTally],
    *,
    groups: int = 10,
    patients: Sequence[str] | None = None,
    seed: int = 0,
    resamples: int = 2000,
) -> UncertaintyQuality:
    """Return how uncertainty goes with error and with calibration over many cases.

    Uncertainties of one fine bin of the tally count as equal.

    Args:
        tallies: One a case, by ``tally_voxels`` with uncertainty and the same bins.
        groups: Number of bins to return, at most; they hold about as many voxels each where
            the fine bins allow it.
        patients: Whose case each is; every case its own patient unless given.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.

    Raises:
        InputError: If there is no case or no voxel, the bins differ, or the uncertainty is
            unknown.
    """
    _check_bins(tallies)
    uncertain = [tally.uncertainty for tally in tallies if tally.uncertainty is not None]
    if len(uncertain) < len(tallies):
        msg = f"{len(tallies) - len(uncertain)} of {len(tallies)} cases without uncertainty; give"
        msg += " tally_voxels the uncertainty of every case"
        raise InputError(msg)
    draws = Draws(patients=patients, seed=seed, resamples=resamples)
    right = np.stack([tally.correct.sum(axis=1) for tally in tallies])
    wrong = np.stack([tally.count.sum(axis=1) for tally in tallies]) - right
    parts = _groups_of_equal_mass((right + wrong).sum(axis=0), groups)
    edges, sums = tallies[0].bins.uncertainty_edges, np.sum(uncertain, axis=0)
    some = 0 < wrong.sum() < (right + wrong).sum()
    return UncertaintyQuality(
        error_auc=draws.interval(_error_auc, right, wrong) if some else None,
        sparsification_error=draws.interval(sparsification_error, right, wrong),
        bins=tuple(_uncertainty_bin(tallies, part, edges, sums, draws) for part in parts),
    )


def sparsification_error(right: Numbers, wrong: Numbers) -> float:
    r"""Return the area between the sparsification curve and the best one possible.

    With a share $$r$$ of the voxels left, the error rate is $$w(r) / r$$; $$w$$ is linear
    inside a bin, for its voxels go in any order, so that the area is
    $$\sum_b a_b \log(r_{b+1} / r_b) + s_b (r_{b+1} - r_b)$$.  If the wrong voxels go first, it is
    $$E + (1 - E) \log(1 - E)$$ at an error rate of $$E$$.

    Args:
        right: Number of voxels by case and bin of rising uncertainty, shape ``(n, U)``.
        wrong: Likewise.

    Raises:
        InputError: If there is no voxel.
    """
    errors, counts = wrong.sum(axis=0), (right + wrong).sum(axis=0)
    total = _some(counts.sum())
    errors, counts = errors[counts > 0] / total, counts[counts > 0] / total
    left, low = np.cumsum(counts), np.cumsum(counts) - counts
    slope = errors / counts
    height = np.cumsum(errors) - slope * left
    # The surest bin has no height, and its lower end is 0.
    area = float(slope @ counts + height[1:] @ np.log(left[1:] / low[1:]))
    error = float(errors.sum())
    best = error + (1 - error) * np.log1p(-error) if error < 1 else 1.0
    return max(area - float(best), 0.0)


def _check_bins(tallies: Sequence[VoxelTally]) -> None:
    shapes = {(tally.bins, tally.count.shape) for tally in tallies}
    if len(shapes) != 1:
        msg = f"{len(tallies)} cases with {len(shapes)} different sets of bins; give at least one"
        msg += " case, and tally all with the same bins, all with uncertainty or none"
        raise InputError(msg)


def _by_confidence(tally: VoxelTally) -> Numbers:
    """Return count, sum of confidence and number right by bin, shape ``(3, B)``."""
    return np.stack([part.sum(axis=0) for part in (tally.count, tally.confidence, tally.correct)])


def _calibration_error(columns: Numbers) -> float:
    count, confidence, correct = columns.sum(axis=0)
    return float(np.abs(confidence - correct).sum() / _some(count.sum()))


def _error_rate(columns: Numbers) -> float:
    count, _, correct = columns.sum(axis=(0, 2))
    return float(1 - correct / _some(count))


def _error_auc(right: Numbers, wrong: Numbers) -> float:
    sure, errors = right.sum(axis=0), wrong.sum(axis=0)
    below = np.cumsum(sure) - sure / 2
    return float(errors @ below / _some(sure.sum() * errors.sum()))


def _some(count: float) -> float:
    if not count > 0:
        msg = "no voxel inside the mask, or none of a kind that is compared; give cases with some"
        raise InputError(msg)
    return float(count)


def _groups_of_equal_mass(counts: Numbers, groups: int) -> list[slice]:
    """Return runs of fine bins, each closed at its share of what the ones before left over."""
    if groups < 1:
        msg = f"{groups} groups; give at least one"
        raise InputError(msg)
    found: list[slice] = []
    start, held, left = 0, 0.0, float(counts.sum())
    for place, count in enumerate(counts.tolist()):
        held += count
        if held > 0 and held >= left / (groups - len(found)):
            found.append(slice(start, place + 1))
            start, held, left = place + 1, 0.0, left - held
    return found


def _uncertainty_bin(
    tallies: Sequence[VoxelTally], part: slice, edges: Numbers, sums: Numbers, draws: Draws
) -> UncertaintyBin:
    columns = np.stack(
        [
            [field[part].sum(axis=0) for field in (tally.count, tally.confidence, tally.correct)]
            for tally in tallies
        ]
    )
    count = int(columns[:, 0].sum())
    return UncertaintyBin(
        low=float(edges[part.start]),
        high=float(edges[part.stop]),
        mean_uncertainty=float(sums[part].sum() / count),
        error_rate=draws.interval(_error_rate, columns),
        expected_calibration_error=draws.interval(_calibration_error, columns),
        count=count,
    )
