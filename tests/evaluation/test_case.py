"""Scores of a case and of a cohort."""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.core import CaseError, GridMismatchError, InputError, Label, Region, Volume
from glioscope.evaluation import (
    METRICS,
    bootstrap_interval,
    dice,
    evaluate_case,
    evaluate_cohort,
    hd95_mm,
    lesion_wise_dice,
    mean_iou,
    normalized_surface_dice,
)

SPACING = (1.0, 1.0, 2.0)


def labels(shift: int = 0) -> Volume:
    data = np.zeros((30, 32, 20), dtype=np.uint8)
    data[5:20, 6 + shift : 22 + shift, 4:14] = Label.EDEMA
    data[8:17, 9 + shift : 19 + shift, 6:12] = Label.ENHANCING
    data[10:14, 11 + shift : 16 + shift, 8:10] = Label.NECROSIS
    return Volume(data=data, affine=np.diag([*SPACING, 1.0]))


def test_a_case_holds_the_metrics_of_its_regions() -> None:
    prediction, truth = labels(shift=2), labels()

    case = evaluate_case(prediction, truth, case_id="a")

    mine, theirs = prediction.data == Label.ENHANCING, truth.data == Label.ENHANCING
    found = case.regions[Region.ET]
    assert found.dice == dice(mine, theirs)
    assert found.hd95_mm == hd95_mm(mine, theirs, spacing_mm=SPACING)
    assert found.lesion_wise_dice == lesion_wise_dice(mine, theirs, spacing_mm=SPACING)
    assert found.normalized_surface_dice == normalized_surface_dice(
        mine, theirs, spacing_mm=SPACING
    )
    assert found.truth_ml == pytest.approx(np.count_nonzero(theirs) * 2 / 1000)
    assert case.mean_iou == mean_iou(prediction.data, truth.data)


def test_a_perfect_prediction_has_perfect_scores() -> None:
    case = evaluate_case(labels(), labels(), case_id="a")

    for region in (Region.ET, Region.TC, Region.WT):
        found = case.regions[region]
        assert (found.dice, found.lesion_wise_dice, found.normalized_surface_dice) == (1, 1, 1)
        assert (found.hd95_mm, found.lesion_wise_hd95_mm) == (0, 0)
    assert case.mean_iou == 1.0


def test_two_patients_without_tumor_agree() -> None:
    empty = labels().with_data(np.zeros((30, 32, 20), dtype=np.uint8))

    case = evaluate_case(empty, empty, case_id="a")

    assert {scores.dice for scores in case.regions.values()} == {1.0}
    assert case.mean_iou == 1.0


def test_a_truth_of_the_whole_tumor_alone_is_scored_alone() -> None:
    case = evaluate_case(labels(shift=1), labels(), case_id="a", regions=(Region.WT,))

    assert list(case.regions) == [Region.WT]
    assert case.mean_iou is None


def test_scores_do_not_depend_on_the_empty_space_around() -> None:
    def padded(volume: Volume) -> Volume:
        return Volume(data=np.pad(volume.data, 9), affine=volume.affine)

    plain = evaluate_case(labels(shift=3), labels(), case_id="a")
    wide = evaluate_case(padded(labels(shift=3)), padded(labels()), case_id="a")

    assert plain == wide


def test_labels_of_older_sets_are_refused_with_the_remedy() -> None:
    old = labels().data.copy()
    old[old == Label.ENHANCING] = 4

    with pytest.raises(CaseError, match="read_labels"):
        evaluate_case(labels(), labels().with_data(old), case_id="a")


@pytest.mark.parametrize("value", [0.5, -1.0, float("nan")])
def test_probabilities_are_no_labels(value: float) -> None:
    probs: npt.NDArray[np.float32] = labels().data.astype(np.float32)
    probs[0, 0, 0] = value

    with pytest.raises(CaseError, match="prediction"):
        evaluate_case(labels().with_data(probs), labels(), case_id="a")


def test_other_grids_are_refused() -> None:
    moved = Volume(data=labels().data, affine=np.eye(4))

    with pytest.raises(GridMismatchError, match="case a"):
        evaluate_case(moved, labels(), case_id="a")


def test_a_cohort_has_the_interval_of_every_metric() -> None:
    cases = [evaluate_case(labels(shift=shift), labels(), case_id=str(shift)) for shift in range(5)]

    cohort = evaluate_cohort(cases, seed=2, resamples=500)

    assert set(cohort.regions) == {Region.ET, Region.TC, Region.WT}
    assert all(set(metrics) == set(METRICS) for metrics in cohort.regions.values())
    values = [case.regions[Region.WT].dice for case in cases]
    assert cohort.regions[Region.WT]["dice"] == bootstrap_interval(values, seed=2, resamples=500)
    assert cohort.mean_iou is not None
    assert cohort.mean_iou.patients == 5


def test_partly_labelled_cases_count_where_they_can() -> None:
    whole = evaluate_case(labels(shift=1), labels(), case_id="a")
    partly = evaluate_case(labels(shift=2), labels(), case_id="b", regions=(Region.WT,))

    cohort = evaluate_cohort([whole, partly], resamples=100)

    assert cohort.regions[Region.WT]["dice"].patients == 2
    assert cohort.regions[Region.ET]["dice"].patients == 1
    assert cohort.mean_iou is not None
    assert cohort.mean_iou.mean == whole.mean_iou


def test_scores_turn_into_json_and_back() -> None:
    cohort = evaluate_cohort([evaluate_case(labels(1), labels(), case_id="a")], resamples=100)

    plain = json.loads(json.dumps(cohort.as_json()))

    assert plain["cases"][0]["regions"]["whole_tumor"]["dice"] == pytest.approx(
        cohort.regions[Region.WT]["dice"].mean
    )


def test_an_empty_cohort_is_refused() -> None:
    with pytest.raises(InputError, match="at least one case"):
        evaluate_cohort([])
