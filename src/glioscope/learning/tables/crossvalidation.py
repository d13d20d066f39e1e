"""Predictions of patients that a model had not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedKFold

from glioscope.core import Target
from glioscope.learning.tables.joint import FitConfig, entity_of, fit_pattern, strata
from glioscope.learning.tables.lines import Floats
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.learning.tables.survival import (
    SURVIVAL_DAYS,
    SurvivalConfig,
    fit_hazard,
    survival_features,
)
from glioscope.prediction import CLINICAL, OUTCOMES, marginal, prediction_set


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """What one patient was given by a model of one repeat that had not seen it.

    Args:
        probabilities: By target, then outcome.
        sets: By target.
    """

    probabilities: Mapping[Target, Mapping[str, float]]
    sets: Mapping[Target, tuple[str, ...]]


def cross_validate(
    patients: Sequence[LabeledPatient],
    groups: tuple[str, ...],
    *,
    folds: int = 5,
    repeats: int = 5,
    seed: int = 100,
    calibrate: bool = True,
) -> list[list[HeldOut]]:
    """Return the held-out predictions of every patient, a list a repeat.

    Nested: penalties, calibration and thresholds come from folds inside the training patients.

    Args:
        patients: One a patient, with entity and every group.
        groups: A pattern.
        folds: Outer folds.
        repeats: Of the outer folds.
        seed: Of the outer folds; the inner ones draw apart.
        calibrate: Switched off only to measure what it brings.
    """
    entities = [entity_of(patient) for patient in patients]
    config = FitConfig(repeats=2, calibrate=calibrate)
    found: list[list[HeldOut]] = []
    for repeat in range(repeats):
        split = StratifiedKFold(folds, shuffle=True, random_state=seed + repeat)
        held_out: dict[int, HeldOut] = {}
        for seen, held in split.split(entities, strata(entities)):
            model = fit_pattern([patients[i] for i in seen], groups, config)
            for i in held.tolist():
                free = model.joint.distribution(patients[i].inputs.vector(groups))
                probabilities = {target: marginal(free, target) for target in OUTCOMES}
                sets = {t: prediction_set(p, model.thresholds[t]) for t, p in probabilities.items()}
                held_out[i] = HeldOut(probabilities=probabilities, sets=sets)
        found.append([held_out[i] for i in range(len(patients))])
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldOutSurvival:
    """Risks and curves of one repeat, each patient by a model that had not seen it.

    Args:
        risk: Shape ``(N,)``.
        survival: At `SURVIVAL_DAYS`, shape ``(N, T)``.
    """

    risk: Floats
    survival: Floats


def cross_validate_survival(
    patients: Sequence[LabeledPatient],
    groups: tuple[str, ...],
    *,
    known: bool,
    clinical: bool,
    repeats: int = 5,
    seed: int = 100,
) -> list[HeldOutSurvival]:
    """Return held-out risks and curves, one a repeat.

    Args:
        patients: With survival.
        groups: Of the features.
        known: The pathologist named the entity.
        clinical: Resection and MGMT are told; else they count as average.
        repeats: Of five folds.
        seed: Of the folds.
    """
    config = SurvivalConfig(draws=0)
    every = survival_features(patients, groups, known=known)
    first = sum(len(patients[0].inputs.vector((group,))) for group in groups)
    facts = slice(first, first + len(CLINICAL))
    names = [f"{p.idh_mutant} {p.died}" for p in patients]
    found = []
    for repeat in range(repeats):
        risk = np.zeros(len(patients))
        curves = np.zeros((len(patients), len(SURVIVAL_DAYS)))
        split = StratifiedKFold(5, shuffle=True, random_state=seed + repeat)
        for seen, held in split.split(every, names):
            hazard = fit_hazard([patients[i] for i in seen], groups, known=known, config=config)
            rows = every[held].copy()
            if not clinical:
                rows[:, facts] = np.nan
            rows = np.where(np.isnan(rows), hazard.risk.mean, rows)
            risk[held] = hazard.risk(rows)
            curves[held] = [hazard.survival(row) for row in rows]
        found.append(HeldOutSurvival(risk=risk, survival=curves))
    return found


def truth(patient: LabeledPatient, target: Target) -> str:
    """Return the outcome that a patient truly had, as `OUTCOMES` names it."""
    entity = entity_of(patient)
    return next(name for name, members in OUTCOMES[target].items() if entity in members)


def probabilities_of(repeats: Sequence[Sequence[HeldOut]], target: Target, name: str) -> Floats:
    """Return one outcome's probability, a column a repeat, shape ``(N, R)``."""
    return np.array(
        [[one.probabilities[target][name] for one in repeat] for repeat in repeats],
        dtype=np.float64,
    ).T
