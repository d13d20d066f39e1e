"""A cohort whose truth is known: IDH by age, grade by brightness, codeletion by shape."""

from __future__ import annotations

import numpy as np
import pytest

from glioscope.core import Entity
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.prediction import Inputs
from glioscope.prediction.groups import SHAPE_SIZES

_LOWER = {
    2: (Entity.ASTROCYTOMA_2, Entity.OLIGODENDROGLIOMA_2),
    3: (Entity.ASTROCYTOMA_3, Entity.OLIGODENDROGLIOMA_3),
}


def a_patient(number: int, rng: np.random.Generator) -> LabeledPatient:
    """Draw one patient."""
    age = float(np.clip(rng.normal(57, 15), 18, 93).round())
    bright = float(rng.normal())
    round_ = float(rng.uniform(0.3, 0.8))
    mutant = rng.random() < 1 / (1 + np.exp(0.25 * (age - 48)))
    entity = _mutant(bright, round_, rng) if mutant else _wildtype(bright, rng)
    days = float(rng.exponential(2500 if mutant else 600) * np.exp((50 - age) / 50)) + 5
    followed = float(rng.uniform(200, 3000))
    return LabeledPatient(
        patient=f"simulated {number}",
        inputs=Inputs(
            age_years=age,
            sex="F" if rng.random() < 0.45 else "M",
            measured=_measured(bright, round_, rng),
        ),
        entity=entity,
        idh_mutant=entity.idh_mutant,
        codeleted=entity.codeleted if rng.random() < 0.8 else None,
        grade=int(rng.choice([2, 3])) if entity.grade is None else entity.grade,
        mgmt_methylated=None if rng.random() < 0.2 else bool(rng.random() < 0.6),
        os_days=min(days, followed),
        died=days <= followed,
        resection=str(rng.choice(["gross-total", "subtotal", "biopsy"])),
        kps=float(rng.choice([60, 70, 80, 90, 100])),
    )


def _mutant(bright: float, round_: float, rng: np.random.Generator) -> Entity:
    if bright + rng.normal(0, 0.5) > 1:
        return Entity.ASTROCYTOMA_4
    grade = 3 if rng.random() < 0.4 else 2
    return _LOWER[grade][int(round_ + rng.normal(0, 0.05) > 0.65)]


def _wildtype(bright: float, rng: np.random.Generator) -> Entity:
    return Entity.OTHER if bright + rng.normal(0, 0.4) < -1.3 else Entity.GLIOBLASTOMA_4


def _measured(bright: float, round_: float, rng: np.random.Generator) -> dict[str, float]:
    mean = float(rng.uniform(800, 3000))
    wide = 0.25 * np.exp(0.3 * bright)
    return {
        **{name: float(np.exp(rng.normal(4, 0.4))) for name in SHAPE_SIZES},
        "Elongation": float(rng.uniform(0.4, 1)),
        "Flatness": float(rng.uniform(0.3, 0.9)),
        "Sphericity": round_,
        "Mean": mean,
        "Median": mean * float(rng.normal(0.97, 0.02)),
        "10Percentile": mean * float(np.clip(1 - 1.2 * wide, 0.1, 1)),
        "90Percentile": mean * float(1 + 1.5 * wide),
        "InterquartileRange": mean * float(wide),
        "Kurtosis": float(np.exp(rng.normal(1.3, 0.3))),
        "Skewness": float(rng.normal(0.5, 0.5)),
        "Maximum": mean * float(2 + wide),
        "MeanAbsoluteDeviation": mean * float(wide * 0.8),
        "RobustMeanAbsoluteDeviation": mean * float(wide * 0.6),
        "Variance": float((mean * wide) ** 2),
        "Entropy": float(np.log2(mean * wide / 25) + 2),
        "Uniformity": float(np.clip(6 / (mean * wide), 0.001, 1)),
        "ImageMean": mean / float(np.exp(1.8 + 0.15 * bright)),
        "MidlineDistance": float(rng.uniform(0, 60)),
    }


@pytest.fixture(scope="session")
def cohort() -> tuple[LabeledPatient, ...]:
    """400 patients, the same each time."""
    rng = np.random.default_rng(7)
    return tuple(a_patient(number, rng) for number in range(400))
