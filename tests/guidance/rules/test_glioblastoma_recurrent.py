"""What is offered when a glioblastoma has come back."""

from __future__ import annotations

import pytest

from glioscope.core import Plan, Strength, TreatmentOption
from glioscope.guidance import Facts, make_plan, told_facts

RECURRENT = (
    "idh=wildtype",
    "idh-method=sequencing",
    "tert=mutant",
    "phase=recurrent",
    "age-years=58",
    "prior-radiotherapy=yes",
    "prior-temozolomide=yes",
)


def plan_of(*given: str) -> Plan:
    return make_plan(Facts(told=told_facts([*RECURRENT, *given])), case_id="A")


def offered(*given: str) -> dict[str, TreatmentOption]:
    return {option.treatment: option for option in plan_of(*given).options}


def test_nothing_at_recurrence_is_a_strong_recommendation() -> None:
    everything = offered(
        *("kps=80", "mgmt=methylated", "resectable=yes", "months-since-radiotherapy=14"),
        *("braf=v600e", "ntrk=fusion"),
    )

    assert set(everything) == {
        "clinical-trial",
        "lomustine",
        "temozolomide-rechallenge",
        "bevacizumab",
        "re-irradiation",
        "re-resection",
        "dabrafenib-trametinib",
        "trk-inhibitor",
    }
    assert Strength.STRONG not in {option.strength for option in everything.values()}


@pytest.mark.parametrize(
    ("treatment", "before"),
    [("lomustine", "prior-nitrosourea"), ("bevacizumab", "prior-bevacizumab")],
)
def test_what_the_patient_had_is_not_offered_again(treatment: str, before: str) -> None:
    assert treatment in offered("kps=80", f"{before}=no")
    assert treatment not in offered("kps=80", f"{before}=yes")


def test_temozolomide_again_needs_methylation() -> None:
    assert "temozolomide-rechallenge" in offered("kps=80", "mgmt=methylated")
    assert "temozolomide-rechallenge" not in offered("kps=80", "mgmt=unmethylated")
    assert "temozolomide-rechallenge" not in offered("kps=80")


@pytest.mark.parametrize(("months", "meets"), [("5", False), ("6", True), ("24", True)])
def test_radiotherapy_again_waits_half_a_year_and_for_proof(months: str, meets: bool) -> None:
    options = offered("kps=80", f"months-since-radiotherapy={months}")

    assert ("re-irradiation" in options) == meets
    if meets:
        said = [sentence.text for sentence in options["re-irradiation"].conditions]
        assert any("confirmed by pathology or advanced imaging" in text for text in said)


def test_a_second_resection_needs_a_resectable_tumor_and_says_how_weak_the_evidence_is() -> None:
    cautions = offered("kps=80", "resectable=yes")["re-resection"].cautions

    assert any("overestimated" in sentence.text for sentence in cautions)
    assert "re-resection" not in offered("kps=80", "resectable=no")
    assert "re-resection" not in offered("kps=80")


@pytest.mark.parametrize(("days", "early"), [("120", True), ("400", False)])
def test_a_second_resection_within_half_a_year_is_cautioned(days: str, early: bool) -> None:
    cautions = offered("kps=80", "resectable=yes", f"days-since-surgery={days}")[
        "re-resection"
    ].cautions

    assert any("pseudoprogression" in sentence.text for sentence in cautions) == early


def test_regorafenib_is_never_offered_and_the_plan_says_why() -> None:
    plan = plan_of("kps=90", "mgmt=methylated", "prior-nitrosourea=yes", "prior-bevacizumab=yes")

    assert "regorafenib" not in {option.treatment for option in plan.options}
    assert any("GBM AGILE" in note.text for note in plan.notes)


def test_bevacizumab_says_that_it_does_not_lengthen_life() -> None:
    option = offered("kps=80")["bevacizumab"]

    assert any("did not lengthen survival" in sentence.text for sentence in option.reasons)
    assert any("European Union" in sentence.text for sentence in option.cautions)


def test_in_poor_condition_only_supportive_care_is_offered() -> None:
    options = offered(
        *("kps=50", "mgmt=methylated", "resectable=yes", "months-since-radiotherapy=14"),
        *("braf=v600e", "ntrk=fusion"),
    )

    assert set(options) == {"supportive-care"}


@pytest.mark.parametrize(
    ("marker", "treatment"),
    [("braf=v600e", "dabrafenib-trametinib"), ("ntrk=fusion", "trk-inhibitor")],
)
def test_a_targeted_treatment_needs_its_alteration_and_a_recurrence(
    marker: str, treatment: str
) -> None:
    newly = told_facts(
        [
            *("idh=wildtype", "idh-method=sequencing", "tert=mutant", "phase=newly-diagnosed"),
            *("age-years=58", "kps=80", marker),
        ]
    )
    first = make_plan(Facts(told=newly), case_id="A")

    assert offered("kps=80", marker)[treatment].strength is Strength.CONDITIONAL
    assert treatment not in offered("kps=80")
    assert treatment not in offered("kps=80", "braf=wildtype", "ntrk=none")
    assert treatment not in {option.treatment for option in first.options}


def test_another_alteration_of_braf_does_not_open_dabrafenib_with_trametinib() -> None:
    assert "dabrafenib-trametinib" not in offered("kps=80", "braf=fusion")


def test_a_trk_inhibitor_says_that_its_series_was_of_children() -> None:
    cautions = offered("kps=80", "ntrk=fusion")["trk-inhibitor"].cautions

    assert any("median age 8.9 years" in sentence.text for sentence in cautions)
