"""Overlap of masks against sums done on paper."""

from __future__ import annotations

import numpy as np
import pytest

from glioscope.evaluation import dice, iou, mean_iou


def test_dice_of_masks_that_share_half_is_a_half() -> None:
    one = np.array([1, 1, 0, 0], dtype=bool)
    other = np.array([0, 1, 1, 0], dtype=bool)

    assert dice(one, other) == 0.5
    assert iou(one, other) == pytest.approx(1 / 3)


@pytest.mark.parametrize(("filled", "expected"), [((), 1.0), ((0,), 0.0)])
def test_empty_truth_scores_as_in_brats(filled: tuple[int, ...], expected: float) -> None:
    truth = np.zeros(4, dtype=bool)
    prediction = np.isin(np.arange(4), filled)

    assert dice(prediction, truth) == expected
    assert iou(prediction, truth) == expected


def test_mean_iou_averages_the_three_labels_and_not_the_background() -> None:
    truth = np.array([0, 0, 1, 1, 2, 2, 0])
    prediction = np.array([0, 0, 1, 2, 2, 2, 0])

    # Necrosis 1/2, edema 2/3, enhancing absent from both: 1.
    assert mean_iou(prediction, truth) == pytest.approx((1 / 2 + 2 / 3 + 1) / 3)
