"""The whole model, learned and written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from glioscope.core import Evidence, Target
from glioscope.learning.tables import assemble
from glioscope.learning.tables.joint import FitConfig, fit_pattern
from glioscope.learning.tables.mgmt import mgmt_evidence
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.learning.tables.survival import SurvivalConfig, fit_survival
from glioscope.prediction import PATTERNS, SURVIVAL_PATTERNS, Known, PredictionModel, assess

Cohort = tuple[LabeledPatient, ...]

SOME = Evidence(
    metric="AUC",
    value=0.9,
    low=0.8,
    high=0.95,
    baseline=0.8,
    majority=0.7,
    calibration_error=0.03,
    patients=400,
    data="simulated",
)


@pytest.fixture(scope="module")
def learned(cohort: Cohort) -> PredictionModel:
    quick: dict[str, Callable[..., object]] = {
        "fit_pattern": lambda p, g: fit_pattern(p, g, FitConfig(folds=3, repeats=1)),
        "fit_survival": lambda p, g: fit_survival(p, g, SurvivalConfig(draws=3)),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, fit in quick.items():
            patch.setattr(assemble, name, fit)
        measured = assemble.Measured(
            mgmt=replace(SOME, value=0.5, low=0.4, high=0.6),
            evidence={groups: dict.fromkeys(Target, SOME) for groups in PATTERNS},
            evidence_told={key: {"mutant": {Target.GRADE: SOME}} for key in PATTERNS},
            survival={key: {"": SOME, "entity": SOME} for key in SURVIVAL_PATTERNS},
            sex_gain={Target.IDH: 0.0, Target.GRADE: 0.0, Target.CODELETION: 0.0},
        )
        return assemble.learn(cohort, cohort, measured, version="test")


def test_what_was_learned_is_read_back_and_predicts_the_same(
    learned: PredictionModel, cohort: Cohort
) -> None:
    again = PredictionModel.from_json(json.loads(json.dumps(learned.to_json())))

    for patient in cohort[:5]:
        ours, theirs = (assess(patient.inputs, model=model) for model in (learned, again))
        assert ours.abstained == theirs.abstained
        for target, prediction in ours.predictions.items():
            for one, other in zip(
                prediction.outcomes, theirs.predictions[target].outcomes, strict=True
            ):
                assert one.probability == pytest.approx(other.probability, abs=1e-4)


def test_no_id_is_kept(learned: PredictionModel) -> None:
    assert "simulated " not in json.dumps(learned.to_json()["neighbors"])


def test_hardly_any_training_patient_is_outside(learned: PredictionModel, cohort: Cohort) -> None:
    outside = [assess(p.inputs, model=learned, survival=False).abstained for p in cohort]

    assert sum(why is not None for why in outside) <= 0.02 * len(cohort)


def test_shares_of_the_outcomes_sum_to_one(cohort: Cohort) -> None:
    for target in (Target.ENTITY, Target.GRADE, Target.IDH, Target.CODELETION):
        assert sum(assemble.shares(cohort, target).values()) == pytest.approx(1.0, abs=1e-5)


def test_mgmt_that_images_do_not_tell_scores_at_chance(cohort: Cohort) -> None:
    evidence = mgmt_evidence(cohort, data="simulated", repeats=2)

    assert evidence.low < 0.5 < evidence.high + 0.05
    assert evidence.patients == sum(p.mgmt_methylated is not None for p in cohort)


def test_the_neighbors_of_a_training_patient_hold_itself(
    learned: PredictionModel, cohort: Cohort
) -> None:
    nearest = assess(cohort[3].inputs, model=learned, survival=False).similar[0]

    assert cohort[3].entity is not None
    assert nearest.entity == cohort[3].entity.value
    assert nearest.distance < 0.2
    assert np.isfinite(nearest.distance)


def test_what_was_measured_where_idh_was_told_is_told_then(
    learned: PredictionModel, cohort: Cohort
) -> None:
    told = assess(cohort[0].inputs, Known(idh="mutant"), model=learned)
    more = assess(cohort[0].inputs, Known(idh="mutant", grade="2"), model=learned)

    assert told.predictions[Target.GRADE].evidence == SOME
    assert told.predictions[Target.CODELETION].evidence is None
    assert told.survival is not None
    assert told.survival.evidence == SOME
    assert more.predictions[Target.ENTITY].evidence is None


def test_a_model_that_would_deny_what_images_tell_is_not_made(cohort: Cohort) -> None:
    measured = assemble.Measured(mgmt=SOME, evidence={}, evidence_told={}, survival={}, sex_gain={})

    with pytest.raises(ValueError, match="MGMT"):
        assemble.learn(cohort, cohort, measured, version="test")
