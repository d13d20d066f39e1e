"""Lesion-wise scores of BraTS 2023 on cases counted by hand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.evaluation import (
    ABSENT_HD95_MM,
    LesionRules,
    LesionWiseScores,
    dice,
    hd95_mm,
    lesion_wise_dice,
    lesion_wise_scores,
)

ISOTROPIC = (1.0, 1.0, 1.0)
Mask = npt.NDArray[np.bool_]


def boxes(*starts: tuple[int, int, int], side: int = 5) -> Mask:
    """Return cubes in a volume of 40 voxels a side."""
    mask = np.zeros((40, 40, 40), dtype=bool)
    for i, j, k in starts:
        mask[i : i + side, j : j + side, k : k + side] = True
    return mask


def scores(prediction: Mask, truth: Mask, rules: LesionRules | None = None) -> LesionWiseScores:
    return lesion_wise_scores(prediction, truth, spacing_mm=ISOTROPIC, rules=rules)


def test_one_lesion_scores_as_the_whole_mask_does() -> None:
    truth, prediction = boxes((10, 10, 10)), boxes((11, 10, 10))

    found = scores(prediction, truth)

    assert found.dice == dice(prediction, truth) == pytest.approx(0.8)
    assert found.hd95_mm == hd95_mm(prediction, truth, spacing_mm=ISOTROPIC)


def test_a_missed_lesion_and_a_false_one_count_zero() -> None:
    truth = boxes((5, 5, 5), (25, 25, 25))
    prediction = boxes((5, 5, 5), (5, 30, 5))

    found = scores(prediction, truth)

    # One found whole, one missed, one false: (1 + 0 + 0) / 3.
    assert found.dice == pytest.approx(1 / 3)
    assert found.hd95_mm == pytest.approx(2 * ABSENT_HD95_MM / 3)
    assert (found.lesions, found.missed, found.false_positives) == (2, 1, 1)


@pytest.mark.parametrize(("gap", "lesions"), [(6, 1), (7, 2)])
def test_parts_whose_dilations_touch_are_one_lesion(gap: int, lesions: int) -> None:
    # Three dilations on each side meet across six voxels.
    truth = boxes((5, 10, 10), (10 + gap, 10, 10))

    found = scores(boxes((5, 10, 10)), truth)

    assert found.lesions == lesions
    assert found.dice == pytest.approx(2 / 3 if lesions == 1 else 1 / 2)


def test_a_component_near_a_lesion_is_part_of_its_prediction() -> None:
    truth = boxes((10, 10, 10))
    near, far = boxes((10, 10, 10), (17, 10, 10)), boxes((10, 10, 10), (18, 10, 10))

    assert scores(near, truth).false_positives == 0
    assert scores(near, truth).dice == pytest.approx(2 / 3)
    assert scores(far, truth).false_positives == 1
    assert scores(far, truth).dice == pytest.approx(1 / 2)


def test_small_lesions_are_not_scored_and_do_no_harm_when_found() -> None:
    truth = boxes((5, 5, 5)) | boxes((25, 25, 25), side=3)

    assert scores(truth, truth).lesions == 1
    assert scores(truth, truth).dice == 1.0
    assert scores(boxes((5, 5, 5)), truth).dice == 1.0
    assert scores(truth, truth, LesionRules(smallest_mm3=26)).lesions == 2


def test_smallest_lesion_is_counted_in_millimeters() -> None:
    truth = boxes((25, 25, 25), side=3)

    assert lesion_wise_scores(truth, truth, spacing_mm=(2.0, 1.0, 1.0)).lesions == 1


def test_a_large_tumor_outweighs_small_ones_only_in_the_plain_dice() -> None:
    truth = boxes((2, 2, 2), side=20) | boxes((32, 32, 32), side=4)
    prediction = boxes((2, 2, 2), side=20)

    assert dice(prediction, truth) > 0.99
    assert lesion_wise_dice(prediction, truth, spacing_mm=ISOTROPIC) == 0.5


def test_empty_masks_score_as_in_brats() -> None:
    empty, full = boxes(), boxes((10, 10, 10))

    assert (scores(empty, empty).dice, scores(empty, empty).hd95_mm) == (1.0, 0.0)
    assert (scores(full, empty).dice, scores(full, empty).hd95_mm) == (0.0, ABSENT_HD95_MM)
    assert (scores(empty, full).dice, scores(empty, full).hd95_mm) == (0.0, ABSENT_HD95_MM)


def test_lesions_at_the_border_of_the_image_are_scored() -> None:
    truth = boxes((0, 0, 0), (35, 35, 35))

    assert scores(truth, truth).dice == 1.0
    assert scores(truth, truth).lesions == 2
