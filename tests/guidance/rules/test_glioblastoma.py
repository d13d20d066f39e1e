"""What is offered to a newly diagnosed glioblastoma, at the limits that its trials set."""

from __future__ import annotations

import pytest

from glioscope.core import Plan, Strength, TreatmentOption
from glioscope.guidance import Facts, make_plan, told_facts

GLIOBLASTOMA = ("idh=wildtype", "idh-method=sequencing", "tert=mutant", "phase=newly-diagnosed")


def plan_of(*given: str) -> Plan:
    return make_plan(Facts(told=told_facts([*GLIOBLASTOMA, *given])), case_id="A")


def offered(*given: str) -> dict[str, TreatmentOption]:
    return {option.treatment: option for option in plan_of(*given).options}


def all_sentences(option: TreatmentOption) -> str:
    return " ".join(s.text for s in (*option.reasons, *option.conditions, *option.cautions))


@pytest.mark.parametrize("kps", ["60", "90"])
def test_below_seventy_in_good_condition_six_weeks_of_radiotherapy_with_temozolomide_is_standard(
    kps: str,
) -> None:
    options = offered("age-years=58", f"kps={kps}", "mgmt=unmethylated")

    assert options["radiotherapy-temozolomide"].strength is Strength.STRONG
    assert "hypofractionated-radiotherapy" not in options
    assert "temozolomide" not in options


def test_the_standard_comes_first() -> None:
    plan = plan_of("age-years=58", "kps=90", "mgmt=methylated", "supratentorial=yes")

    assert plan.options[0].treatment == "radiotherapy-temozolomide"


@pytest.mark.parametrize(
    ("age", "six_weeks", "short_course"), [(64, 1, 0), (65, 1, 1), (69, 1, 1), (70, 0, 1)]
)
def test_the_short_course_with_temozolomide_begins_at_65_and_the_six_weeks_end_at_70(
    age: int, six_weeks: int, short_course: int
) -> None:
    options = offered(f"age-years={age}", "kps=80", "mgmt=methylated")

    assert ("radiotherapy-temozolomide" in options) == bool(six_weeks)
    assert ("hypofractionated-radiotherapy-temozolomide" in options) == bool(short_course)


@pytest.mark.parametrize(
    ("mgmt", "alone", "not_alone", "months"),
    [
        ("methylated", "temozolomide", "hypofractionated-radiotherapy", "7.7 to 13.5 months"),
        ("unmethylated", "hypofractionated-radiotherapy", "temozolomide", "10.0 against 7.9"),
    ],
)
def test_from_seventy_on_mgmt_chooses_the_single_treatment(
    mgmt: str, alone: str, not_alone: str, months: str
) -> None:
    options = offered("age-years=76", "kps=80", "frail=no", f"mgmt={mgmt}")
    together = options["hypofractionated-radiotherapy-temozolomide"]

    assert options[alone].strength is Strength.CONDITIONAL
    assert not_alone not in options
    assert together.strength is Strength.CONDITIONAL
    assert months in all_sentences(together)


def test_from_seventy_on_mgmt_is_asked_before_a_single_treatment_is_chosen() -> None:
    plan = plan_of("age-years=76", "kps=80", "frail=no")
    treatments = {option.treatment for option in plan.options}

    assert "hypofractionated-radiotherapy-temozolomide" in treatments
    assert not treatments & {"temozolomide", "hypofractionated-radiotherapy"}
    assert "mgmt" in {asked.fact for asked in plan.missing} | {test.test for test in plan.tests}


@pytest.mark.parametrize("age", ["50", "68", "82"])
def test_below_a_performance_of_sixty_no_combined_treatment_is_offered(age: str) -> None:
    options = offered(f"age-years={age}", "kps=50", "mgmt=unmethylated")

    assert set(options) == {"hypofractionated-radiotherapy", "supportive-care"}
    assert options["supportive-care"].strength is Strength.CONSENSUS
    assert "neurocognitive" in all_sentences(options["hypofractionated-radiotherapy"])


def test_below_a_performance_of_sixty_temozolomide_alone_needs_methylation() -> None:
    assert "temozolomide" in offered("age-years=62", "kps=50", "mgmt=methylated")
    assert "temozolomide" not in offered("age-years=62", "kps=60", "mgmt=methylated")


def test_frailty_opens_the_short_course_alone_and_supportive_care() -> None:
    frail = offered("age-years=74", "kps=70", "mgmt=methylated", "frail=yes")
    robust = offered("age-years=74", "kps=70", "mgmt=methylated", "frail=no")

    assert {"hypofractionated-radiotherapy", "supportive-care"} <= set(frail)
    assert not {"hypofractionated-radiotherapy", "supportive-care"} & set(robust)


@pytest.mark.parametrize(
    ("age", "kps", "mgmt", "meets"),
    [
        (18, 70, "methylated", True),
        (70, 70, "methylated", True),
        (71, 70, "methylated", False),
        (58, 60, "methylated", False),
        (58, 90, "unmethylated", False),
    ],
)
def test_lomustine_with_temozolomide_is_offered_to_those_whom_its_trial_took(
    age: int, kps: int, mgmt: str, meets: bool
) -> None:
    options = offered(f"age-years={age}", f"kps={kps}", f"mgmt={mgmt}")

    assert ("lomustine-temozolomide-radiotherapy" in options) == meets


@pytest.mark.parametrize(
    ("kps", "supratentorial", "meets"),
    [(70, "yes", True), (60, "yes", False), (90, "no", False)],
)
def test_tumor_treating_fields_need_a_supratentorial_tumor_and_a_performance_of_seventy(
    kps: int, supratentorial: str, meets: bool
) -> None:
    options = offered("age-years=58", f"kps={kps}", f"supratentorial={supratentorial}")

    assert ("ttfields" in options) == meets


def test_tumor_treating_fields_begin_after_radiotherapy_and_are_called_controversial() -> None:
    said = all_sentences(offered("age-years=58", "kps=80", "supratentorial=yes")["ttfields"])

    assert "after radiotherapy with temozolomide is completed" in said
    assert "controversial" in said


@pytest.mark.parametrize("kps", ["60", "50"])
def test_a_trial_is_for_those_in_good_condition(kps: str) -> None:
    assert ("clinical-trial" in offered("age-years=58", f"kps={kps}")) == (kps == "60")


@pytest.mark.parametrize("mgmt", ["methylated", "unmethylated"])
def test_first_radiotherapy_is_not_offered_twice(mgmt: str) -> None:
    for age in ("58", "67", "76"):
        given = (f"age-years={age}", "kps=80", f"mgmt={mgmt}", "frail=yes")
        options = offered(*given, "prior-radiotherapy=yes")

        assert not [name for name in options if "radiotherapy" in name]


@pytest.mark.parametrize("phase", ["recurrent", "progression-suspected", "stable"])
def test_first_treatment_is_for_the_newly_diagnosed_only(phase: str) -> None:
    first = {
        "radiotherapy-temozolomide",
        "hypofractionated-radiotherapy-temozolomide",
        "hypofractionated-radiotherapy",
        "lomustine-temozolomide-radiotherapy",
        "temozolomide",
        "ttfields",
    }
    for age, kps in (("58", "90"), ("76", "80"), ("76", "50")):
        told = told_facts(
            [
                *("idh=wildtype", "idh-method=sequencing", "tert=mutant", "mgmt=methylated"),
                *(f"phase={phase}", f"age-years={age}", f"kps={kps}"),
            ]
        )
        plan = make_plan(Facts(told=told), case_id="A")

        assert not first & {option.treatment for option in plan.options}


def test_bevacizumab_is_no_part_of_first_treatment_and_the_plan_says_so() -> None:
    plan = plan_of("age-years=58", "kps=80", "mgmt=methylated")

    assert "bevacizumab" not in {option.treatment for option in plan.options}
    assert any("Bevacizumab is not recommended" in note.text for note in plan.notes)


def test_mgmt_says_how_much_temozolomide_adds() -> None:
    methylated = plan_of("age-years=58", "kps=80", "mgmt=methylated").notes
    unmethylated = plan_of("age-years=58", "kps=80", "mgmt=unmethylated").notes

    assert any("15.3 to 21.7 months" in note.text for note in methylated)
    assert any("not significant" in note.text for note in unmethylated)
    assert not any("15.3 to 21.7 months" in note.text for note in unmethylated)
