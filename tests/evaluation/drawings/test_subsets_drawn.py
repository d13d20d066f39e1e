"""The plot of the subsets holds all fifteen, with the sequences of each below."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from glioscope.core import Sequence
from glioscope.evaluation import SUBSETS, SequenceValues, sequence_values
from glioscope.evaluation.drawings import subsets_figure

Check = Callable[[Figure], None]


@pytest.fixture(scope="module")
def values() -> SequenceValues:
    rng = np.random.default_rng(0)
    scores = {
        str(case): {subset: 0.2 * len(subset) + rng.normal(0, 0.03) for subset in SUBSETS}
        for case in range(12)
    }
    return sequence_values({**scores, "partly": {}}, resamples=100)


def test_every_subset_has_a_point_with_its_interval(values: SequenceValues) -> None:
    _, (upper, _, _) = subsets_figure(values, score="Dice of the whole tumor")

    (points,) = upper.containers
    found = [part.score for part in values.subsets]
    assert np.asarray(points[0].get_ydata()) == pytest.approx([score.mean for score in found])
    ends = [segment[:, 1].tolist() for segment in points[2][0].get_segments()]
    assert np.array(ends) == pytest.approx(np.array([[one.low, one.high] for one in found]))
    assert upper.get_ylabel() == "Dice of the whole tumor\n(mean, 95% interval)"
    # Subsets of one, two and three sequences end here.
    rules = [np.asarray(line.get_xdata()) for line in upper.lines if line.get_linestyle() == "-"]
    assert [rule.tolist() for rule in rules] == [[3.5, 3.5], [9.5, 9.5], [13.5, 13.5]]


def test_dots_below_a_point_are_its_sequences(values: SequenceValues) -> None:
    _, (_, matrix, _) = subsets_figure(values)

    held: dict[int, set[int]] = {place: set() for place in range(15)}
    absent: dict[int, set[int]] = {place: set() for place in range(15)}
    for line in matrix.lines:
        if line.get_marker() == "o":
            side = held if line.get_color() == "#1b1f24" else absent
            for across, up in np.asarray(line.get_xydata()).tolist():
                side[int(across)].add(int(up))
    rows = list(Sequence)
    for place, subset in enumerate(SUBSETS):
        assert {rows[row] for row in held[place]} == subset
        assert held[place] | absent[place] == {0, 1, 2, 3}
        assert not held[place] & absent[place]
    labels = [label.get_text() for label in matrix.get_yticklabels()]
    assert labels == ["T1", "T1c", "T2", "FLAIR"]


def test_bars_beside_the_dots_are_the_shapley_values(values: SequenceValues) -> None:
    _, (_, matrix, shares) = subsets_figure(values)

    bars = [cast("Rectangle", patch) for patch in shares.patches]
    expected = [value.shapley.mean for value in values.values]
    assert [bar.get_width() for bar in bars] == pytest.approx(expected)
    assert [bar.get_y() + bar.get_height() / 2 for bar in bars] == pytest.approx([0, 1, 2, 3])
    assert shares.get_ylim() == matrix.get_ylim() == (3.5, -0.5)


def test_picture_says_whom_it_counts(values: SequenceValues, check_words: Check) -> None:
    figure, _ = subsets_figure(values)

    (note,) = figure.axes[-1].texts
    assert note.get_text().startswith("12 patient(s)\n1 case(s) left out")
    check_words(figure)
