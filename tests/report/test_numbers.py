from __future__ import annotations

import pytest

from glioscope.core import OutputError, Quantity, Region
from glioscope.report.numbers import UNDEFINED, fixed, rounded, shown, shown_interval


def quantity(
    value: float | None, unit: str = "mL", low: float | None = None, high: float | None = None
) -> Quantity:
    return Quantity(
        name="volume", value=value, unit=unit, region=Region.WT, method="x", low=low, high=high
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [(123.456789, 123.457), (0.000123456789, 0.000123457), (0.0, 0.0), (-0.0, 0.0)],
)
def test_numbers_keep_six_significant_digits(value: float, expected: float) -> None:
    assert repr(rounded(value)) == repr(expected)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(OutputError, match="defect"):
        rounded(value)


def test_a_small_number_never_reads_as_zero() -> None:
    assert fixed(0.04, 1) == "<0.1"
    assert fixed(-0.04, 1) == "-<0.1"
    assert fixed(0.0, 1) == "0.0"


def test_what_is_shown_follows_from_what_is_stored() -> None:
    value = 12.3499996

    assert fixed(value, 1) == f"{rounded(value):.1f}"


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (quantity(34.16), "34.2 mL"),
        (quantity(34.16, "%"), "34.2%"),
        (quantity(1302.4, "mm2"), "1302 mm²"),
        (quantity(0.8123, "1"), "0.812"),
        (quantity(None), UNDEFINED),
    ],
)
def test_a_quantity_shows_its_unit(made: Quantity, text: str) -> None:
    assert shown(made) == text


def test_an_interval_is_shown_only_when_both_ends_are_known() -> None:
    assert shown_interval(quantity(2.0, low=1.04, high=3.06)) == "1.0 to 3.1"
    assert shown_interval(quantity(2.0, low=1.04)) is None
