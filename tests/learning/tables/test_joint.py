"""The joint distribution against a cohort whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glioscope.core import Target
from glioscope.evaluation import auc
from glioscope.learning.tables.crossvalidation import cross_validate, probabilities_of, truth
from glioscope.learning.tables.joint import FitConfig, fit_pattern
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.learning.tables.scores import coverage_of, evidence_of
from glioscope.prediction import OUTCOMES, PATTERNS, marginal

Cohort = tuple[LabeledPatient, ...]


def test_held_out_patients_are_told_apart_as_the_cohort_was_drawn(cohort: Cohort) -> None:
    found = cross_validate(cohort, PATTERNS[0], repeats=1)

    mutant = probabilities_of(found, Target.IDH, "mutant")[:, 0]
    assert auc([bool(p.idh_mutant) for p in cohort], mutant) > 0.85
    codeleted = probabilities_of(found, Target.CODELETION, "codeleted")[:, 0]
    assert auc([bool(p.entity and p.entity.codeleted) for p in cohort], codeleted) > 0.85


def test_sets_of_held_out_patients_hold_the_truth_nine_times_of_ten(cohort: Cohort) -> None:
    found = cross_validate(cohort, PATTERNS[0], repeats=2)

    for target in (Target.IDH, Target.GRADE, Target.ENTITY):
        rates = coverage_of(cohort, found, target)
        # two binomial standard errors of 400 patients are 0.03
        assert 0.86 <= rates["all"] <= 0.955, target
    assert coverage_of(cohort, found, Target.IDH)["mutant"] >= 0.84


def test_shuffled_labels_leave_nothing_to_learn(cohort: Cohort) -> None:
    order = np.random.default_rng(1).permutation(len(cohort))
    dealt = tuple(
        replace(patient, entity=cohort[i].entity, idh_mutant=cohort[i].idh_mutant)
        for patient, i in zip(cohort, order, strict=True)
    )

    found = cross_validate(dealt, PATTERNS[0], repeats=2)

    scores = probabilities_of(found, Target.IDH, "mutant").mean(axis=1)
    assert auc([bool(p.idh_mutant) for p in dealt], scores) == pytest.approx(0.5, abs=0.1)


def test_the_same_patients_give_the_same_model(cohort: Cohort) -> None:
    one = fit_pattern(cohort, ("age", "sex", "shape"), FitConfig(repeats=1))
    other = fit_pattern(cohort, ("age", "sex", "shape"), FitConfig(repeats=1))

    assert one.to_json() == other.to_json()


def test_mean_probabilities_are_the_shares_of_the_training_patients(cohort: Cohort) -> None:
    model = fit_pattern(cohort, PATTERNS[0], FitConfig(repeats=1))

    for target in (Target.IDH, Target.GRADE):
        for name in OUTCOMES[target]:
            share = np.mean([truth(patient, target) == name for patient in cohort])
            given = np.mean(
                [
                    marginal(model.joint.distribution(p.inputs.vector(PATTERNS[0])), target)[name]
                    for p in cohort
                ]
            )
            assert given == pytest.approx(share, abs=0.03), name


def test_a_patient_whose_codeletion_is_not_recorded_is_not_asked_for_it(cohort: Cohort) -> None:
    found = cross_validate(cohort, ("age", "sex"), folds=3, repeats=1)

    evidence = evidence_of(cohort, found, found, data="simulated")

    recorded = sum(patient.codeleted is not None for patient in cohort)
    assert evidence[Target.CODELETION].patients == recorded < len(cohort)
    assert evidence[Target.IDH].patients == len(cohort)
    assert evidence[Target.IDH].value == evidence[Target.IDH].baseline


def test_a_patient_without_an_entity_is_refused(cohort: Cohort) -> None:
    unknown = (replace(cohort[0], entity=None), *cohort[1:])

    with pytest.raises(ValueError, match="without an entity"):
        fit_pattern(unknown, ("age", "sex"))
