"""Tables as they are printed."""

from __future__ import annotations

import pytest

from glioscope.core import InputError
from glioscope.evaluation import Interval, Table, interval_text


def test_names_stand_left_and_numbers_right() -> None:
    table = Table(header=("run", "dice"), rows=(("full", "0.9"), ("a", "0.75")))

    assert table.text().splitlines() == ["run   dice", "----  ----", "full   0.9", "a     0.75"]


def test_markdown_holds_the_same_cells() -> None:
    table = Table(header=("run", "dice"), rows=(("a|b", "0.75"),))

    assert table.markdown().splitlines() == ["| run | dice |", "| :-- | --: |", "| a\\|b | 0.75 |"]


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(InputError, match="row 0 has 1 cells for 2 columns"):
        Table(header=("run", "dice"), rows=(("full",),))


def test_intervals_are_rounded_to_three_places() -> None:
    interval = Interval(mean=0.81249, low=-0.0996, high=0.9, patients=3)

    assert interval_text(interval) == "0.812 [-0.100, 0.900]"
    assert interval_text(interval, signed=True) == "+0.812 [-0.100, +0.900]"
    assert interval_text(None) == "-"
