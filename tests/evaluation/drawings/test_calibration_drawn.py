"""Reliability and uncertainty hold what they are drawn from."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import cast

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from glioscope.core import InputError
from glioscope.evaluation import Interval, ReliabilityBin, UncertaintyBin
from glioscope.evaluation.drawings import reliability_figure, uncertainty_figure

Check = Callable[[Figure], None]


def bins(*edges: float) -> list[ReliabilityBin]:
    return [
        ReliabilityBin(
            low=low,
            high=high,
            mean_probability=(low + high) / 2,
            observed=low**2,
            count=10 ** (place + 1),
        )
        for place, (low, high) in enumerate(pairwise(edges))
    ]


def unsure(number: int) -> list[UncertaintyBin]:
    return [
        UncertaintyBin(
            low=10.0 ** (place - number),
            high=10.0 ** (place + 1 - number),
            mean_uncertainty=4.56 * 10.0 ** (place - number),
            error_rate=Interval(mean=0.03 * place, low=0.02 * place, high=0.05 * place, patients=9),
            expected_calibration_error=Interval(mean=0.01, low=0.0, high=0.02, patients=9),
            count=1000 + place,
        )
        for place in range(number)
    ]


def heights(patches: object) -> list[float]:
    return [cast("Rectangle", patch).get_height() for patch in patches]  # type: ignore[attr-defined]


def test_points_gaps_and_counts_are_those_of_the_bins(check_words: Check) -> None:
    parts = bins(0.5, 0.6, 0.8, 1.0)

    figure, (upper, lower) = reliability_figure(
        parts, error=Interval(mean=0.12, low=0.1, high=0.2, patients=5)
    )

    perfect, observed = upper.lines
    assert np.asarray(perfect.get_xydata()).tolist() == [[0.5, 0.5], [1, 1]]
    expected = np.array([[0.55, 0.25], [0.7, 0.36], [0.9, 0.64]])
    assert np.asarray(observed.get_xydata()) == pytest.approx(expected)
    (gaps,) = upper.collections
    ends = [segment.tolist() for segment in cast("LineCollection", gaps).get_segments()]
    assert np.array(ends) == pytest.approx(
        np.array([[[x, x], [x, y]] for x, y in expected.tolist()])
    )
    assert heights(lower.patches) == [10, 100, 1000]
    assert upper.get_title(loc="left") == "ECE 0.120 [0.100, 0.200]"
    assert lower.get_ylabel() == "Voxels"
    # Every point is in the picture, though answers are right less often than by chance.
    assert min(upper.get_ylim()) <= 0.25
    check_words(figure)


def test_a_confidence_of_one_half_does_not_open_the_lower_half() -> None:
    # An edge belongs to the bin below it.
    edge = ReliabilityBin(low=0.45, high=0.5, mean_probability=0.5, observed=0.6, count=3)

    _, (upper, _) = reliability_figure([edge, *bins(0.5, 0.8, 1.0)])

    assert upper.get_xlim() == (0.5, 1)


def test_probabilities_of_a_class_span_0_to_1(check_words: Check) -> None:
    figure, (upper, lower) = reliability_figure(
        bins(0.0, 0.5, 1.0), predicted="Predicted", observed="Share mutant", counted="Patients"
    )

    assert upper.get_xlim() == (0, 1)
    assert upper.get_title(loc="left") == ""
    names = (lower.get_xlabel(), upper.get_ylabel(), lower.get_ylabel())
    assert names == ("Predicted", "Share mutant", "Patients")
    check_words(figure)


@pytest.mark.parametrize("number", [1, 10])
def test_error_and_calibration_stand_over_each_bin(number: int, check_words: Check) -> None:
    parts = unsure(number)

    figure, (upper, lower) = uncertainty_figure(parts)

    error, calibration = upper.containers
    assert str(error.get_label()).startswith("error rate [95%")
    assert str(calibration.get_label()).startswith("ECE [95%")
    points = np.asarray(error[0].get_xydata())
    assert points[:, 1] == pytest.approx([0.03 * place for place in range(number)])
    assert points[:, 0] == pytest.approx(np.arange(number), abs=0.1)
    assert np.asarray(calibration[0].get_ydata()) == pytest.approx([0.01] * number)
    ends = [segment[:, 1].tolist() for segment in error[2][0].get_segments()]
    assert np.array(ends) == pytest.approx(
        np.array([[0.02 * place, 0.05 * place] for place in range(number)])
    )
    assert heights(lower.patches) == [1000 + place for place in range(number)]
    assert lower.get_xticklabels()[-1].get_text() == "0.46"
    assert lower.get_xlabel() == "Mean epistemic uncertainty (nats)"
    check_words(figure)


def test_small_uncertainties_are_told_by_their_power_of_ten() -> None:
    _, (_, lower) = uncertainty_figure(unsure(6))

    assert [label.get_text() for label in lower.get_xticklabels()[:4]] == [
        "5e-06",
        "5e-05",
        "5e-04",
        "0.0046",
    ]


def test_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="no bin of predictions"):
        reliability_figure([])
    with pytest.raises(InputError, match="no bin of uncertainty"):
        uncertainty_figure([])
