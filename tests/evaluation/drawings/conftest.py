"""What every drawing must be: no word cut, no number of an axis on the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox, BboxBase


@pytest.fixture
def check_words() -> Callable[[Figure], None]:
    """Return a check that all words of a figure can be read."""

    def check(figure: Figure) -> None:
        figure.canvas.draw()
        for text in _words(figure):
            if text.get_text() and text.get_visible():
                box = text.get_window_extent()
                assert _within(box, figure.bbox), f"{text.get_text()!r} is cut"
        for axes in figure.axes:
            for boxes in _level_numbers(axes):
                assert not any(one.overlaps(other) for one, other in pairwise(boxes))

    return check


def _words(figure: Figure) -> Iterator[Text]:
    for legend in figure.legends:
        yield from legend.get_texts()
    for axes in figure.axes:
        yield from (axes.xaxis.label, axes.yaxis.label, axes.title, *axes.texts)
        inside = axes.get_legend()
        yield from () if inside is None else inside.get_texts()


def _level_numbers(axes: Axes) -> Iterator[list[Bbox]]:
    """Yield where the numbers of each axis stand, slanted ones left out."""
    if not axes.axison:
        return
    for axis, span in ((axes.xaxis, axes.bbox.intervalx), (axes.yaxis, axes.bbox.intervaly)):
        shown = [
            label.get_window_extent()
            for label in axis.get_ticklabels()
            if label.get_text() and label.get_visible() and label.get_rotation() == 0
        ]
        # Ticks beyond the limits are made and not drawn.
        middles = [(b.x0 + b.x1 if axis is axes.xaxis else b.y0 + b.y1) / 2 for b in shown]
        low, high = sorted(span)
        yield [box for box, at in zip(shown, middles, strict=True) if low - 1 <= at <= high + 1]


def _within(box: BboxBase, outer: BboxBase) -> bool:
    return bool(
        box.x0 >= outer.x0 and box.x1 <= outer.x1 and box.y0 >= outer.y0 and box.y1 <= outer.y1
    )
