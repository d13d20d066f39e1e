"""One rounding for every output, so that a number reads the same in JSON, page and PDF."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from glioscope.core import OutputError, Quantity

SIGNIFICANT_DIGITS: Final = 6
"""Every measured number is rounded to this many significant digits before it goes anywhere."""

MATRIX_DIGITS: Final = 10
"""Of affines, whose entries are multiplied by hundreds of voxels."""

UNDEFINED: Final = "not defined"

_DECIMALS: Final[Mapping[str, int]] = MappingProxyType(
    {"mL": 1, "mm": 1, "mm2": 0, "mm3": 0, "%": 1, "1": 3, "mm-1": 3, "/mm": 3}
)

_SHOWN_UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {"mm2": "mm²", "mm3": "mm³", "mm-1": "mm⁻¹", "/mm": "mm⁻¹", "1": ""}
)


def rounded(value: float, digits: int = SIGNIFICANT_DIGITS) -> float:
    """Round to significant digits; minus zero becomes zero.

    Raises:
        OutputError: If the value is not finite; an undefined number is ``None``.
    """
    if not math.isfinite(value):
        msg = f"a number of the result is {value}; this is a defect of Glioscope, please report it"
        raise OutputError(msg)
    return float(f"{value:.{digits - 1}e}") + 0.0


def fixed(value: float, decimals: int) -> str:
    """Return a number as it is shown: rounded as in result.json, then to fixed decimals.

    A number that is not zero never reads as zero: 0.04 with one decimal is "<0.1".
    """
    number = rounded(value)
    smallest = 10.0**-decimals
    if 0 < abs(number) < smallest / 2:
        return f"<{smallest:.{decimals}f}" if number > 0 else f"-<{smallest:.{decimals}f}"
    return f"{number:.{decimals}f}"


def percent(fraction: float) -> str:
    """Return a probability or share as whole percent; what is not certain never reads so."""
    if 0.0 < fraction < 0.01:
        return "<1%"
    if 0.99 < fraction < 1.0:
        return ">99%"
    return f"{rounded(100.0 * fraction):.0f}%"


def shown_unit(unit: str) -> str:
    """Return a UCUM unit as it is printed."""
    return _SHOWN_UNITS.get(unit, unit)


def shown_value(quantity: Quantity, decimals: int | None = None) -> str:
    """Return the value alone, without its unit; undefined in words."""
    if quantity.value is None:
        return UNDEFINED
    return fixed(quantity.value, _decimals(quantity.unit, decimals))


def shown(quantity: Quantity, decimals: int | None = None) -> str:
    """Return value and unit, such as "34.2 mL"."""
    value = shown_value(quantity, decimals)
    unit = shown_unit(quantity.unit)
    if quantity.value is None or not unit:
        return value
    return f"{value}%" if unit == "%" else f"{value} {unit}"


def shown_interval(quantity: Quantity) -> str | None:
    """Return "low to high" in the unit of the value; ``None`` where it is not known."""
    if quantity.low is None or quantity.high is None:
        return None
    decimals = _decimals(quantity.unit, None)
    return f"{fixed(quantity.low, decimals)} to {fixed(quantity.high, decimals)}"


def optional(value: float | None, decimals: int, unit: str = "") -> str:
    """Return a number that may be undefined, with its unit; a dash for ``None``."""
    return "–" if value is None else f"{fixed(value, decimals)}{unit}"


def _decimals(unit: str, wanted: int | None) -> int:
    return _DECIMALS.get(unit, 2) if wanted is None else wanted
