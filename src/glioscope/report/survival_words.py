"""The numbers of a survival curve as the report tells them."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from glioscope.core import SurvivalCurve
from glioscope.report.numbers import fixed, percent

DAYS_PER_MONTH: Final = 365.25 / 12
ONE_YEAR_DAYS: Final = 365.25
TWO_YEARS_DAYS: Final = 730.5
BAND: Final = "90% band: uncertainty of the model, not of the patient"


def months(days: float) -> float:
    """Return days as months of a twelfth of a year."""
    return days / DAYS_PER_MONTH


def months_text(days: float | None) -> str:
    """Return such as "14.2"; in words where the curve does not reach one half."""
    return "not reached" if days is None else fixed(months(days), 1)


def band_text(low: float, high: float) -> str:
    """Return such as "51% to 66%"."""
    return f"{percent(low)} to {percent(high)}"


def baseline_at(curve: SurvivalCurve, days: float) -> float | None:
    """Return what age and sex alone say, between two days of the curve on a straight line.

    ``None`` where there is no baseline or the curve ends before.
    """
    if not curve.baseline:
        return None
    points = zip(curve.days, curve.baseline, strict=True)
    for (day, here), (later, there) in pairwise(points):
        if day <= days <= later:
            return here + (there - here) * (days - day) / (later - day)
    return None


def baseline_median_days(curve: SurvivalCurve) -> float | None:
    """Return where the curve of age and sex alone crosses one half; ``None`` where it does not."""
    points = zip(curve.days, curve.baseline, strict=False)
    for (day, here), (later, there) in pairwise(points):
        if here >= 0.5 >= there and here > there:
            return day + (later - day) * (here - 0.5) / (here - there)
    return None


def median_text(curve: SurvivalCurve) -> str:
    """Return the median with its range, in months."""
    if curve.median_days is None:
        end = fixed(months(curve.days[-1]), 0)
        return f"not reached within the {end} months of the curve"
    low, high = months_text(curve.median_low_days), months_text(curve.median_high_days)
    return f"{months_text(curve.median_days)} months ({low} to {high})"


def chance_text(value: tuple[float, float, float]) -> str:
    """Return a probability with its band, such as "58% (51% to 66%)"."""
    return f"{percent(value[0])} ({band_text(*value[1:])})"


def risk_text(curve: SurvivalCurve) -> str:
    """Return where the patient's risk lies among that of the training patients."""
    return f"higher than in {percent(curve.risk_percentile / 100.0)} of the training patients"


def facts_text(curve: SurvivalCurve) -> str:
    """Return which clinical facts entered, and which were missing."""
    used = ", ".join(curve.used) or "none"
    missing = ", ".join(curve.missing) or "none"
    return f"Clinical facts that entered: {used}. Missing: {missing}."
