"""What is known of one patient before anything is predicted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from glioscope.core import Findings, InputError, Patient, Quantity, Region
from glioscope.prediction.groups import (
    FORMULAS,
    IMAGE_GROUPS,
    MIDLINE_DISTANCE,
    NEEDED,
    PATTERNS,
    SHAPE_RATIOS,
    SHAPE_SIZES,
    SURVIVAL_PATTERNS,
    feature_names,
)

OLDEST_YEARS: Final = 120.0

_POSITIVE: Final = frozenset(
    (*SHAPE_SIZES, "10Percentile", "90Percentile", "Kurtosis", "Maximum", "Mean", "Median")
) | {"ImageMean", "Uniformity", "Variance"}

_NOT_NEGATIVE: Final = frozenset(
    ("Entropy", "InterquartileRange", "MeanAbsoluteDeviation", "RobustMeanAbsoluteDeviation")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """One patient's numbers; a group that is not whole is not there.

    Args:
        age_years: At the scan, 0 to 120.
        sex: As DICOM codes it; ``"O"`` and ``None`` count as not known.
        measured: By PyRadiomics' names: shape in mm, first order of T1c over the whole tumor at
            any one scale, `IMAGE_MEAN` at the same scale, `MIDLINE_DISTANCE` in mm.

    Raises:
        InputError: If a value can't be true.
    """

    age_years: float | None = None
    sex: Literal["F", "M", "O"] | None = None
    measured: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.age_years is not None and not 0 <= self.age_years <= OLDEST_YEARS:
            msg = f"age {self.age_years:g}: give years from 0 to {OLDEST_YEARS:g}, or leave it out"
            raise InputError(msg)
        if self.sex not in {"F", "M", "O", None}:
            msg = f"sex {self.sex!r}: give F, M or O, or leave it out"
            raise InputError(msg)
        for name, value in self.measured.items():
            _check(name, value)

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that are there, `PATTERNS` aside."""
        age = () if self.age_years is None else ("age",)
        sex = () if self.sex in {None, "O"} else ("sex",)
        whole = (g for g in IMAGE_GROUPS if all(name in self.measured for name in NEEDED[g]))
        return (*age, *sex, *whole)

    @property
    def pattern(self) -> tuple[str, ...]:
        """The largest pattern of groups that are all there."""
        there = {*self.groups, "sex"}
        return max((p for p in PATTERNS if there.issuperset(p)), key=len)

    @property
    def survival_pattern(self) -> tuple[str, ...]:
        """The largest pattern of `SURVIVAL_PATTERNS` whose groups are all there."""
        there = {*self.groups, "sex"}
        return max((p for p in SURVIVAL_PATTERNS if there.issuperset(p)), key=len)

    def vector(self, groups: tuple[str, ...]) -> npt.NDArray[np.float64]:
        """Return the features of groups, shape ``(F,)``.

        Args:
            groups: All of them are there.
        """
        values: list[float] = []
        for group in groups:
            if group == "age":
                values.append(float(self.age_years or 0.0))
            elif group == "sex":
                values.append({"M": 0.5, "F": -0.5}.get(self.sex or "", 0.0))
            else:
                values += [formula(self.measured) for formula in FORMULAS[group].values()]
        return np.array(values, dtype=np.float64)


def inputs_from_findings(findings: Findings, patient: Patient) -> Inputs:
    """Return the inputs that the main job measured.

    Args:
        findings: Of a segmentation; without a tumor only age and sex are left.
        patient: Age and sex.

    Raises:
        InputError: If a value can't be true.
    """
    shape = findings.measurements.shape.get(Region.WT, {})
    measured = _values(shape) | _values(findings.measurements.intensity)
    aside = findings.location.midline_distance if findings.location else None
    if aside is not None and aside.value is not None:
        measured[MIDLINE_DISTANCE] = aside.value
    return Inputs(age_years=patient.age_years, sex=patient.sex, measured=measured)


def named_vector(inputs: Inputs, groups: tuple[str, ...]) -> dict[str, float]:
    """Return the features of groups by name."""
    return dict(zip(feature_names(groups), inputs.vector(groups).tolist(), strict=True))


def _values(quantities: Mapping[str, Quantity]) -> dict[str, float]:
    values = {name: quantity.value for name, quantity in quantities.items()}
    return {name: value for name, value in values.items() if value is not None}


def _check(name: str, value: float) -> None:
    problem = None
    if not math.isfinite(value):
        problem = "is not a finite number"
    elif name in _POSITIVE and value <= 0:
        problem = "must be greater than 0"
    elif name in _NOT_NEGATIVE and value < 0:
        problem = "must not be negative"
    elif name == MIDLINE_DISTANCE and not 0 <= value <= 100:
        problem = "must lie between 0 and 100 mm"
    elif name in SHAPE_RATIOS and not 0 < value <= 1:
        problem = "must lie between 0 and 1"
    if problem:
        msg = f"{name} is {value:g}, but {problem}; correct it, or leave its column out"
        raise InputError(msg)
