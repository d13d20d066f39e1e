"""Penalized Cox models of overall survival, with bootstrap refits for their bands."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.model_selection import KFold

from glioscope.core import Target, require
from glioscope.learning.tables.lines import Bools, Floats
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.prediction import (
    CLINICAL,
    KNOWN_ENTITY,
    OUTCOMES,
    Hazard,
    Linear,
    SurvivalModel,
)

SURVIVAL_DAYS: Final = tuple(round(month * 365.25 / 12, 2) for month in range(61))
"""Five years, month by month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalConfig:
    """How survival is learned.

    Args:
        penalty: Of lifelines' ridge, on standardized features.
        draws: Bootstrap refits.
        folds: For the quantiles of the risk.
        seed: Of draws and folds.
    """

    penalty: float = 0.05
    draws: int = 40
    folds: int = 5
    seed: int = 0


def fit_survival(
    patients: Sequence[LabeledPatient],
    groups: tuple[str, ...],
    config: SurvivalConfig | None = None,
) -> SurvivalModel:
    """Learn the survival of one pattern, with and without a word of the pathologist.

    Args:
        patients: Those without a survival are left out.
        groups: One of `SURVIVAL_PATTERNS`.
        config: Of the models.
    """
    config = config or SurvivalConfig()
    told = [patient for patient in patients if patient.os_days is not None]
    return SurvivalModel(
        groups=groups,
        hazard=fit_hazard(told, groups, known=False, config=config),
        hazard_known=fit_hazard(told, groups, known=True, config=config),
    )


def fit_hazard(
    patients: Sequence[LabeledPatient],
    groups: tuple[str, ...],
    *,
    known: bool,
    config: SurvivalConfig,
) -> Hazard:
    """Learn one Cox model.

    Args:
        patients: With survival.
        groups: Of the features; the clinical facts follow.
        known: The entity follows too.
        config: Of the model.
    """
    features = survival_features(patients, groups, known=known)
    days, died = outcome(patients)
    told = ~np.isnan(features)
    # a fact that no patient has told gets no weight
    mean = np.where(told, features, 0.0).sum(axis=0) / told.sum(axis=0).clip(min=1)
    features = np.where(np.isnan(features), mean, features)
    scale = features.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    standard = (features - mean) / scale
    weights, cumulative = _cox(standard, days, died, config.penalty)
    draws = [
        _cox(standard[rows], days[rows], died[rows], config.penalty)
        for rows in np.random.default_rng(config.seed).integers(
            len(days), size=(config.draws, len(days))
        )
    ]
    # the average of a draw is not that of all patients: its baseline takes up the difference
    return Hazard(
        risk=Linear(mean=mean, scale=scale, weights=weights, intercept=0.0),
        cumulative=cumulative,
        draws=np.array([[*own, 0.0] for own, _ in draws]),
        draws_cumulative=np.array([own for _, own in draws]),
        risks=_risk_quantiles(standard, days, died, config),
    )


def survival_features(
    patients: Sequence[LabeledPatient], groups: tuple[str, ...], *, known: bool
) -> Floats:
    """Return features, clinical facts and, if known, the entity; ``nan`` where not told.

    Returns:
        Shape ``(N, F)``.
    """
    rows = []
    for patient in patients:
        row = [*patient.inputs.vector(groups).tolist(), *clinical_facts(patient)]
        rows.append([*row, *_entity(patient)] if known else row)
    return np.array(rows, dtype=np.float64)


def clinical_facts(patient: LabeledPatient) -> list[float]:
    """Return `CLINICAL` in order; ``nan`` where not told."""
    nan = float("nan")
    resection, mgmt = patient.resection, patient.mgmt_methylated
    facts = {
        "gross-total resection": nan if resection is None else float(resection == "gross-total"),
        "biopsy only": nan if resection is None else float(resection == "biopsy"),
        "MGMT methylated": nan if mgmt is None else float(mgmt),
    }
    return [facts[name] for name in CLINICAL]


def outcome(patients: Sequence[LabeledPatient]) -> tuple[Floats, Bools]:
    """Return days and whether the patient died, shape ``(N,)`` each."""
    days = np.array([patient.os_days for patient in patients], dtype=np.float64)
    return days, np.array([bool(patient.died) for patient in patients])


def kps_effect(patients: Sequence[LabeledPatient]) -> tuple[float, float, int]:
    """Return the log hazard of ten points of Karnofsky more, their mean, and how many patients.

    Adjusted for age, sex and entity; UCSF-PDGM does not hold the score.

    Args:
        patients: Of TCGA; those that lack any of these are left out.
    """
    whole = [
        p
        for p in patients
        if p.kps is not None and p.os_days is not None and p.entity and p.inputs.age_years
    ]
    own = np.array([[p.kps or 0.0] for p in whole])
    rest = np.array([[*p.inputs.vector(("age", "sex")), *_entity(p)[:3]] for p in whole])
    features = np.concatenate([own, rest], axis=1)
    scale = features.std(axis=0)
    weights, _ = _cox((features - features.mean(axis=0)) / scale, *outcome(whole), 0.0)
    return float(weights[0] / scale[0] * 10), float(own.mean()), len(whole)


def _entity(patient: LabeledPatient) -> list[float]:
    """Return `KNOWN_ENTITY` in order."""
    entity = patient.entity
    facts = {
        "IDH-mutant": entity in OUTCOMES[Target.IDH]["mutant"],
        "grade 4": entity in OUTCOMES[Target.GRADE]["4"],
        "1p/19q-codeleted": entity in OUTCOMES[Target.CODELETION]["codeleted"],
        "other": entity in OUTCOMES[Target.GRADE]["none"],
    }
    return [float(facts[name]) for name in KNOWN_ENTITY]


def _cox(standard: Floats, days: Floats, died: Bools, penalty: float) -> tuple[Floats, Floats]:
    """Return the weights and the cumulative baseline hazard at `SURVIVAL_DAYS`."""
    lifelines = require("lifelines", extra="train")
    pandas = require("pandas", extra="train")
    # a fact of few patients can be the same in all of a draw: it gets no weight there
    varies = np.flatnonzero(np.ptp(standard, axis=0) > 0)
    table = pandas.DataFrame(standard[:, varies], columns=[str(i) for i in varies])
    table["days"], table["died"] = days, died
    with warnings.catch_warnings():
        # one that hardly varies, or tells the dead from the living, is what the ridge is for
        warnings.simplefilter("ignore")
        fitted = lifelines.CoxPHFitter(penalizer=penalty).fit(table, "days", "died")
    weights = np.zeros(standard.shape[1])
    weights[varies] = fitted.params_
    own = fitted.baseline_cumulative_hazard_
    steps = np.concatenate([[0.0], own.to_numpy()[:, 0]])
    place = np.searchsorted(own.index.to_numpy(), SURVIVAL_DAYS, side="right")
    # lifelines' baseline is that of its own average patient
    return weights, steps[place] * np.exp(-float(standard.mean(axis=0) @ weights))


def _risk_quantiles(standard: Floats, days: Floats, died: Bools, config: SurvivalConfig) -> Floats:
    risks = np.zeros(len(days))
    folds = KFold(config.folds, shuffle=True, random_state=config.seed)
    for seen, held in folds.split(standard):
        weights, _ = _cox(standard[seen], days[seen], died[seen], config.penalty)
        risks[held] = standard[held] @ weights
    return np.asarray(np.quantile(risks, np.linspace(0, 1, 101)))
