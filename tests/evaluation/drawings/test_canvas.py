"""Drawings as files."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from glioscope.core import InputError
from glioscope.evaluation import Interval
from glioscope.evaluation.drawings import confusion_figure, drawing_bytes, write_drawing
from glioscope.evaluation.drawings.canvas import DPI, count_bars, error_bars, new_figure


def drawn() -> Figure:
    return confusion_figure(((33, 1), (0, 123)), ("LGG", "HGG"))[0]


@pytest.mark.parametrize("form", ["png", "svg"])
def test_the_same_drawing_gives_the_same_bytes(form: str) -> None:
    assert drawing_bytes(drawn(), form) == drawing_bytes(drawn(), form)


def test_png_has_the_size_of_the_figure_and_is_not_empty() -> None:
    figure = drawn()

    image = Image.open(io.BytesIO(drawing_bytes(figure)))

    wide, high = figure.get_size_inches()
    assert image.size == (int(wide * DPI), int(high * DPI))
    assert len(np.unique(np.asarray(image.convert("L")))) > 20


def test_svg_names_neither_date_nor_program_and_needs_no_font() -> None:
    text = drawing_bytes(drawn(), "svg").decode()

    assert "<dc:date>" not in text
    assert "<dc:creator>" not in text
    assert "<text" not in text


def test_the_form_is_what_the_name_ends_in(tmp_path: Path) -> None:
    write_drawing(drawn(), tmp_path / "new" / "a.svg")
    write_drawing(drawn(), tmp_path / "a.png")

    assert (tmp_path / "new" / "a.svg").read_bytes() == drawing_bytes(drawn(), "svg")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InputError, match="drawing as 'pdf': unknown; choose one of png, svg"):
        write_drawing(drawn(), tmp_path / "a.pdf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "new"]


def test_error_bars_reach_to_the_ends_and_never_backwards() -> None:
    inside = Interval(mean=0.5, low=0.4, high=0.7, patients=3)
    outside = Interval(mean=0.5, low=0.50001, high=0.6, patients=3)

    below, above = error_bars([inside, outside])

    assert below == pytest.approx([0.1, 0.0])
    assert above == pytest.approx([0.2, 0.1])


@pytest.mark.parametrize(("counts", "scale"), [((3, 5), "linear"), ((3, 500), "log")])
def test_counts_far_apart_are_drawn_by_powers_of_ten(counts: tuple[int, int], scale: str) -> None:
    axes = new_figure(2, 2).add_subplot()

    count_bars(axes, [0, 1], [1, 1], counts)

    assert axes.get_yscale() == scale
    assert min(axes.get_ylim()) < min(counts)


def test_scores_are_had_without_matplotlib() -> None:
    code = "import sys, glioscope.evaluation; sys.exit('matplotlib.figure' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
