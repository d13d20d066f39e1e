"""What labels rule out, ask for and warn of, for hand-made patients."""

from __future__ import annotations

import pytest

from glioscope.core import Plan, TreatmentOption
from glioscope.guidance import Facts, make_plan, told_facts

_GLIOBLASTOMA = ("age-years=60", "idh=wildtype", "histology=glioblastoma", "kps=90")
_NEW_GLIOBLASTOMA = (*_GLIOBLASTOMA, "phase=newly-diagnosed", "prior-radiotherapy=no")
_RECURRENT_GLIOBLASTOMA = (
    *_GLIOBLASTOMA,
    "phase=recurrent",
    "prior-radiotherapy=yes",
    "mgmt=methylated",
    "braf=v600e",
    "ntrk=fusion",
)
_OLIGODENDROGLIOMA = (
    "age-years=45",
    "idh=mutant",
    "1p19q=codeleted",
    "grade=3",
    "kps=90",
    "phase=newly-diagnosed",
    "prior-radiotherapy=no",
)
_ASTROCYTOMA = (
    "age-years=35",
    "idh=mutant",
    "1p19q=intact",
    "grade=2",
    "cdkn2ab=not-deleted",
    "resection=subtotal",
    "needs-treatment-now=no",
    "prior-radiotherapy=no",
)
_MIDLINE = (
    "age-years=30",
    "idh=wildtype",
    "h3=k27m",
    "midline-location=yes",
    "phase=recurrent",
    "prior-radiotherapy=yes",
    "kps=80",
)


def _plan(*told: str) -> Plan:
    return make_plan(Facts(told=told_facts(told)), case_id="case")


def _option(plan: Plan, treatment: str) -> TreatmentOption:
    return next(option for option in plan.options if option.treatment == treatment)


def _said(option: TreatmentOption) -> str:
    return " ".join(sentence.text for sentence in (*option.conditions, *option.cautions))


@pytest.mark.parametrize(
    ("patient", "treatment", "told"),
    [
        (_NEW_GLIOBLASTOMA, "radiotherapy-temozolomide", "anc=1.4"),
        (_NEW_GLIOBLASTOMA, "radiotherapy-temozolomide", "platelets=99"),
        (_NEW_GLIOBLASTOMA, "radiotherapy-temozolomide", "dacarbazine-allergy=yes"),
        (_RECURRENT_GLIOBLASTOMA, "lomustine", "platelets=99"),
        (_RECURRENT_GLIOBLASTOMA, "lomustine", "anc=1.4"),
        (_RECURRENT_GLIOBLASTOMA, "temozolomide-rechallenge", "platelets=99"),
        (_RECURRENT_GLIOBLASTOMA, "bevacizumab", "days-since-surgery=27"),
        (_RECURRENT_GLIOBLASTOMA, "bevacizumab", "wound-healed=no"),
        (_RECURRENT_GLIOBLASTOMA, "bevacizumab", "arterial-thromboembolism=yes"),
        (_RECURRENT_GLIOBLASTOMA, "bevacizumab", "uncontrolled-hypertension=yes"),
        (_RECURRENT_GLIOBLASTOMA, "bevacizumab", "intracranial-hemorrhage=yes"),
        (_RECURRENT_GLIOBLASTOMA, "bevacizumab", "proteinuria-g-day=2"),
        (_OLIGODENDROGLIOMA, "radiotherapy-pcv", "neuropathy=charcot-marie-tooth"),
        (_OLIGODENDROGLIOMA, "radiotherapy-pcv", "platelets=60"),
        (_NEW_GLIOBLASTOMA, "ttfields", "implanted-device=yes"),
        (_NEW_GLIOBLASTOMA, "ttfields", "skull-defect=yes"),
        (_MIDLINE, "dordaviprone", "qtc-ms=510"),
    ],
)
def test_a_contraindication_turns_an_option_into_a_refusal(
    patient: tuple[str, ...], treatment: str, told: str
) -> None:
    without, with_it = _plan(*patient), _plan(*patient, told)

    assert treatment in {option.treatment for option in without.options}
    assert treatment not in {option.treatment for option in with_it.options}
    refusal = next(refusal for refusal in with_it.refusals if refusal.refused == treatment)
    assert refusal.citations


@pytest.mark.parametrize(
    ("patient", "treatment", "told"),
    [
        (_NEW_GLIOBLASTOMA, "radiotherapy-temozolomide", ("anc=1.5", "platelets=100")),
        (_RECURRENT_GLIOBLASTOMA, "lomustine", ("anc=1.5", "platelets=100")),
        (
            _RECURRENT_GLIOBLASTOMA,
            "bevacizumab",
            ("days-since-surgery=28", "wound-healed=yes", "proteinuria-g-day=1.9"),
        ),
        (_MIDLINE, "dordaviprone", ("qtc-ms=500",)),
        (_ASTROCYTOMA, "vorasidenib", ("alt-times-uln=4", "bilirubin-times-uln=2")),
        (_ASTROCYTOMA, "vorasidenib", ("alt-times-uln=3", "bilirubin-times-uln=3")),
    ],
)
def test_a_value_at_the_limit_of_the_label_rules_nothing_out(
    patient: tuple[str, ...], treatment: str, told: tuple[str, ...]
) -> None:
    assert treatment in {option.treatment for option in _plan(*patient, *told).options}


def test_vorasidenib_is_ruled_out_only_when_alt_and_bilirubin_are_both_high() -> None:
    plan = _plan(*_ASTROCYTOMA, "alt-times-uln=3.1", "bilirubin-times-uln=2.1")

    assert "vorasidenib" in {refusal.refused for refusal in plan.refusals}


@pytest.mark.parametrize(
    ("patient", "treatment", "told", "said"),
    [
        (_NEW_GLIOBLASTOMA, "radiotherapy-temozolomide", "hepatitis-b=positive", "liver special"),
        (_NEW_GLIOBLASTOMA, "radiotherapy-temozolomide", "creatinine-clearance=30", "36 mL/min"),
        (_NEW_GLIOBLASTOMA, "radiotherapy-temozolomide", "alt-times-uln=2", "above normal"),
        (_NEW_GLIOBLASTOMA, "radiotherapy-temozolomide", "lymphocytes=0.2", "0.25 x 10^9/L"),
        (_RECURRENT_GLIOBLASTOMA, "lomustine", "lung-disease=yes", "lung disease"),
        (_RECURRENT_GLIOBLASTOMA, "lomustine", "alt-times-uln=3", "3 times"),
        (_RECURRENT_GLIOBLASTOMA, "lomustine", "antiseizure=valproate", "Valproate"),
        (_RECURRENT_GLIOBLASTOMA, "dabrafenib-trametinib", "lvef-percent=45", "below 50%"),
        (_RECURRENT_GLIOBLASTOMA, "dabrafenib-trametinib", "g6pd-deficient=yes", "hemolytic"),
        (_RECURRENT_GLIOBLASTOMA, "dabrafenib-trametinib", "dexamethasone-mg=4", "dexamethasone"),
        (_RECURRENT_GLIOBLASTOMA, "dabrafenib-trametinib", "antiseizure=phenytoin", "replaced"),
        (_RECURRENT_GLIOBLASTOMA, "trk-inhibitor", "antiseizure=carbamazepine", "replaced"),
        (_RECURRENT_GLIOBLASTOMA, "trk-inhibitor", "strong-cyp3a-inhibitor=yes", "inhibitor of"),
        (_MIDLINE, "dordaviprone", "antiseizure=primidone", "inducers of CYP3A"),
        (_MIDLINE, "dordaviprone", "strong-cyp3a-inhibitor=yes", "inhibitor of CYP3A"),
        (_OLIGODENDROGLIOMA, "radiotherapy-pcv", "maoi-interaction=yes", "monoamine oxidase"),
        (_OLIGODENDROGLIOMA, "radiotherapy-pcv", "bilirubin-times-uln=1.2", "halves"),
        (_OLIGODENDROGLIOMA, "radiotherapy-pcv", "antiseizure=oxcarbazepine", "vincristine"),
        (_ASTROCYTOMA, "vorasidenib", "alt-times-uln=3.5", "3 times"),
        (_ASTROCYTOMA, "vorasidenib", "weight-kg=38", "40 kg"),
    ],
)
def test_what_asks_for_care_is_said_with_the_option(
    patient: tuple[str, ...], treatment: str, told: str, said: str
) -> None:
    before = _said(_option(_plan(*patient), treatment))

    after = _said(_option(_plan(*patient, told), treatment))

    assert said in after
    assert len(after) > len(before)


def test_an_antiseizure_medicine_without_induction_changes_nothing_of_dabrafenib() -> None:
    treatment = "dabrafenib-trametinib"
    with_it = _option(_plan(*_RECURRENT_GLIOBLASTOMA, "antiseizure=levetiracetam"), treatment)

    assert "antiseizure" not in _said(with_it)


@pytest.mark.parametrize(
    ("patient", "told", "test"),
    [
        (_NEW_GLIOBLASTOMA, ("anc=3", "platelets=200"), "blood-count"),
        (_NEW_GLIOBLASTOMA, ("alt-times-uln=1",), "liver-function"),
        (_NEW_GLIOBLASTOMA, ("hepatitis-b=negative",), "hepatitis-b"),
        (_RECURRENT_GLIOBLASTOMA, ("creatinine-clearance=90",), "renal-function"),
        (_RECURRENT_GLIOBLASTOMA, ("lung-disease=no",), "lung-function"),
        (_RECURRENT_GLIOBLASTOMA, ("uncontrolled-hypertension=no",), "blood-pressure"),
        (_RECURRENT_GLIOBLASTOMA, ("proteinuria-g-day=0",), "urine-protein"),
        (_RECURRENT_GLIOBLASTOMA, ("lvef-percent=62",), "echocardiogram"),
        (_RECURRENT_GLIOBLASTOMA, ("g6pd-deficient=no",), "g6pd"),
        (_MIDLINE, ("qtc-ms=430",), "ecg"),
    ],
)
def test_a_test_before_a_drug_is_ordered_until_its_result_is_told(
    patient: tuple[str, ...], told: tuple[str, ...], test: str
) -> None:
    assert test in {order.test for order in _plan(*patient).tests}
    assert test not in {order.test for order in _plan(*patient, *told).tests}


def test_no_drug_means_no_test_before_a_drug() -> None:
    plan = _plan("age-years=40", "sex=F")

    drug_tests = {"blood-count", "liver-function", "hepatitis-b", "ecg", "echocardiogram"}
    assert not drug_tests & {order.test for order in plan.tests}
    assert "platelets" not in {fact.fact for fact in plan.missing}


@pytest.mark.parametrize(
    "told",
    [
        ("temozolomide-mg-m2=201",),
        ("temozolomide-mg-m2=76", "temozolomide-schedule=daily-with-radiotherapy"),
        ("lomustine-mg-m2=131",),
        ("radiotherapy-gy=61",),
        ("radiotherapy-gy=60", "radiotherapy-fractions=20"),
        ("bevacizumab-mg-kg=10.5",),
        ("vorasidenib-mg=50",),
        ("dexamethasone-mg=17",),
        ("temozolomide-mg-m2=1000",),
    ],
)
def test_a_dose_above_the_label_or_the_trial_is_refused(told: tuple[str, ...]) -> None:
    assert "dose" in {refusal.refused for refusal in _plan(*told).refusals}


@pytest.mark.parametrize(
    "told",
    [
        ("temozolomide-mg-m2=200", "temozolomide-schedule=days-1-5-of-28"),
        ("temozolomide-mg-m2=75", "temozolomide-schedule=daily-with-radiotherapy"),
        ("lomustine-mg-m2=110",),
        ("radiotherapy-gy=60", "radiotherapy-fractions=30"),
        ("radiotherapy-gy=40", "radiotherapy-fractions=15"),
        ("bevacizumab-mg-kg=10",),
        ("vorasidenib-mg=40",),
        ("dexamethasone-mg=16",),
    ],
)
def test_a_dose_of_the_label_or_the_trial_is_not_refused(told: tuple[str, ...]) -> None:
    assert "dose" not in {refusal.refused for refusal in _plan(*told).refusals}


def test_a_dose_whose_schedule_decides_asks_for_the_schedule() -> None:
    plan = _plan("temozolomide-mg-m2=150")

    assert "temozolomide-schedule" in {fact.fact for fact in plan.missing}
    assert "dose" not in {refusal.refused for refusal in plan.refusals}


def test_nobody_is_asked_which_doses_are_planned() -> None:
    asked = {fact.fact for fact in _plan(*_NEW_GLIOBLASTOMA).missing}

    assert not {name for name in asked if name.endswith(("-mg-m2", "-gy", "-mg-kg"))}
