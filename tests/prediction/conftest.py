"""A small model of seeded random weights, and a population that it might have learned from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.core import Entity, Evidence, Target
from glioscope.prediction import (
    CLINICAL,
    EVERY,
    FAMILIES,
    IMAGE_GROUPS,
    KNOWN_ENTITY,
    OUTCOMES,
    PATTERNS,
    QUARTERS,
    SURVIVAL_PATTERNS,
    Domain,
    Hazard,
    Inputs,
    Joint,
    Linear,
    Neighbors,
    PatternModel,
    PredictionModel,
    Softmax,
    SurvivalModel,
)

Floats = npt.NDArray[np.float64]

MEASURED: Final[Mapping[str, float]] = {
    "Elongation": 0.74,
    "Flatness": 0.58,
    "Sphericity": 0.55,
    "MeshVolume": 62_000.0,
    "VoxelVolume": 62_300.0,
    "SurfaceArea": 13_200.0,
    "SurfaceVolumeRatio": 0.213,
    "Maximum3DDiameter": 83.0,
    "Maximum2DDiameterSlice": 74.0,
    "Maximum2DDiameterColumn": 62.0,
    "Maximum2DDiameterRow": 75.0,
    "MajorAxisLength": 66.0,
    "MinorAxisLength": 47.0,
    "LeastAxisLength": 37.0,
    "10Percentile": 1800.0,
    "90Percentile": 3475.0,
    "Entropy": 6.41,
    "InterquartileRange": 735.0,
    "Kurtosis": 6.6,
    "Maximum": 7070.0,
    "Mean": 2500.0,
    "MeanAbsoluteDeviation": 535.0,
    "Median": 2330.0,
    "RobustMeanAbsoluteDeviation": 325.0,
    "Skewness": 1.5,
    "Uniformity": 0.0158,
    "Variance": 547_000.0,
    "ImageMean": 421.0,
    "MidlineDistance": 28.5,
}
"""Close to the averages of UCSF-PDGM."""

DAYS: Final[Floats] = np.arange(0.0, 1861.0, 30.0, dtype=np.float64)

_PATIENTS: Final = 60


def evidence_of(metric: str, value: float) -> Evidence:
    return Evidence(
        metric=metric,
        value=value,
        low=value - 0.03,
        high=value + 0.02,
        baseline=value - 0.05,
        majority=None,
        calibration_error=0.02,
        patients=_PATIENTS,
        data="seeded",
    )


def person(seed: int) -> Inputs:
    """Return one patient of the population, every group there."""
    rng = np.random.default_rng(seed)
    measured = {
        name: value * float(np.exp(0.15 * rng.normal())) for name, value in MEASURED.items()
    }
    measured |= {name: min(measured[name], 1.0) for name in ("Elongation", "Flatness")}
    sex: Any = "F" if rng.random() < 0.4 else "M"
    return Inputs(
        age_years=float(np.clip(57 + 14 * rng.normal(), 20, 90)), sex=sex, measured=measured
    )


POPULATION: Final = tuple(person(seed) for seed in range(_PATIENTS))


def spread(groups: tuple[str, ...]) -> tuple[Floats, Floats]:
    features = np.stack([patient.vector(groups) for patient in POPULATION])
    return features.mean(axis=0), features.std(axis=0)


def pattern_model(groups: tuple[str, ...], rng: np.random.Generator) -> PatternModel:
    mean, scale = spread(groups)
    size = len(mean)
    joint = Joint(
        families=Softmax(
            mean=mean,
            scale=scale,
            weights=rng.normal(0, 0.3, (len(FAMILIES), size)),
            intercepts=np.array([2.0, 0.1, 0.4, 0.0, -0.2]),
        ),
        codeleted=Linear(mean=mean, scale=scale, weights=rng.normal(0, 0.3, size), intercept=-1.0),
        other_grade_2=0.6,
    )
    thresholds = {
        target: {name: float(rng.uniform(0.02, 0.2)) for name in names}
        for target, names in OUTCOMES.items()
    }
    evidence = {target: evidence_of("AUC", 0.8 + 0.02 * len(groups)) for target in OUTCOMES}
    return PatternModel(joint=joint, thresholds=thresholds, evidence=evidence)


def hazard_model(groups: tuple[str, ...], facts: Floats, rng: np.random.Generator) -> Hazard:
    mean, scale = spread(groups)
    mean = np.concatenate([mean, facts])
    scale = np.concatenate([scale, np.sqrt(facts * (1 - facts))])
    weights = rng.normal(0, 0.25, len(mean))
    cumulative = DAYS / 700
    moved = weights + rng.normal(0, 0.05, (12, len(mean)))
    return Hazard(
        risk=Linear(mean=mean, scale=scale, weights=weights, intercept=0.0),
        cumulative=cumulative,
        draws=np.concatenate([moved, np.zeros((12, 1))], axis=1),
        draws_cumulative=cumulative * np.exp(rng.normal(0, 0.1, (12, 1))),
        risks=np.linspace(-2.0, 2.0, 101),
    )


def survival_model(groups: tuple[str, ...], rng: np.random.Generator) -> SurvivalModel:
    clinical = np.array([0.6, 0.1, 0.5])
    entity = np.array([0.2, 0.75, 0.05, 0.06])
    assert (len(clinical), len(entity)) == (len(CLINICAL), len(KNOWN_ENTITY))
    return SurvivalModel(
        groups=groups,
        hazard=hazard_model(groups, clinical, rng),
        hazard_known=hazard_model(groups, np.concatenate([clinical, entity]), rng),
        evidence={
            "": evidence_of("C-index", 0.70 + 0.01 * len(groups)),
            "clinic": evidence_of("C-index", 0.73),
            "entity": evidence_of("C-index", 0.75),
            "entity, clinic": evidence_of("C-index", 0.76),
        },
    )


def domain_model() -> Domain:
    features = np.stack([patient.vector(IMAGE_GROUPS) for patient in POPULATION])
    mean, scale = features.mean(axis=0), features.std(axis=0)
    correlation = 0.6 * np.corrcoef(features.T) + 0.4 * np.eye(len(mean))
    images = {
        tuple(g for g in IMAGE_GROUPS if g in (*pattern, *place))
        for pattern in PATTERNS
        for place in ((), ("location",))
        if "shape" in pattern
    }
    return Domain(
        mean=mean,
        covariance=correlation * np.outer(scale, scale),
        limits={"+".join(groups): 4.0 for groups in sorted(images)},
        youngest_years=18.0,
        oldest_years=94.0,
    )


def neighbors_model(rng: np.random.Generator) -> Neighbors:
    groups = ("age", "sex", *IMAGE_GROUPS)
    mean, scale = spread(groups)
    features = np.stack([patient.vector(groups) for patient in POPULATION])
    entities = [entity.value for entity in Entity]
    return Neighbors(
        mean=mean,
        scale=scale,
        features=np.rint((features - mean) / scale * QUARTERS).astype(np.int16),
        summaries=tuple(
            (
                entities[int(rng.integers(len(entities)))],
                int((patient.age_years or 0) // 5 * 5),
                patient.sex or "O",
                3 * int(rng.integers(1, 20)),
                bool(rng.random() < 0.6),
            )
            for patient in POPULATION
        ),
    )


def small_model(seed: int = 0) -> PredictionModel:
    rng = np.random.default_rng(seed)
    assert len(EVERY) == len(spread(("age", "sex", *IMAGE_GROUPS))[0])
    return PredictionModel(
        version="0.0-seeded",
        patterns={groups: pattern_model(groups, rng) for groups in PATTERNS},
        survival={groups: survival_model(groups, rng) for groups in SURVIVAL_PATTERNS},
        days=DAYS,
        kps_per_ten=-0.25,
        kps_mean=80.0,
        mgmt=evidence_of("AUC", 0.52),
        sex_gain={Target.IDH: 0.001, Target.GRADE: -0.002, Target.CODELETION: 0.0},
        shares={
            target: {name: 1 / len(names) for name in names} for target, names in OUTCOMES.items()
        },
        domain=domain_model(),
        neighbors=neighbors_model(rng),
    )


def changed(
    *, lacking: tuple[str, ...] = (), age: float | None = 61.0, sex: Any = "M", **measured: float
) -> Inputs:
    """Return a usual patient; ``lacking`` and ``measured`` are by PyRadiomics' names."""
    kept = {name: value for name, value in MEASURED.items() if name not in lacking}
    return Inputs(age_years=age, sex=sex, measured=kept | measured)


@pytest.fixture(scope="session")
def model() -> PredictionModel:
    return small_model()


@pytest.fixture(scope="session")
def other_model() -> PredictionModel:
    """The same population, other weights."""
    return small_model(seed=1)


@pytest.fixture(scope="session")
def population() -> tuple[Inputs, ...]:
    return POPULATION


@pytest.fixture
def usual() -> Inputs:
    return changed()


@pytest.fixture(scope="session")
def patient() -> Callable[..., Inputs]:
    """Make a usual patient with changes."""
    return changed
