"""What WHO CNS5 makes of tested facts, for patients made by hand."""

from __future__ import annotations

import pytest

from glioscope.core import Plan
from glioscope.guidance import Facts, make_plan, told_facts

ADULT = ("age-years=48",)


def plan_of(*told: str) -> Plan:
    return make_plan(Facts(told=told_facts(told)), case_id="patient")


def entity_of(*told: str) -> tuple[str | None, str | None]:
    facts = plan_of(*told).facts
    return facts.get("entity"), facts.get("who-grade")


def refused_of(*told: str) -> set[str]:
    return {refusal.refused for refusal in plan_of(*told).refusals}


@pytest.mark.parametrize("grade", ["2", "3"])
def test_idh_mutation_with_1p19q_codeletion_is_an_oligodendroglioma_of_its_histological_grade(
    grade: str,
) -> None:
    assert entity_of("idh=mutant", "1p19q=codeleted", f"grade={grade}", *ADULT) == (
        "oligodendroglioma",
        grade,
    )


@pytest.mark.parametrize("told", ["1p19q=intact", "atrx=lost"])
def test_idh_mutation_without_codeletion_or_with_atrx_loss_is_an_astrocytoma(told: str) -> None:
    assert entity_of("idh=mutant", told, "grade=2", *ADULT) == ("astrocytoma", "2")


def test_an_idh_mutation_alone_leaves_the_type_open() -> None:
    assert entity_of("idh=mutant", "grade=2", *ADULT) == (None, None)


@pytest.mark.parametrize(
    "told",
    ["cdkn2ab=homozygous-deleted", "necrosis-or-mvp=present", "histology=glioblastoma", "grade=4"],
)
def test_an_idh_mutant_astrocytoma_with_a_high_grade_feature_is_grade_4(told: str) -> None:
    assert entity_of("idh=mutant", "1p19q=intact", told, *ADULT) == ("astrocytoma", "4")


def test_cdkn2ab_decides_the_grade_against_the_pathologists_one() -> None:
    told = ("idh=mutant", "1p19q=intact", "grade=2", "cdkn2ab=homozygous-deleted")

    assert entity_of(*told, *ADULT) == ("astrocytoma", "4")


def test_the_grade_of_an_astrocytoma_is_provisional_until_cdkn2ab_is_tested() -> None:
    told = ("idh=mutant", "1p19q=intact", "grade=3", *ADULT)

    assert any("provisional" in note.text for note in plan_of(*told).notes)
    tested = plan_of(*told, "cdkn2ab=not-deleted")
    assert not any("provisional" in note.text for note in tested.notes)


@pytest.mark.parametrize(
    "feature",
    [
        "tert=mutant",
        "egfr=amplified",
        "chr7-10=gain-loss",
        "necrosis-or-mvp=present",
        "histology=glioblastoma",
        "grade=4",
    ],
)
def test_each_defining_feature_makes_an_idh_wildtype_glioma_a_glioblastoma(feature: str) -> None:
    told = ("idh=wildtype", "idh-method=sequencing", feature)

    assert entity_of(*told, *ADULT) == ("glioblastoma", "4")


def test_a_molecular_feature_counts_against_a_low_histological_grade() -> None:
    told = ("idh=wildtype", "idh-method=sequencing", "grade=2", "egfr=amplified")

    assert entity_of(*told, *ADULT) == ("glioblastoma", "4")


def test_immunohistochemistry_alone_calls_a_typical_glioblastoma_wildtype_from_55_years_on() -> (
    None
):
    told = ("idh=wildtype", "idh-method=immunohistochemistry", "histology=glioblastoma")

    assert entity_of(*told, "age-years=54") == (None, None)
    assert entity_of(*told, "age-years=55") == ("glioblastoma", "4")


@pytest.mark.parametrize("exception", ["grade=3", "atrx=lost", "midline-location=yes"])
def test_immunohistochemistry_alone_is_not_enough_where_the_guideline_asks_for_sequencing(
    exception: str,
) -> None:
    told = ("idh=wildtype", "idh-method=immunohistochemistry", "tert=mutant", "age-years=70")

    assert entity_of(*told, exception) == (None, None)


def test_nothing_is_concluded_of_idh_wildtype_while_the_age_is_not_known() -> None:
    plan = plan_of("idh=wildtype", "tert=mutant")

    assert "entity" not in plan.facts
    assert "age-years" in {missing.fact for missing in plan.missing}


@pytest.mark.parametrize("h3", ["k27m", "k27-altered"])
def test_an_h3_k27_alteration_in_the_midline_is_a_diffuse_midline_glioma(h3: str) -> None:
    told = (f"h3={h3}", "midline-location=yes", "idh=wildtype", "histology=glioblastoma")

    assert entity_of(*told, *ADULT) == ("diffuse-midline-glioma", "4")


def test_a_tumor_of_the_midline_is_a_glioblastoma_only_once_h3_is_tested() -> None:
    told = ("idh=wildtype", "idh-method=sequencing", "tert=mutant", "midline-location=yes", *ADULT)

    assert entity_of(*told) == (None, None)
    assert entity_of(*told, "h3=wildtype") == ("glioblastoma", "4")


def test_an_h3_g34_mutation_is_a_diffuse_hemispheric_glioma_and_no_glioblastoma() -> None:
    told = ("h3=g34-mutant", "idh=wildtype", "idh-method=sequencing", "grade=4")

    assert entity_of(*told, "age-years=24") == ("diffuse-hemispheric-glioma", "4")


@pytest.mark.parametrize(
    "told",
    [
        ("idh=wildtype", "1p19q=codeleted", "tert=mutant"),
        ("idh=mutant", "h3=k27m"),
        ("idh=mutant", "h3=g34-mutant", "1p19q=intact"),
        ("1p19q=codeleted", "atrx=lost", "idh=mutant"),
        ("idh=mutant", "1p19q=codeleted", "grade=4"),
        ("idh=mutant", "grade=1"),
        ("histology=glioblastoma", "grade=3"),
    ],
)
def test_facts_that_exclude_each_other_stop_every_option_and_order_a_review(
    told: tuple[str, ...],
) -> None:
    plan = plan_of(*told, *ADULT)

    assert "contradictory-markers" in {refusal.refused for refusal in plan.refusals}
    assert plan.options == ()
    assert "pathology-review" in {test.test for test in plan.tests}


@pytest.mark.parametrize(
    "told",
    [
        ("idh=wildtype", "1p19q=codeleted", "tert=mutant"),
        ("idh=mutant", "h3=k27m", "1p19q=intact"),
        ("idh=mutant", "1p19q=codeleted", "atrx=lost"),
        ("idh=mutant", "1p19q=codeleted", "grade=4"),
        ("idh=mutant", "1p19q=intact", "grade=1"),
    ],
)
def test_contradictory_markers_make_no_entity(told: tuple[str, ...]) -> None:
    assert entity_of(*told, *ADULT) == (None, None)


def test_facts_that_fit_are_no_contradiction() -> None:
    told = ("idh=mutant", "1p19q=codeleted", "atrx=retained", "grade=3", "h3=wildtype")

    assert "contradictory-markers" not in refused_of(*told, *ADULT)


@pytest.mark.parametrize(
    "told", [("idh=mutant", "histology=glioblastoma"), ("histology=oligoastrocytic",)]
)
def test_a_name_that_who_gave_up_is_named_as_such(told: tuple[str, ...]) -> None:
    assert "obsolete-diagnosis" in refused_of(*told, *ADULT)


@pytest.mark.parametrize(
    "histology", ["pilocytic", "pleomorphic-xanthoastrocytoma", "ganglioglioma"]
)
def test_a_circumscribed_tumor_is_no_adult_type_glioma_whatever_its_markers(histology: str) -> None:
    told = (f"histology={histology}", "idh=wildtype", "idh-method=sequencing", "tert=mutant")

    assert "not-adult-type" in refused_of(*told, *ADULT)
    assert entity_of(*told, *ADULT) == (None, None)


NO_FEATURE = ("tert=wildtype", "egfr=not-amplified", "chr7-10=absent")


@pytest.mark.parametrize(
    "told",
    [
        ("idh=wildtype", "grade=2", *NO_FEATURE),
        ("h3=k27m", "midline-location=no"),
        ("h3=g34-mutant", "midline-location=yes"),
    ],
)
def test_a_fully_tested_tumor_without_a_name_is_profiled(told: tuple[str, ...]) -> None:
    plan = plan_of(*told, *ADULT)

    assert "unclassified" in {refusal.refused for refusal in plan.refusals}
    assert "methylation-profiling" in {test.test for test in plan.tests}
    assert "entity" not in plan.facts


def test_necrosis_makes_a_glioblastoma_of_what_markers_leave_open() -> None:
    told = ("idh=wildtype", "idh-method=sequencing", "grade=3", *NO_FEATURE)

    assert "unclassified" not in refused_of(*told, "necrosis-or-mvp=present", *ADULT)


def test_a_tert_mutation_as_the_only_feature_of_a_low_grade_tumor_asks_for_caution() -> None:
    told = ("idh=wildtype", "idh-method=sequencing", "grade=2", "tert=mutant")
    plan = plan_of(*told, "egfr=not-amplified", "chr7-10=absent", *ADULT)

    assert any("cIMPACT-NOW update 11" in note.text for note in plan.notes)
    assert "methylation-profiling" in {test.test for test in plan.tests}


def test_a_child_is_out_of_scope_and_gets_no_option() -> None:
    plan = plan_of("age-years=17", "idh=mutant", "1p19q=intact", "grade=3", "kps=90")

    assert "child" in {refusal.refused for refusal in plan.refusals}
    assert plan.options == ()


def test_an_adult_of_18_years_is_no_child() -> None:
    assert "child" not in refused_of("age-years=18")
