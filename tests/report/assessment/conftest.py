"""Predictions for one patient, with numbers that occur nowhere else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest

from glioscope.core import (
    Assessment,
    Entity,
    Evidence,
    Notice,
    Outcome,
    Prediction,
    Reason,
    Severity,
    SimilarPatient,
    SurvivalCurve,
    Target,
)

DATA = "UCSF-PDGM"
NO_EVIDENCE = "no evidence that imaging tells MGMT; test the tissue"
REASON = "the scan lies further from the training patients than 99 of 100 of them"
DAYS = tuple(float(day) for day in range(0, 1861, 30))


def evidence(metric: str, value: float, baseline: float, majority: float | None) -> Evidence:
    return Evidence(
        metric=metric,
        value=value,
        low=value - 0.031,
        high=value + 0.028,
        baseline=baseline,
        majority=majority,
        calibration_error=None if majority is None else 0.0412,
        patients=495,
        data=DATA,
    )


def outcome(
    name: str, probability: float, baseline: float, share: float, *, in_set: bool = False
) -> Outcome:
    return Outcome(
        name=name, probability=probability, baseline=baseline, share=share, in_set=in_set
    )


def reasons(sign: float = 1.0) -> tuple[Reason, ...]:
    """What spoke for a glioblastoma, largest first."""
    return (
        Reason(
            group="age",
            text="62 years; IDH-wildtype patients have a median of 63 years, IDH-mutant 37 years",
            contribution=1.4237 * sign,
        ),
        Reason(
            group="composition",
            text="18% of the tumor enhances and 9% is necrotic; 90 of 100 IDH-mutant tumors"
            " enhance less than 7%",
            contribution=0.9111 * sign,
        ),
        Reason(
            group="location",
            text="left frontal lobe, where 58 of 100 IDH-mutant tumors lie, but only 27 of 100"
            " IDH-wildtype ones",
            contribution=-0.6123 * sign,
        ),
        Reason(
            group="shape", text="sphericity 0.61, as in most of both", contribution=0.0812 * sign
        ),
        Reason(group="sex", text="female", contribution=-0.0049 * sign),
    )


def entity_prediction() -> Prediction:
    return Prediction(
        target=Target.ENTITY,
        outcomes=(
            outcome(Entity.GLIOBLASTOMA_4, 0.8641, 0.7012, 0.7535, in_set=True),
            outcome(Entity.ASTROCYTOMA_4, 0.0613, 0.0911, 0.0303, in_set=True),
            outcome(Entity.OTHER, 0.0402, 0.0523, 0.0485),
            outcome(Entity.ASTROCYTOMA_3, 0.0187, 0.0711, 0.0586),
            outcome(Entity.ASTROCYTOMA_2, 0.0091, 0.0512, 0.0808),
            outcome(Entity.OLIGODENDROGLIOMA_2, 0.0046, 0.0219, 0.0182),
            outcome(Entity.OLIGODENDROGLIOMA_3, 0.0020, 0.0112, 0.0101),
        ),
        evidence=evidence("accuracy", 0.812, 0.7602, 0.7535),
    )


def predictions() -> dict[Target, Prediction]:
    return {
        Target.ENTITY: entity_prediction(),
        Target.GRADE: Prediction(
            target=Target.GRADE,
            outcomes=(
                outcome("4", 0.9254, 0.7923, 0.7838, in_set=True),
                outcome("none", 0.0402, 0.0523, 0.0485),
                outcome("3", 0.0207, 0.0823, 0.0687),
                outcome("2", 0.0137, 0.0731, 0.0990),
            ),
            evidence=evidence("AUC", 0.9012, 0.8123, 0.7838),
            explained="4",
            reasons=reasons(),
        ),
        Target.IDH: Prediction(
            target=Target.IDH,
            outcomes=(
                outcome("wildtype", 0.9043, 0.7535, 0.8020, in_set=True),
                outcome("mutant", 0.0957, 0.2465, 0.1980, in_set=True),
            ),
            evidence=evidence("AUC", 0.9311, 0.8822, 0.8020),
            explained="wildtype",
            reasons=reasons(),
        ),
        Target.CODELETION: Prediction(
            target=Target.CODELETION,
            outcomes=(
                outcome("intact", 0.9934, 0.9669, 0.9717, in_set=True),
                outcome("codeleted", 0.0066, 0.0331, 0.0283),
            ),
            evidence=evidence("AUC", 0.8412, 0.7719, 0.9717),
            explained="codeleted",
            reasons=reasons(-1.0),
        ),
        Target.MGMT: Prediction(
            target=Target.MGMT,
            evidence=evidence("AUC", 0.5422, 0.5301, 0.7134),
            statement=NO_EVIDENCE,
        ),
    }


def weibull(scale_days: float, shape: float = 1.2) -> tuple[float, ...]:
    return tuple(math.exp(-((day / scale_days) ** shape)) for day in DAYS)


def survival_curve() -> SurvivalCurve:
    return SurvivalCurve(
        days=DAYS,
        survival=weibull(560.0),
        low=weibull(450.0),
        high=weibull(700.0),
        baseline=weibull(620.0),
        median_days=412.6,
        median_low_days=331.6,
        median_high_days=515.8,
        one_year=(0.5497, 0.4593, 0.6327),
        two_years=(0.2527, 0.1669, 0.3489),
        risk=0.4127,
        risk_percentile=68.4,
        evidence=evidence("Uno's C-index", 0.7123, 0.6612, None),
        used=("age", "sex"),
        missing=("resection", "IDH from tissue"),
        reasons=reasons()[:3],
    )


SIMILAR = (
    SimilarPatient(
        entity=Entity.GLIOBLASTOMA_4,
        age_band="60 to 64",
        sex="F",
        months=15,
        died=True,
        distance=0.84,
    ),
    SimilarPatient(
        entity=Entity.GLIOBLASTOMA_4,
        age_band="65 to 69",
        sex="M",
        months=33,
        died=False,
        distance=0.97,
    ),
    SimilarPatient(
        entity=Entity.ASTROCYTOMA_4,
        age_band="55 to 59",
        sex="F",
        months=None,
        died=None,
        distance=1.12,
    ),
)


def full_assessment() -> Assessment:
    """Everything that can be told."""
    return Assessment(
        predictions=predictions(),
        survival=survival_curve(),
        similar=SIMILAR,
        inputs=("age", "sex", "shape", "composition", "location"),
        missing=("T1c intensity was not measured; without it the AUC for IDH falls by 0.012.",),
        model="markers 1.0",
        notices=(
            Notice(
                code="near-the-edge",
                severity=Severity.WARNING,
                message="The tumor is larger than 97 of 100 in training.",
            ),
        ),
    )


def abstained() -> Assessment:
    """Nothing is predicted, though numbers were left in by mistake."""
    return replace(full_assessment(), abstained=REASON, notices=())


def with_known_idh(name: str = "mutant") -> Assessment:
    """The pathologist has told IDH."""
    found = predictions()
    told = replace(found[Target.IDH], known=name)
    return replace(full_assessment(), predictions={**found, Target.IDH: told})


def without_age() -> Assessment:
    """Neither age nor sex is known, so nothing stands beside the model."""
    made = full_assessment()
    curve = replace(survival_curve(), baseline=())
    return replace(made, predictions=_without_baseline(made.predictions), survival=curve)


def _without_baseline(found: Mapping[Target, Prediction]) -> dict[Target, Prediction]:
    return {
        target: replace(
            prediction,
            outcomes=tuple(replace(o, baseline=None) for o in prediction.outcomes),
            evidence=prediction.evidence and replace(prediction.evidence, baseline=None),
        )
        for target, prediction in found.items()
    }


@pytest.fixture(scope="session")
def full() -> Assessment:
    return full_assessment()


@pytest.fixture(scope="session")
def kinds() -> dict[str, Assessment]:
    """Every kind of assessment that the report must tell, by name."""
    return {
        "full": full_assessment(),
        "abstained": abstained(),
        "known IDH": with_known_idh(),
        "without age": without_age(),
        "without survival": replace(full_assessment(), survival=None, similar=()),
        "similar only": replace(full_assessment(), survival=None),
        "nothing": Assessment(model="markers 1.0"),
    }
