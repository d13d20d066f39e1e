"""Calibration of voxels in closed form, and against scores of every single voxel."""

from __future__ import annotations

import json
import math
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.core import InputError
from glioscope.evaluation import (
    ReliabilityBin,
    VoxelBins,
    VoxelTally,
    auc,
    calibration,
    sparsification_error,
    tally_voxels,
    uncertainty_quality,
    voxel_calibration,
)

Array = npt.NDArray[Any]


def tally_of(
    probabilities: npt.ArrayLike, truth: npt.ArrayLike, uncertainty: npt.ArrayLike | None = None
) -> VoxelTally:
    volume = np.atleast_3d(np.asarray(probabilities, dtype=float))
    unsure = None if uncertainty is None else np.atleast_3d(np.asarray(uncertainty, dtype=float))
    flags = np.atleast_3d(np.asarray(truth, dtype=bool))
    return tally_voxels(volume, flags, np.ones_like(flags), uncertainty=unsure)


def simulated(seed: int, size: int = 4000) -> tuple[Array, Array, Array]:
    """Return probabilities, a truth drawn from them, and an uncertainty greatest at 0.5."""
    rng = np.random.default_rng(seed)
    share = rng.beta(0.4, 0.6, size=size)
    return share, rng.random(size) < share, share * (1 - share) * rng.uniform(0.5, 2, size=size)


quick = partial(voxel_calibration, resamples=50)
quick_quality = partial(uncertainty_quality, resamples=50)


def test_error_is_the_gap_between_confidence_and_right_answers() -> None:
    # Four voxels 0.9 sure of which three are right, and six 0.7 sure, all right.
    found = quick([tally_of([0.9] * 4 + [0.3] * 6, [1, 1, 1, 0] + [0] * 6)])

    assert found.expected_calibration_error.mean == pytest.approx(0.4 * 0.15 + 0.6 * 0.3)
    low, high = found.bins
    assert (low.count, low.observed) == (6, 1.0)
    assert (high.count, high.observed) == (4, 0.75)
    assert [low.mean_probability, high.mean_probability] == pytest.approx([0.7, 0.9])
    assert found.voxels == 10


def test_voxels_agree_with_the_calibration_of_patients_on_the_event_of_being_right() -> None:
    share, truth, _ = simulated(0)

    found = quick([tally_of(share[:1500], truth[:1500]), tally_of(share[1500:], truth[1500:])])

    expected = calibration((share > 0.5) == truth, np.maximum(share, 1 - share), bins=20)
    assert found.expected_calibration_error.mean == pytest.approx(
        expected.expected_calibration_error
    )
    for mine, theirs in zip(found.bins, expected.bins, strict=True):
        assert isinstance(mine, ReliabilityBin)
        assert mine.count == theirs.count
        assert mine.observed == pytest.approx(theirs.observed)
        assert mine.mean_probability == pytest.approx(theirs.mean_probability)


def test_air_around_the_brain_hides_the_error() -> None:
    share, truth = np.full((4, 4, 4), 0.95), np.zeros((4, 4, 4), dtype=bool)
    share[2:] = 0.0
    brain = np.zeros_like(truth)
    brain[:2] = True

    inside = quick([tally_voxels(share, truth, brain)])
    everywhere = quick([tally_voxels(share, truth, np.ones_like(truth))])

    assert inside.expected_calibration_error.mean == pytest.approx(0.95)
    assert everywhere.expected_calibration_error.mean == pytest.approx(0.95 / 2)


def test_interval_is_over_patients() -> None:
    # Half of the patients right and sure, half wrong and sure: the error of a draw is the
    # share of wrong ones in it.
    tallies = [tally_of([1.0] * 10, [place % 2] * 10) for place in range(40)]

    found = voxel_calibration(tallies, resamples=1000).expected_calibration_error

    assert (found.mean, found.patients) == (0.5, 40)
    deviation = math.sqrt(0.25 / 40)
    assert found.low == pytest.approx(0.5 - 1.96 * deviation, abs=0.03)
    assert found.high == pytest.approx(0.5 + 1.96 * deviation, abs=0.03)
    together = quick(tallies, patients=[str(place // 4) for place in range(40)])
    assert together.expected_calibration_error.low == 0.5


def test_uncertainty_of_wrong_voxels_agrees_with_auc_of_every_voxel() -> None:
    share, truth, unsure = simulated(1)

    found = quick_quality([tally_of(share, truth, unsure)])

    wrong = (share > 0.5) != truth
    edges = VoxelBins().uncertainty_edges
    binned = np.searchsorted(edges, unsure)
    assert found.error_auc is not None
    assert found.error_auc.mean == pytest.approx(auc(wrong, binned))
    assert found.error_auc.mean == pytest.approx(auc(wrong, unsure), abs=0.005)


def test_bins_of_uncertainty_are_those_of_sorting_every_voxel() -> None:
    share, truth, unsure = simulated(2)

    bins = quick_quality([tally_of(share, truth, unsure)], groups=5).bins

    assert len(bins) == 5
    assert sum(part.count for part in bins) == share.size
    for place, part in enumerate(bins):
        assert part.count == pytest.approx(share.size / 5, rel=0.2)
        inside = (unsure > part.low) & (unsure <= part.high)
        if place == len(bins) - 1:
            inside |= unsure > part.high
        wrong = (share > 0.5) != truth
        expected = calibration(~wrong[inside], np.maximum(share, 1 - share)[inside], bins=20)
        assert part.count == inside.sum()
        assert part.mean_uncertainty == pytest.approx(unsure[inside].mean())
        assert part.error_rate.mean == pytest.approx(wrong[inside].mean())
        assert part.expected_calibration_error.mean == pytest.approx(
            expected.expected_calibration_error
        )


def test_one_uncertainty_for_most_voxels_leaves_the_other_groups_to_the_rest() -> None:
    unsure = np.concatenate([np.zeros(900), np.repeat([0.01, 0.05, 0.2, 0.5], 25)])

    bins = quick_quality([tally_of(np.full(1000, 0.9), np.ones(1000), unsure)], groups=5).bins

    assert [part.count for part in bins] == [900, 25, 25, 25, 25]


def test_uncertainty_that_tells_nothing_leaves_the_area_on_paper() -> None:
    # The error rate stays E; the best curve has the area E + (1 - E) log(1 - E).
    found = quick_quality([tally_of([0.9] * 10, [0] * 3 + [1] * 7, [0.2] * 10)])

    assert found.sparsification_error.mean == pytest.approx(-0.7 * math.log(0.7))
    assert found.error_auc is not None
    assert found.error_auc.mean == 0.5


def test_uncertainty_that_finds_every_error_has_none() -> None:
    found = quick_quality([tally_of([0.9] * 10, [0] * 3 + [1] * 7, [0.5] * 3 + [0.1] * 7)])

    assert found.sparsification_error.mean == pytest.approx(0.0, abs=1e-12)
    assert found.error_auc is not None
    assert found.error_auc.mean == 1.0


def test_sparsification_error_agrees_with_removing_voxels_one_by_one() -> None:
    rng = np.random.default_rng(5)
    size = 20_000
    unsure = rng.random(size)
    wrong = rng.random(size) < 0.3 * unsure
    rows = np.minimum((unsure * 500).astype(int), 499)
    counts = np.bincount(rows, minlength=500).astype(np.float64)[None]
    by_bin = np.bincount(rows, weights=wrong, minlength=500).astype(np.float64)[None]

    found = sparsification_error(counts - by_bin, by_bin)

    left = np.arange(1, size + 1)
    ours = np.cumsum(wrong[np.argsort(unsure)]) / left
    best = np.cumsum(np.sort(wrong)) / left
    assert found == pytest.approx((ours - best).mean(), abs=2e-4)


@pytest.mark.parametrize(("truth", "area"), [(1, 0.0), (0, 0.0)])
def test_where_all_voxels_are_alike_there_is_nothing_to_find(truth: int, area: float) -> None:
    found = quick_quality([tally_of([0.9] * 4, [truth] * 4, [0.1, 0.2, 0.3, 0.4])])

    assert found.error_auc is None
    assert found.sparsification_error.mean == area


def test_results_go_through_json() -> None:
    share, truth, unsure = simulated(3, size=300)
    tallies = [tally_of(share, truth, unsure)]

    assert json.loads(json.dumps(quick(tallies).as_json()))["voxels"] == 300
    assert len(json.loads(json.dumps(quick_quality(tallies).as_json()))["bins"]) == 10


def test_what_cannot_be_pooled_is_refused() -> None:
    known, unknown = tally_of([0.9], [1], [0.1]), tally_of([0.9], [1])

    with pytest.raises(InputError, match="0 cases"):
        quick([])
    with pytest.raises(InputError, match="2 different sets of bins"):
        quick([known, unknown])
    with pytest.raises(InputError, match="1 of 1 cases without uncertainty"):
        quick_quality([unknown])
    with pytest.raises(InputError, match="0 groups"):
        quick_quality([known], groups=0)
    empty = tally_voxels(np.zeros((1, 1, 1)), *[np.zeros((1, 1, 1), dtype=bool)] * 2)
    with pytest.raises(InputError, match="no voxel inside the mask"):
        quick([empty])
