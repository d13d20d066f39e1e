"""What the patient's page tells of an analysis, from its ``result.json``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from glioscope.core import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """Numbers of a predicted survival curve.

    Args:
        median_days: Where it crosses one half; ``None`` where it does not.
        low_days: Lower end of the band of the median; ``None`` likewise.
        high_days: Upper end.
        one_year: Probability to live 365.25 days.
        two_years: Probability to live 730.5 days.
    """

    median_days: float | None
    low_days: float | None
    high_days: float | None
    one_year: float
    two_years: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Imaging:
    """What images have shown.

    Args:
        has_tumor: Whether anything was segmented.
        lobe: Structure with the largest share of the tumor, as the atlas names it.
        side: ``"left"``, ``"right"`` or ``"both"``.
        longest_mm: Largest axial diameter of any region.
        survival: Predicted; ``None`` where nothing was, or the model abstained.
    """

    has_tumor: bool
    lobe: str | None = None
    side: str | None = None
    longest_mm: float | None = None
    survival: Survival | None = None


def imaging_of(result: Mapping[str, Any]) -> Imaging:
    """Return what a ``result.json`` tells.

    Args:
        result: Its content, schema version 1.x.

    Raises:
        InputError: If it is no result of an analysis.
    """
    try:
        location = result["location"] or {}
        return Imaging(
            has_tumor=bool(result["has_tumor"]),
            lobe=location.get("main_lobe"),
            side=location.get("main_lobe_hemisphere"),
            longest_mm=max(_lengths_mm(result["measurements"]), default=None),
            survival=_survival(result["assessment"] or {}),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        msg = (
            f"result.json is not one of Glioscope or damaged ({type(error).__name__}); give the"
            " folder that `glioscope analyze -o` wrote, or analyze again"
        )
        raise InputError(msg) from error


def _lengths_mm(measurements: Mapping[str, Any]) -> Iterable[float]:
    """Yield the longest diameter of each region; the largest lesion's where there are none."""
    lesions = measurements["lesions"]
    found = list(measurements["diameters"].values())
    if not found and lesions and lesions[0]["diameters"] is not None:
        found = [lesions[0]["diameters"]]
    for diameters in found:
        if diameters["longest"]["value"] is not None:
            yield float(diameters["longest"]["value"])


def _survival(assessment: Mapping[str, Any]) -> Survival | None:
    told = assessment.get("survival")
    if told is None:
        return None
    return Survival(
        median_days=told["median"]["value"],
        low_days=told["median"]["low"],
        high_days=told["median"]["high"],
        one_year=float(told["one_year"]["value"]),
        two_years=float(told["two_years"]["value"]),
    )
