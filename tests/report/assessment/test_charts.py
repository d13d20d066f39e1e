from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from glioscope.core import Assessment, Reason, Target
from glioscope.report.charts import BLUE, ORANGE
from glioscope.report.reason_charts import (
    Sides,
    reasons_figure,
    reasons_picture,
    survival_reasons_picture,
)
from glioscope.report.survival_chart import survival_figure, survival_picture

SIDES = Sides(left="against", right="for", unit="log odds")


def test_a_bar_is_as_long_as_its_contribution_and_shows_its_side(full: Assessment) -> None:
    reasons = full.predictions[Target.IDH].reasons
    _, axes = reasons_figure(reasons, SIDES, "title")
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]

    for bar, reason in zip(bars, reasons, strict=True):
        assert bar.get_width() == pytest.approx(reason.contribution)
        assert bar.get_facecolor() == to_rgba(BLUE if reason.contribution > 0 else ORANGE)
        assert bool(bar.get_hatch()) == (reason.contribution < 0)
    centers = [bar.get_y() for bar in bars]
    assert centers == sorted(centers)
    assert axes.yaxis_inverted()


def test_no_words_run_over_the_edge_or_each_other() -> None:
    texts = ("words of usual width " * 12, "", "short")
    reasons = tuple(Reason(group=f"group {n}", text=t, contribution=n) for n, t in enumerate(texts))
    figure, axes = reasons_figure(reasons, SIDES, "title")
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.texts if text.get_text()]

    assert all(box.x1 < axes.get_window_extent().x0 for box in boxes[1:])
    assert all(box.y0 >= 0 for box in boxes)
    for upper, lower in pairwise(boxes):
        assert lower.y1 <= upper.y0 + 1.0


def test_words_and_numbers_of_a_chart_can_be_read_without_seeing_it(full: Assessment) -> None:
    picture = reasons_picture(full.predictions[Target.IDH])

    assert picture is not None
    assert picture.name == "reasons_idh"
    assert "age +1.42 (62 years;" in picture.alt
    assert "location -0.61" in picture.alt
    assert "sex -<0.01" in picture.alt


def test_nothing_is_drawn_without_reasons(full: Assessment) -> None:
    assert full.survival is not None

    assert reasons_picture(full.predictions[Target.MGMT]) is None
    assert survival_reasons_picture(replace(full.survival, reasons=())) is None


def test_the_curve_is_drawn_in_months_and_percent(full: Assessment) -> None:
    assert full.survival is not None
    _, axes = survival_figure(full.survival)
    lines = {str(line.get_label()): np.asarray(line.get_xydata()) for line in axes.lines}

    assert set(lines) >= {"predicted", "age and sex alone"}
    month, percent = lines["predicted"][-1]
    assert month == pytest.approx(full.survival.days[-1] / 365.25 * 12)
    assert percent == pytest.approx(100 * full.survival.survival[-1])


def test_a_curve_without_baseline_and_median_is_drawn(full: Assessment) -> None:
    assert full.survival is not None
    bare = replace(full.survival, baseline=(), median_days=None)
    _, axes = survival_figure(bare)

    assert [line.get_label() for line in axes.lines] == ["predicted"]
    assert survival_picture(bare).png == survival_picture(bare).png
