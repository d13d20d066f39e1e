"""The plot of an ablation holds every run and its difference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from glioscope.core import InputError
from glioscope.evaluation import Ablation, compare_runs
from glioscope.evaluation.drawings import ablation_figure

Check = Callable[[Figure], None]

GAINS = {"full": 0.0, "without shape features": -0.06, "other seed": 0.0}


@pytest.fixture(scope="module")
def ablation() -> Ablation:
    rng = np.random.default_rng(1)
    level = rng.uniform(0.5, 0.9, size=30)
    runs = {
        run: {
            str(case): {"dice": float(level[case] + gain + rng.normal(0, 0.02))}
            for case in range(30)
        }
        for run, gain in GAINS.items()
    }
    return compare_runs(runs, reference="full", resamples=200)


def dots(axes: Axes) -> list[Line2D]:
    return [line for line in axes.lines if line.get_marker() == "o"]


def bars(axes: Axes) -> list[list[float]]:
    """Return the ends of each level line."""
    lines = [np.asarray(line.get_xydata()) for line in axes.lines if line.get_marker() != "o"]
    return [xy[:, 0].tolist() for xy in lines if len(xy) == 2 and xy[0, 1] == xy[1, 1]]


def test_every_run_has_a_row_with_its_score(ablation: Ablation, check_words: Check) -> None:
    figure, (scores, _) = ablation_figure(ablation, "dice", label="Dice")

    rows = ablation.metrics["dice"]
    assert [label.get_text() for label in scores.get_yticklabels()] == list(GAINS)
    found = [np.asarray(dot.get_xydata())[0].tolist() for dot in dots(scores)]
    assert found == [[part.score.mean, row] for row, part in enumerate(rows)]
    assert bars(scores) == [[part.score.low, part.score.high] for part in rows]
    assert scores.yaxis_inverted()
    assert scores.get_xlabel() == "Dice (mean, 95% interval)"
    check_words(figure)


def test_differences_clear_of_0_are_filled(ablation: Ablation) -> None:
    figure, (_, differences) = ablation_figure(ablation, "dice")

    worse, alike = dots(differences)
    assert to_hex(worse.get_markerfacecolor()) == "#0072b2"
    assert to_hex(alike.get_markerfacecolor()) == "#ffffff"
    expected = [part.difference for part in ablation.metrics["dice"][1:]]
    assert bars(differences) == [
        [part.difference.low, part.difference.high] for part in expected if part is not None
    ]
    told = [text.get_text() for text in differences.texts]
    assert told[0].startswith("\N{MINUS SIGN}0.0")
    assert "reference" in told
    assert differences.get_xlabel() == "dice less that of full"
    low, high = differences.get_xlim()
    assert low < 0 < high
    assert len(figure.legends[0].get_texts()) == 2


def test_the_reference_alone_can_be_drawn(check_words: Check) -> None:
    runs = {"full": {"a": {"dice": 0.5}, "b": {"dice": 0.7}}}

    figure, (scores, differences) = ablation_figure(
        compare_runs(runs, reference="full", resamples=20), "dice"
    )

    assert (len(dots(scores)), len(dots(differences))) == (1, 0)
    check_words(figure)


def test_a_metric_that_was_not_scored_is_refused(ablation: Ablation) -> None:
    with pytest.raises(InputError, match="metric 'iou': not scored; choose one of dice"):
        ablation_figure(ablation, "iou")
