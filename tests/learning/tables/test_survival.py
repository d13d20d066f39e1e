"""Survival models against a cohort whose hazard is known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from glioscope.evaluation import harrell_c
from glioscope.learning.tables.crossvalidation import cross_validate_survival
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.learning.tables.survival import (
    SURVIVAL_DAYS,
    SurvivalConfig,
    fit_hazard,
    kps_effect,
    outcome,
    survival_features,
)
from glioscope.prediction import CLINICAL, SURVIVAL_PATTERNS, Inputs

Cohort = tuple[LabeledPatient, ...]
AGE_SEX = ("age", "sex")


def exponential(count: int, rng: np.random.Generator) -> Cohort:
    """Patients whose hazard doubles every ten years, 1 in 1,000 a day at 60."""
    patients = []
    for number in range(count):
        age = float(rng.uniform(30, 90))
        days = float(rng.exponential(1000 / 2 ** ((age - 60) / 10))) + 0.5
        patients.append(
            LabeledPatient(
                patient=str(number),
                inputs=Inputs(age_years=age, sex="F"),
                os_days=min(days, 2500.0),
                died=days <= 2500,
            )
        )
    return tuple(patients)


def test_a_known_hazard_ratio_and_baseline_are_found() -> None:
    patients = exponential(1500, np.random.default_rng(3))

    hazard = fit_hazard(
        patients, AGE_SEX, known=False, config=SurvivalConfig(penalty=0.0005, draws=0)
    )

    a_year = hazard.risk.weights[0] / hazard.risk.scale[0]
    assert math.exp(10 * a_year) == pytest.approx(2.0, rel=0.1)
    at_60 = np.array([60.0, -0.5, *hazard.risk.mean[2:]])
    at_60 = np.nan_to_num(at_60)
    curve = hazard.survival(at_60)
    assert curve[12] == pytest.approx(math.exp(-SURVIVAL_DAYS[12] / 1000), abs=0.04)
    assert curve[36] == pytest.approx(math.exp(-SURVIVAL_DAYS[36] / 1000), abs=0.04)


def test_the_band_narrows_with_more_patients() -> None:
    def width(count: int) -> float:
        patients = exponential(count, np.random.default_rng(5))
        hazard = fit_hazard(patients, AGE_SEX, known=False, config=SurvivalConfig(draws=20))
        low, high = hazard.band(hazard.risk.mean, confidence=0.9)
        return float((high - low)[12])

    assert width(1200) < 0.7 * width(120)


def test_held_out_risk_orders_the_patients(cohort: Cohort) -> None:
    found = cross_validate_survival(cohort, AGE_SEX, known=True, clinical=True, repeats=1)

    assert harrell_c(*outcome(cohort), found[0].risk) > 0.65
    assert (np.diff(found[0].survival, axis=1) <= 1e-12).all()


def test_what_is_not_told_is_missing_not_zero(cohort: Cohort) -> None:
    silent = replace(cohort[0], resection=None, mgmt_methylated=None)

    features = survival_features([silent], AGE_SEX, known=False)

    assert np.isnan(features[0, 2:]).all()
    assert features.shape == (1, 2 + len(CLINICAL))


def test_intensities_do_not_enter_survival() -> None:
    assert {"enhancement pattern", "brightness"}.isdisjoint(
        group for pattern in SURVIVAL_PATTERNS for group in pattern
    )


def test_a_known_effect_of_the_karnofsky_status_is_found(cohort: Cohort) -> None:
    rng = np.random.default_rng(9)
    patients = []
    for patient in cohort:
        days = float(rng.exponential(700 * 1.5 ** (((patient.kps or 0) - 80) / 10)))
        patients.append(replace(patient, os_days=days + 1, died=True))

    per_ten, mean, count = kps_effect(patients)

    assert math.exp(per_ten) == pytest.approx(1 / 1.5, rel=0.1)
    assert mean == pytest.approx(80, abs=2)
    assert count == len(cohort)
