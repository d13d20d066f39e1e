from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glioscope.privacy.headers.dates import kept_time, shifted_date, shifted_datetime, told_age

DAYS = st.integers(min_value=-4015, max_value=-366)
DATES = st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31))


@given(first=DATES, second=DATES, days=DAYS)
def test_intervals_between_dates_stay(first: date, second: date, days: int) -> None:
    one, other = (shifted_date(day.strftime("%Y%m%d"), days) for day in (first, second))

    assert one is not None
    assert other is not None
    moved = datetime.strptime(one, "%Y%m%d") - datetime.strptime(other, "%Y%m%d")  # noqa: DTZ007
    assert moved == first - second


@given(moment=st.datetimes().filter(lambda one: one.year > 1900), days=DAYS)
def test_a_moment_keeps_its_time_across_midnight(moment: datetime, days: int) -> None:
    moved = shifted_datetime(moment.strftime("%Y%m%d%H%M%S.%f"), days)

    assert moved == (moment + timedelta(days=days)).strftime("%Y%m%d%H%M%S.%f")


@given(day=DATES, days=DAYS)
def test_a_date_and_a_moment_of_that_date_move_alike(day: date, days: int) -> None:
    text = day.strftime("%Y%m%d")

    moved = shifted_datetime(text + "235959", days)

    assert moved == f"{shifted_date(text, days)}235959"


@pytest.mark.parametrize(
    ("value", "moved"),
    [
        ("20200301", "20200229"),
        ("2020.03.01", "20200229"),
        ("20200301 ", "20200229"),
        ("20200230", None),
        ("20201301", None),
        ("Smith", None),
        ("２０２００３０１", None),
        ("20200301-20200401", None),
        ("00010101", None),
    ],
)
def test_a_day_back(value: str, moved: str | None) -> None:
    assert shifted_date(value, -1) == moved


@pytest.mark.parametrize(
    ("value", "moved"),
    [
        ("20200301", "20200229"),
        ("202003", "202002"),
        ("2020", "2019"),
        ("20200301120000+0100", "20200229120000"),
        ("20200301120000.123456-0500", "20200229120000.123456"),
        ("202003011", None),
        ("20200301250000", None),
        ("20200301 Smith", None),
    ],
)
def test_a_moment_a_day_back_to_its_precision(value: str, moved: str | None) -> None:
    assert shifted_datetime(value, -1) == moved


@pytest.mark.parametrize("value", ["12", "1259", "125960", "235959.999999", "12:30:00", "070000 "])
def test_times_stay(value: str) -> None:
    assert kept_time(value) == value.strip()


@pytest.mark.parametrize("value", ["24", "1260", "noon", "Smith", "120000.1234567"])
def test_what_is_no_time_goes(value: str) -> None:
    assert kept_time(value) is None


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("000D", "000D"),
        ("018M", "018M"),
        ("089Y", "089Y"),
        ("090Y", "090Y"),
        ("091Y", "090Y"),
        ("104Y", "090Y"),
        ("999M", "999M"),
        ("45", None),
        ("045y", None),
        ("Old", None),
    ],
)
def test_ages_above_89_are_one_group(value: str, told: str | None) -> None:
    assert told_age(value) == told
