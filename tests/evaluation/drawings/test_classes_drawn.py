"""ROC curves and confusion matrices hold what they are drawn from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from glioscope.core import InputError
from glioscope.evaluation import Interval, RocCurve, roc_curve
from glioscope.evaluation.drawings import confusion_figure, roc_figure

Check = Callable[[Figure], None]


def curves(number: int) -> dict[str, RocCurve]:
    rng = np.random.default_rng(0)
    truth = np.arange(60) % 3 == 0
    return {
        f"class of a long name {place}": roc_curve(truth, truth + rng.normal(size=60))
        for place in range(number)
    }


@pytest.mark.parametrize("number", [1, 7])
def test_every_curve_is_drawn_over_the_line_of_a_coin(number: int, check_words: Check) -> None:
    made = curves(number)

    figure, axes = roc_figure(made)

    coin, *lines = axes.lines
    assert np.asarray(coin.get_xydata()).tolist() == [[0, 0], [1, 1]]
    assert len(lines) == number
    for line, curve in zip(lines, made.values(), strict=True):
        assert np.asarray(line.get_xdata()).tolist() == curve.false_positive_rate.tolist()
        assert np.asarray(line.get_ydata()).tolist() == curve.true_positive_rate.tolist()
    # Told apart by color, and the first ones by their dashes too.
    assert len({to_hex(line.get_color()) for line in lines}) == number
    assert "sensitivity" in axes.get_ylabel()
    assert "specificity" in axes.get_xlabel()
    check_words(figure)


def test_legend_tells_the_area_and_its_interval() -> None:
    made = curves(2)
    first, second = made
    area = Interval(mean=0.9, low=0.8, high=0.95, patients=60)

    figure, _ = roc_figure(made, areas={first: area})

    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        f"{first}: AUC 0.900 [0.800, 0.950]",
        f"{second}: AUC {made[second].area:.3f}",
    ]


def test_matrix_tells_numbers_and_shares_of_the_true_class(check_words: Check) -> None:
    figure, axes = confusion_figure(((33, 1), (30, 90)), ("LGG", "HGG"))

    cells = {text.get_position(): text.get_text() for text in axes.texts}
    assert cells == {(0, 0): "33\n97%", (1, 0): "1\n3%", (0, 1): "30\n25%", (1, 1): "90\n75%"}
    (image,) = axes.images
    assert np.asarray(image.get_array()).ravel() == pytest.approx([33 / 34, 1 / 34, 0.25, 0.75])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Called", "True class")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["LGG", "HGG"]
    assert axes.yaxis_inverted()
    check_words(figure)


def test_numbers_stay_readable_on_dark_cells() -> None:
    _, axes = confusion_figure(((9, 1), (5, 5)), ("a", "b"))

    colors = [to_hex(text.get_color()) for text in axes.texts]
    assert colors == ["#ffffff", "#1b1f24", "#1b1f24", "#1b1f24"]


def test_a_class_without_cases_has_no_share(check_words: Check) -> None:
    names = ("astrocytoma", "glioblastoma", "oligodendroglioma")

    figure, axes = confusion_figure(((2, 0, 0), (0, 3, 1), (0, 0, 0)), names)

    assert [text.get_text() for text in axes.texts[6:]] == ["0", "0", "0"]
    check_words(figure)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(InputError, match="no ROC curve"):
        roc_figure({})
    with pytest.raises(InputError, match=r"shape \(1, 2\) for 2 classes"):
        confusion_figure(((1, 2),), ("a", "b"))
