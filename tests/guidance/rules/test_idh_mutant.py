"""What is offered in IDH-mutant oligodendroglioma and astrocytoma, for patients made by hand."""

from __future__ import annotations

import pytest

from glioscope.core import Plan, TreatmentOption
from glioscope.guidance import Facts, PredictedMarker, make_plan, told_facts

OLIGODENDROGLIOMA = ("idh=mutant", "1p19q=codeleted")
ASTROCYTOMA = ("idh=mutant", "1p19q=intact", "cdkn2ab=not-deleted", "necrosis-or-mvp=absent")
TYPES = pytest.mark.parametrize("entity", [OLIGODENDROGLIOMA, ASTROCYTOMA])
NEW = ("age-years=45", "kps=90", "phase=newly-diagnosed", "resection=subtotal")
UNTREATED = (
    "prior-radiotherapy=no",
    "prior-temozolomide=no",
    "prior-nitrosourea=no",
    "prior-idh-inhibitor=no",
)
CAN_WAIT = ("grade=2", "needs-treatment-now=no", *NEW, *UNTREATED)
RECURRENT = ("age-years=45", "kps=90", "phase=recurrent", "grade=3", "resectable=no")


def plan_of(*told: str) -> Plan:
    return make_plan(Facts(told=told_facts(told)), case_id="patient")


def offered(*told: str) -> dict[str, str]:
    """Treatment and strength of each option."""
    return {option.treatment: str(option.strength) for option in plan_of(*told).options}


def option_of(treatment: str, *told: str) -> TreatmentOption:
    return next(option for option in plan_of(*told).options if option.treatment == treatment)


def cautions(treatment: str, *told: str) -> str:
    return " ".join(sentence.text for sentence in option_of(treatment, *told).cautions)


def conditions(treatment: str, *told: str) -> str:
    return " ".join(sentence.text for sentence in option_of(treatment, *told).conditions)


def notes(*told: str) -> str:
    return " ".join(sentence.text for sentence in plan_of(*told).notes)


def changed(told: tuple[str, ...], other: str) -> tuple[str, ...]:
    """The facts with the one that ``other`` names replaced by it."""
    name, equals, _ = other.partition("=")
    return (*(fact for fact in told if not fact.startswith(name + equals)), other)


# First treatment


def test_grade_3_oligodendroglioma_gets_radiotherapy_with_pcv_before_temozolomide() -> None:
    assert offered(*OLIGODENDROGLIOMA, "grade=3", *NEW, *UNTREATED) == {
        "radiotherapy-pcv": "strong",
        "radiotherapy-adjuvant-temozolomide": "conditional",
    }


def test_grade_3_astrocytoma_gets_radiotherapy_with_adjuvant_temozolomide() -> None:
    assert offered(*ASTROCYTOMA, "grade=3", *NEW, *UNTREATED) == {
        "radiotherapy-adjuvant-temozolomide": "strong"
    }


@pytest.mark.parametrize(
    "told", [("grade=4",), ("grade=2", "cdkn2ab=homozygous-deleted", "needs-treatment-now=no")]
)
def test_grade_4_astrocytoma_is_treated_as_grade_3_or_as_glioblastoma(
    told: tuple[str, ...],
) -> None:
    entity = ("idh=mutant", "1p19q=intact")

    assert offered(*entity, *told, *NEW, *UNTREATED) == {
        "radiotherapy-adjuvant-temozolomide": "conditional",
        "radiotherapy-temozolomide": "conditional",
    }


@TYPES
def test_a_grade_2_tumor_that_can_wait_is_watched_or_gets_vorasidenib(
    entity: tuple[str, ...],
) -> None:
    assert offered(*entity, *CAN_WAIT) == {
        "vorasidenib": "conditional",
        "active-surveillance": "conditional",
    }


@TYPES
def test_a_grade_2_tumor_that_needs_treatment_gets_radiotherapy_and_chemotherapy(
    entity: tuple[str, ...],
) -> None:
    assert offered(*entity, *changed(CAN_WAIT, "needs-treatment-now=yes")) == {
        "radiotherapy-pcv": "strong",
        "radiotherapy-adjuvant-temozolomide": "conditional",
    }


@TYPES
def test_whether_a_grade_2_tumor_can_wait_is_asked_before_anything_is_chosen(
    entity: tuple[str, ...],
) -> None:
    told = (*entity, "grade=2", *NEW, *UNTREATED)

    assert set(offered(*told)) == {
        "radiotherapy-pcv",
        "radiotherapy-adjuvant-temozolomide",
        "vorasidenib",
        "active-surveillance",
    }
    assert "needs treatment now is no" in conditions("radiotherapy-pcv", *told)
    assert "needs treatment now is yes" in conditions("vorasidenib", *told)
    assert "needs-treatment-now" in {missing.fact for missing in plan_of(*told).missing}


@pytest.mark.parametrize("grade", ["2", "3"])
@TYPES
def test_radiotherapy_is_not_offered_as_first_treatment_twice(
    entity: tuple[str, ...], grade: str
) -> None:
    told = (*entity, f"grade={grade}", *NEW, "prior-radiotherapy=yes")

    assert not {name for name in offered(*told) if name.startswith("radiotherapy")}


@pytest.mark.parametrize("grade", ["2", "3"])
@TYPES
def test_a_second_nitrosourea_is_not_offered(entity: tuple[str, ...], grade: str) -> None:
    told = (*entity, f"grade={grade}", *NEW, *changed(UNTREATED, "prior-nitrosourea=yes"))

    assert "radiotherapy-pcv" not in offered(*told)
    assert "radiotherapy-adjuvant-temozolomide" in offered(*told)


def test_an_idh_mutation_that_is_only_predicted_leads_to_no_treatment() -> None:
    marker = PredictedMarker(outcome="mutant", probability=0.99, possible=("mutant",))
    facts = Facts(told=told_facts(["1p19q=codeleted", *CAN_WAIT]), predicted={"idh": marker})

    assert make_plan(facts, case_id="patient").options == ()


# Vorasidenib


@pytest.mark.parametrize(
    "told",
    [
        "grade=3",
        "needs-treatment-now=yes",
        "prior-radiotherapy=yes",
        "prior-temozolomide=yes",
        "prior-nitrosourea=yes",
        "prior-idh-inhibitor=yes",
        "phase=stable",
        "phase=progression-suspected",
        "resection=none",
    ],
)
@TYPES
def test_vorasidenib_is_for_grade_2_after_surgery_only(entity: tuple[str, ...], told: str) -> None:
    assert "vorasidenib" not in offered(*entity, *changed(CAN_WAIT, told))


@pytest.mark.parametrize("resection", ["biopsy", "partial", "gross-total"])
def test_vorasidenib_is_offered_whatever_the_surgery_left(resection: str) -> None:
    told = changed(CAN_WAIT, f"resection={resection}")

    assert offered(*ASTROCYTOMA, *told)["vorasidenib"] == "conditional"


def test_vorasidenib_is_offered_at_recurrence_after_surgery_only() -> None:
    told = changed(CAN_WAIT, "phase=recurrent")

    assert offered(*ASTROCYTOMA, *told)["vorasidenib"] == "conditional"


@pytest.mark.parametrize(
    "told", ["prior-radiotherapy=yes", "prior-temozolomide=yes", "prior-nitrosourea=yes"]
)
def test_after_radiotherapy_or_chemotherapy_it_is_said_why_vorasidenib_is_missing(
    told: str,
) -> None:
    assert "Vorasidenib is not offered" in notes(*ASTROCYTOMA, *changed(CAN_WAIT, told))
    assert "Vorasidenib is not offered" not in notes(*ASTROCYTOMA, *CAN_WAIT)


@pytest.mark.parametrize(
    ("told", "fine", "caution"),
    [
        ("enhancement=present", "enhancement=absent", "The tumor enhances"),
        ("residual-tumor=no", "residual-tumor=yes", "Without residual tumor"),
        ("kps=70", "kps=80", "at least 80"),
        ("days-since-surgery=90", "days-since-surgery=400", "1 to 5 years"),
        ("dexamethasone-mg=4", "dexamethasone-mg=0", "glucocorticoids"),
        ("breastfeeding=yes", "breastfeeding=no", "breast milk"),
    ],
)
def test_vorasidenib_where_nobody_has_looked_is_marked(told: str, fine: str, caution: str) -> None:
    assert caution in cautions("vorasidenib", *OLIGODENDROGLIOMA, *changed(CAN_WAIT, told))
    assert caution not in cautions("vorasidenib", *OLIGODENDROGLIOMA, *changed(CAN_WAIT, fine))


def test_vorasidenib_comes_with_liver_tests_and_with_what_its_trial_left_open() -> None:
    told = (*OLIGODENDROGLIOMA, *CAN_WAIT)

    assert "every 2 weeks in the first 2 months" in conditions("vorasidenib", *told)
    assert "9.6%" in cautions("vorasidenib", *told)
    assert "overall survival" in cautions("vorasidenib", *told)


# Poor performance


@pytest.mark.parametrize("phase", ["newly-diagnosed", "recurrent", "stable"])
@TYPES
def test_a_low_performance_status_brings_palliative_care_in(
    entity: tuple[str, ...], phase: str
) -> None:
    told = changed(changed(CAN_WAIT, f"phase={phase}"), "kps=50")

    assert offered(*entity, *told)["supportive-care"] == "consensus"
    assert "supportive-care" not in offered(*entity, *changed(told, "kps=60"))


@pytest.mark.parametrize("grade", ["3", "4"])
def test_radiotherapy_at_a_low_performance_status_is_better_short(grade: str) -> None:
    told = ("idh=mutant", "1p19q=intact", f"grade={grade}", *NEW, *UNTREATED)
    treatment = "radiotherapy-adjuvant-temozolomide"

    assert "hypofractionated" in cautions(treatment, *changed(told, "kps=50"))
    assert "hypofractionated" not in cautions(treatment, *told)


# Recurrence


@TYPES
def test_a_recurrence_that_was_never_treated_gets_what_was_put_off(
    entity: tuple[str, ...],
) -> None:
    assert offered(*entity, *RECURRENT, *UNTREATED) == {
        "radiotherapy-pcv": "conditional",
        "radiotherapy-adjuvant-temozolomide": "conditional",
        "temozolomide": "conditional",
        "pcv": "conditional",
        "clinical-trial": "consensus",
    }


@TYPES
def test_a_recurrence_after_everything_can_be_treated_again(entity: tuple[str, ...]) -> None:
    told = (
        *changed(RECURRENT, "resectable=yes"),
        *("prior-radiotherapy=yes", "months-since-radiotherapy=48"),
        *("prior-temozolomide=yes", "prior-nitrosourea=yes"),
    )

    assert offered(*entity, *told) == {
        "temozolomide-rechallenge": "conditional",
        "re-resection": "conditional",
        "re-irradiation": "conditional",
        "clinical-trial": "consensus",
    }


@pytest.mark.parametrize(("months", "is_offered"), [(11, False), (12, True)])
def test_re_irradiation_needs_a_year_since_radiotherapy(months: int, is_offered: bool) -> None:
    told = (*RECURRENT, "prior-radiotherapy=yes", f"months-since-radiotherapy={months}")

    assert ("re-irradiation" in offered(*ASTROCYTOMA, *told)) is is_offered


def test_re_irradiation_is_not_for_those_told_never_irradiated() -> None:
    told = (*RECURRENT, "prior-radiotherapy=no", "months-since-radiotherapy=24")

    assert "re-irradiation" not in offered(*ASTROCYTOMA, *told)


def test_temozolomide_again_tells_how_long_the_earlier_one_has_to_be_over() -> None:
    told = (*ASTROCYTOMA, *RECURRENT, "prior-temozolomide=yes")
    (reason,) = option_of("temozolomide-rechallenge", *told).reasons

    assert "at least 6 months" in reason.text
    assert "tavarec-2018-interval" in reason.citations


@TYPES
def test_a_recurrence_in_low_performance_leaves_surgery_and_palliative_care(
    entity: tuple[str, ...],
) -> None:
    told = changed(changed(RECURRENT, "kps=50"), "resectable=yes")

    assert offered(*entity, *told, *UNTREATED) == {
        "re-resection": "conditional",
        "supportive-care": "consensus",
    }


# Beside the options


@TYPES
def test_age_and_resection_make_a_grade_2_tumor_favorable_or_of_high_risk(
    entity: tuple[str, ...],
) -> None:
    young = changed(changed(CAN_WAIT, "age-years=39"), "resection=gross-total")

    assert "are favorable" in notes(*entity, *young)
    assert "high-risk tumor" not in notes(*entity, *young)
    for risk in ("age-years=40", "resection=biopsy", "resection=subtotal"):
        assert "high-risk tumor" in notes(*entity, *changed(young, risk))
        assert "are favorable" not in notes(*entity, *changed(young, risk))


@pytest.mark.parametrize(
    ("entity", "trial"), [(OLIGODENDROGLIOMA, "CODEL"), (ASTROCYTOMA, "EORTC 22033")]
)
def test_why_temozolomide_does_not_stand_in_for_radiotherapy_is_said(
    entity: tuple[str, ...], trial: str
) -> None:
    told = (*entity, *changed(CAN_WAIT, "needs-treatment-now=yes"))

    assert "temozolomide" not in offered(*told)
    assert f"not offered: in {trial}" in notes(*told)
    assert f"not offered: in {trial}" not in notes(*changed(told, "kps=50"))


@pytest.mark.parametrize("grade", ["3", "4"])
def test_what_temozolomide_during_radiotherapy_did_in_astrocytoma_is_said(grade: str) -> None:
    told = ("idh=mutant", "1p19q=intact", f"grade={grade}", *NEW, *UNTREATED)

    assert "In CATNON temozolomide during radiotherapy did not lengthen" in notes(*told)


@pytest.mark.parametrize(("grade", "dose"), [("2", "50.4 Gy in 28 fractions"), ("3", "59.4 Gy")])
@TYPES
def test_the_dose_of_the_trials_is_told_with_radiotherapy(
    entity: tuple[str, ...], grade: str, dose: str
) -> None:
    told = changed(changed(CAN_WAIT, "needs-treatment-now=yes"), f"grade={grade}")

    assert dose in notes(*entity, *told)
    assert dose not in notes(*entity, *changed(told, "prior-radiotherapy=yes"))


@pytest.mark.parametrize("phase", ["stable", "progression-suspected"])
@TYPES
def test_nothing_is_begun_while_the_tumor_is_stable_or_progression_is_only_suspected(
    entity: tuple[str, ...], phase: str
) -> None:
    assert offered(*entity, *changed(CAN_WAIT, f"phase={phase}")) == {}
