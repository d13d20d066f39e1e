"""Which tests the guidelines ask for next, and what predictions would mean."""

from __future__ import annotations

import pytest

from glioscope.core import Plan
from glioscope.guidance import Facts, PredictedMarker, load_rules, make_plan, told_facts
from glioscope.guidance.rules.rule import BranchOn


def plan_of(*told: str) -> Plan:
    return make_plan(Facts(told=told_facts(told)), case_id="patient")


def ordered_for(*told: str) -> list[str]:
    return [test.test for test in plan_of(*told).tests]


def asked_of(*told: str) -> set[str]:
    return {missing.fact for missing in plan_of(*told).missing}


def test_without_tissue_surgery_comes_first_and_no_treatment_of_the_tumor() -> None:
    plan = plan_of("age-years=60", "kps=90", "resectable=yes")

    assert [option.treatment for option in plan.options] == ["maximal-safe-resection"]
    assert {"no-tissue"} <= {refusal.refused for refusal in plan.refusals}
    assert [test.test for test in plan.tests][:2] == ["tissue", "idh-immunohistochemistry"]


def test_a_tumor_that_cannot_be_resected_is_biopsied() -> None:
    plan = plan_of("age-years=60", "resectable=no")

    assert [option.treatment for option in plan.options] == ["biopsy"]


@pytest.mark.parametrize("told", ["resection=biopsy", "phase=recurrent", "mgmt=methylated"])
def test_tissue_that_must_be_there_is_not_ordered(told: str) -> None:
    assert "tissue" not in ordered_for("age-years=60", told)


def test_an_idh_mutant_tumor_is_tested_for_atrx_1p19q_and_cdkn2ab_in_this_order() -> None:
    found = ordered_for("idh=mutant", "grade=2", "age-years=38")

    assert found == ["atrx-immunohistochemistry", "1p19q", "cdkn2ab"]


def test_lost_atrx_spares_the_test_of_1p19q() -> None:
    told = ("idh=mutant", "atrx=lost", "grade=2", "age-years=38")

    assert "1p19q" not in ordered_for(*told)
    assert "1p19q" not in asked_of(*told)


def test_retained_atrx_leaves_1p19q_to_be_tested() -> None:
    assert "1p19q" in ordered_for("idh=mutant", "atrx=retained", "age-years=38")


@pytest.mark.parametrize("told", ["1p19q=codeleted", "necrosis-or-mvp=present", "grade=4"])
def test_cdkn2ab_is_not_tested_where_it_would_change_nothing(told: str) -> None:
    assert "cdkn2ab" not in ordered_for("idh=mutant", told, "age-years=38")


def test_an_idh_wildtype_tumor_is_tested_for_the_features_of_glioblastoma() -> None:
    found = ordered_for("idh=wildtype", "idh-method=sequencing", "grade=2", "age-years=50")

    assert {"tert-promoter", "egfr-amplification", "chr7-10"} <= set(found)


@pytest.mark.parametrize(
    "feature", ["tert=mutant", "necrosis-or-mvp=present", "histology=glioblastoma", "grade=4"]
)
def test_a_known_feature_of_glioblastoma_spares_the_others(feature: str) -> None:
    found = ordered_for("idh=wildtype", "idh-method=sequencing", feature, "age-years=50")

    assert not {"egfr-amplification", "chr7-10"} & set(found)


@pytest.mark.parametrize(
    ("told", "ordered"),
    [
        (("histology=glioblastoma", "age-years=54"), True),
        (("histology=glioblastoma", "age-years=55", "grade=4"), False),
        (("grade=3", "age-years=70"), True),
        (("histology=glioblastoma", "age-years=70", "atrx=lost"), True),
        (("histology=glioblastoma", "age-years=70", "midline-location=yes"), True),
    ],
)
def test_idh_is_sequenced_where_immunohistochemistry_is_not_enough(
    told: tuple[str, ...], ordered: bool
) -> None:
    found = ordered_for("idh=wildtype", "idh-method=immunohistochemistry", *told)

    assert ("idh-sequencing" in found) is ordered


def test_sequenced_idh_is_not_sequenced_again() -> None:
    assert "idh-sequencing" not in ordered_for(
        "idh=wildtype", "idh-method=sequencing", "age-years=30"
    )


def test_mgmt_is_tested_in_glioblastoma_only() -> None:
    glioblastoma = ("idh=wildtype", "idh-method=sequencing", "grade=4", "age-years=60")

    assert "mgmt" in ordered_for(*glioblastoma)
    assert "mgmt" not in ordered_for(*glioblastoma, "mgmt=unmethylated")
    assert "mgmt" not in ordered_for("idh=mutant", "1p19q=codeleted", "grade=3", "age-years=60")


def test_histone_h3_is_tested_by_place_and_atrx() -> None:
    assert "h3-k27" in ordered_for("midline-location=yes", "idh=wildtype", "age-years=30")
    assert "h3-k27" not in ordered_for("midline-location=yes", "idh=mutant", "age-years=30")
    assert "h3-g34" in ordered_for("idh=wildtype", "atrx=lost", "age-years=25")


def test_targets_are_looked_for_when_a_glioblastoma_recurs() -> None:
    told = ("idh=wildtype", "idh-method=sequencing", "grade=4", "age-years=60")

    assert {"braf-v600e", "ntrk-fusion"} <= set(ordered_for(*told, "phase=recurrent"))
    assert not {"braf-v600e", "ntrk-fusion"} & set(ordered_for(*told, "phase=newly-diagnosed"))


def test_mri_after_surgery_is_ordered_while_it_still_shows_what_was_left() -> None:
    told = ("resection=gross-total", "age-years=60")

    assert "postoperative-mri" in ordered_for(*told, "days-since-surgery=1")
    assert "postoperative-mri" not in ordered_for(*told, "days-since-surgery=4")
    assert "postoperative-mri" not in ordered_for(*told, "residual-tumor=no")


def test_missing_contrast_is_ordered() -> None:
    assert "contrast-mri" in ordered_for("t1c-available=no")
    assert "contrast-mri" not in ordered_for("t1c-available=yes")


SUSPECTED = ("phase=progression-suspected", "age-years=60")


def test_progression_soon_after_radiotherapy_is_confirmed_before_treatment_changes() -> None:
    plan = plan_of(*SUSPECTED, "months-since-radiotherapy=2")

    assert "pseudoprogression" in {refusal.refused for refusal in plan.refusals}
    assert {"confirmatory-mri", "perfusion-or-pet"} <= {test.test for test in plan.tests}


@pytest.mark.parametrize(
    "told",
    [
        ("months-since-radiotherapy=2", "new-enhancement=outside-radiation-field"),
        ("months-since-radiotherapy=9",),
    ],
)
def test_progression_late_or_outside_the_field_needs_no_confirmation(told: tuple[str, ...]) -> None:
    plan = plan_of(*SUSPECTED, *told)

    assert "pseudoprogression" not in {refusal.refused for refusal in plan.refusals}
    found = {test.test for test in plan.tests}
    assert "perfusion-or-pet" in found
    assert "confirmatory-mri" not in found


def test_when_progression_is_suspected_the_time_since_radiotherapy_is_asked_for() -> None:
    assert "months-since-radiotherapy" in asked_of(*SUSPECTED)


def test_a_stable_patient_is_followed_by_mri() -> None:
    assert "follow-up-mri" in ordered_for("phase=stable", "age-years=60")


def test_resection_classes_are_explained_after_resection_of_a_glioblastoma() -> None:
    told = ("idh=wildtype", "idh-method=sequencing", "grade=4", "age-years=60")
    plan = plan_of(*told, "resection=subtotal")

    assert any("RANO resect" in note.text for note in plan.notes)


def test_a_predicted_marker_describes_each_outcome_and_recommends_nothing() -> None:
    predicted = {
        "idh": PredictedMarker(outcome="mutant", probability=0.8, possible=("mutant", "wildtype")),
        "1p19q": PredictedMarker(outcome="codeleted", probability=0.7),
    }
    facts = Facts(told=told_facts(["age-years=40", "resection=biopsy"]), predicted=predicted)
    plan = make_plan(facts, case_id="patient")

    found = {(branch.marker, branch.outcome) for branch in plan.branches}
    assert found == {("idh", "mutant"), ("idh", "wildtype"), ("1p19q", "codeleted")}
    assert all(branch.text.text.startswith("If tissue confirms") for branch in plan.branches)
    assert all(branch.tests[0] == "tissue" for branch in plan.branches)
    assert "entity" not in plan.facts
    assert plan.options == ()


def test_every_outcome_that_models_predict_has_a_branch() -> None:
    found = {
        (rule.effect.marker, rule.effect.outcome)
        for rule in load_rules()
        if isinstance(rule.effect, BranchOn)
    }

    assert found >= {
        ("idh", "mutant"),
        ("idh", "wildtype"),
        ("1p19q", "codeleted"),
        ("1p19q", "intact"),
        ("grade", "2"),
        ("grade", "3"),
        ("grade", "4"),
        ("mgmt", "methylated"),
        ("mgmt", "unmethylated"),
    }
