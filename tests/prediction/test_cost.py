"""What is missing is told with what it costs, as it was measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from glioscope.prediction import Inputs, PredictionModel
from glioscope.prediction.cost import missing_costs

Make = Callable[..., Inputs]


def test_nothing_missing_costs_nothing(usual: Inputs, model: PredictionModel) -> None:
    assert missing_costs(usual, model) == ()


@pytest.mark.parametrize("sex", ["O", None])
def test_sex_costs_what_it_adds_to_all_else(
    patient: Make, model: PredictionModel, sex: str | None
) -> None:
    (sentence,) = missing_costs(patient(sex=sex), model)

    assert sentence == (
        "Sex was not given; with all else there it adds to the AUC: IDH +0.001, grade 4 -0.002,"
        " 1p/19q +0.000."
    )


@pytest.mark.parametrize(
    ("changes", "sentence", "without", "with_it"),
    [
        ({"age": None}, "Age was not given", 0.88, 0.90),
        (
            {"lacking": ("ImageMean",)},
            "The brightness of the tumor beside the brain's is not known",
            0.88,
            0.90,
        ),
    ],
)
def test_a_group_costs_the_difference_between_two_patterns(
    patient: Make,
    model: PredictionModel,
    changes: dict[str, Any],
    sentence: str,
    without: float,
    with_it: float,
) -> None:
    # Evidence of the model: an AUC of 0.80 and 0.02 a group.
    pairs = ", ".join(
        f"of {name} is {without:.3f} without and {with_it:.3f} with it"
        for name in ("IDH", "grade 4", "1p/19q")
    )

    assert missing_costs(patient(**changes), model) == (
        f"{sentence}; out of fold, the AUC {pairs}.",
    )


def test_a_group_is_added_with_no_more_than_it_takes(patient: Make, model: PredictionModel) -> None:
    pattern, brightness = missing_costs(patient(lacking=("Mean",)), model)

    # Four groups against three; brightness can't be there without the pattern, so five.
    assert "of IDH is 0.860 without and 0.880 with it" in pattern
    assert "of IDH is 0.860 without and 0.900 with it" in brightness


def test_place_costs_survival_only(patient: Make, model: PredictionModel) -> None:
    (sentence,) = missing_costs(patient(lacking=("MidlineDistance",)), model)

    assert sentence == (
        "The distance of the tumor from the midline is not known; only survival is told from it:"
        " C-index 0.730 without and 0.740 with it."
    )


def test_every_missing_group_has_its_sentence(patient: Make, model: PredictionModel) -> None:
    bare = patient(age=None, sex=None, lacking=("Mean", "MidlineDistance"))

    starts = [sentence.split(";")[0] for sentence in missing_costs(bare, model)]

    assert starts == [
        "Age was not given",
        "Sex was not given",
        "The intensities of T1c in the tumor could not be used",
        "The brightness of the tumor beside the brain's is not known",
        "The distance of the tumor from the midline is not known",
    ]
