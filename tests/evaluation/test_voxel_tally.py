"""What is kept of a volume, counted by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.core import InputError
from glioscope.evaluation import VoxelBins, near_region, tally_voxels

Array = npt.NDArray[Any]


def line(*values: float) -> Array:
    return np.array(values).reshape(-1, 1, 1)


def test_voxels_are_counted_by_confidence_in_what_they_are_called() -> None:
    tally = tally_voxels(
        line(0.1, 0.95, 0.3, 0.65, 0.0),
        line(0, 1, 1, 0, 1).astype(bool),
        line(1, 1, 1, 1, 0).astype(bool),
        bins=VoxelBins(confidence=10),
    )

    # 0.1 is 0.9 sure that it is outside (right), 0.3 is 0.7 sure (wrong), 0.65 wrong; the last
    # voxel is not in the mask.
    assert tally.count.tolist() == [[0, 0, 0, 0, 0, 0, 2, 0, 1, 1]]
    assert tally.confidence[0] == pytest.approx([0, 0, 0, 0, 0, 0, 1.35, 0, 0.9, 0.95])
    assert tally.correct.tolist() == [[0, 0, 0, 0, 0, 0, 0, 0, 1, 1]]
    assert tally.uncertainty is None


def test_even_odds_lie_in_the_first_bin_above_them() -> None:
    volume = np.full((2, 1, 1), 0.5)

    tally = tally_voxels(volume, volume > 1, volume > 0, bins=VoxelBins(confidence=10))

    assert tally.count[0].tolist() == [0, 0, 0, 0, 0, 2, 0, 0, 0, 0]


def test_voxels_are_counted_by_uncertainty_too() -> None:
    bins = VoxelBins(confidence=2, uncertainty=3, smallest=0.01, largest=1.0)
    assert bins.uncertainty_edges == pytest.approx([0, 0.01, 0.1, 1.0])

    tally = tally_voxels(
        line(0.9, 0.8, 0.2, 0.6),
        line(1, 0, 0, 1).astype(bool),
        line(1, 1, 1, 1).astype(bool),
        uncertainty=line(-1e-8, 0.05, 0.07, 3.0),
        bins=bins,
    )

    assert tally.count.tolist() == [[0, 1], [0, 2], [0, 1]]
    assert tally.correct.tolist() == [[0, 1], [0, 1], [0, 1]]
    assert tally.uncertainty == pytest.approx([0.0, 0.12, 3.0])


def test_an_empty_mask_gives_an_empty_tally() -> None:
    volume = np.zeros((2, 2, 2))

    tally = tally_voxels(volume, volume > 0, volume > 0, uncertainty=volume)

    assert tally.count.sum() == 0
    assert tally.count.shape == (128, 20)


def test_input_is_untouched() -> None:
    probabilities = np.random.default_rng(0).random((3, 3, 3)).astype(np.float32)
    before = probabilities.copy()

    tally_voxels(probabilities, before > 0.5, before > 0.1, uncertainty=probabilities)

    assert (probabilities == before).all()


@pytest.mark.parametrize(
    ("probabilities", "uncertainty", "message"),
    [
        (line(0.5, 1.5), None, "1.5 inside the mask, 1 such voxel"),
        (line(0.5, math.nan), None, "nan inside the mask"),
        (line(0.5, 0.5), line(0.1, -0.2), "uncertainty: -0.2"),
        (line(0.5, 0.5, 0.5), None, r"probabilities \(3, 1, 1\), truth \(2, 1, 1\)"),
        (line(0.5, 0.5), line(0.1), r"uncertainty \(1, 1, 1\)"),
    ],
)
def test_wrong_volumes_are_refused(
    probabilities: Array, uncertainty: Array | None, message: str
) -> None:
    truth = line(0, 1).astype(bool)

    with pytest.raises(InputError, match=message):
        tally_voxels(probabilities, truth, np.ones_like(truth), uncertainty=uncertainty)


def test_bins_that_divide_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="smallest < largest"):
        VoxelBins(smallest=1.0, largest=0.5)


def test_voxels_near_a_region_are_those_of_the_brute_force() -> None:
    rng = np.random.default_rng(2)
    truth = np.zeros((9, 10, 11), dtype=bool)
    truth[tuple(rng.integers(2, 7, size=(3, 4)))] = True
    spacing = (1.0, 2.0, 0.7)

    near = near_region(truth, spacing_mm=spacing, within_mm=2.1)

    points = np.argwhere(np.ones_like(truth)) * spacing
    region = np.argwhere(truth) * spacing
    nearest = np.linalg.norm(points[:, None] - region, axis=2).min(axis=1)
    assert (near.ravel() == (nearest < 2.1 + 1e-6)).all()
    assert 4 < near.sum() < truth.size


def test_nothing_is_near_nothing_and_a_region_is_near_itself() -> None:
    empty = np.zeros((4, 4, 4), dtype=bool)
    corner = empty.copy()
    corner[0, 0, 3] = True

    assert not near_region(empty, spacing_mm=(1, 1, 1), within_mm=5).any()
    assert (near_region(corner, spacing_mm=(1, 1, 1), within_mm=0) == corner).all()
    with pytest.raises(InputError, match="0 mm or more"):
        near_region(corner, spacing_mm=(1, 1, 1), within_mm=-1)
