"""Pregnancy and breastfeeding: what is not offered, what is tested, whom is asked."""

from __future__ import annotations

import pytest

from glioscope.core import Plan
from glioscope.guidance import Facts, load_vocabulary, make_plan, told_facts

_GLIOBLASTOMA = ("idh=wildtype", "histology=glioblastoma", "kps=90", "phase=newly-diagnosed")
_RECURRENT = (
    "age-years=30",
    "idh=wildtype",
    "histology=glioblastoma",
    "kps=90",
    "phase=recurrent",
    "prior-radiotherapy=yes",
    "months-since-radiotherapy=12",
    "mgmt=methylated",
    "braf=v600e",
    "ntrk=fusion",
)
_DRUGS = frozenset(
    {
        "temozolomide",
        "lomustine",
        "procarbazine",
        "vincristine",
        "bevacizumab",
        "vorasidenib",
        "dabrafenib",
        "trametinib",
        "trk-inhibitor",
        "dordaviprone",
    }
)


def _plan(*told: str) -> Plan:
    return make_plan(Facts(told=told_facts(told)), case_id="case")


def _components(plan: Plan) -> set[str]:
    treatments = load_vocabulary().treatments
    return {c for option in plan.options for c in treatments[option.treatment].components}


@pytest.mark.parametrize(
    "patient",
    [
        ("age-years=30", *_GLIOBLASTOMA),
        _RECURRENT,
        ("age-years=30", "idh=mutant", "1p19q=codeleted", "grade=3", "phase=newly-diagnosed"),
        ("age-years=30", "idh=mutant", "1p19q=codeleted", "grade=2", "resection=subtotal"),
        (
            "age-years=30",
            "idh=wildtype",
            "h3=k27m",
            "midline-location=yes",
            "phase=recurrent",
            "prior-radiotherapy=yes",
            "kps=80",
        ),
    ],
)
def test_no_drug_against_the_tumor_is_offered_in_pregnancy(patient: tuple[str, ...]) -> None:
    without, pregnant = _plan(*patient, "sex=F"), _plan(*patient, "sex=F", "pregnant=yes")

    assert _components(without) & _DRUGS
    assert not _components(pregnant) & (_DRUGS | {"ttfields"})
    assert "pregnancy" in {refusal.refused for refusal in pregnant.refusals}


def test_radiotherapy_in_pregnancy_comes_with_its_open_question() -> None:
    plan = _plan(*_RECURRENT, "pregnant=yes")

    option = next(o for o in plan.options if o.treatment == "re-irradiation")
    assert any("pregnant" in sentence.text for sentence in option.cautions)


@pytest.mark.parametrize("sex", [("sex=M",), ("sex=O",), ()])
def test_a_told_pregnancy_counts_whatever_sex_the_record_states(sex: tuple[str, ...]) -> None:
    plan = _plan("age-years=30", *_GLIOBLASTOMA, "pregnant=yes", *sex)

    assert "radiotherapy-temozolomide" in {refusal.refused for refusal in plan.refusals}


@pytest.mark.parametrize("age", ["18", "30", "55"])
def test_a_pregnancy_test_is_ordered_where_a_pregnancy_is_possible(age: str) -> None:
    patient = ("sex=F", f"age-years={age}", "idh=mutant", "1p19q=codeleted", "grade=3")

    plan = _plan(*patient, "phase=newly-diagnosed")

    assert "pregnancy-test" in {order.test for order in plan.tests}
    assert "pregnant" in {fact.fact for fact in plan.missing}


@pytest.mark.parametrize("told", [("sex=M", "age-years=30"), ("sex=F", "age-years=56")])
def test_nobody_else_is_tested_or_asked(told: tuple[str, ...]) -> None:
    plan = _plan(*told, *_GLIOBLASTOMA)

    assert "pregnancy-test" not in {order.test for order in plan.tests}
    assert "pregnant" not in {fact.fact for fact in plan.missing}


def test_a_result_of_the_pregnancy_test_ends_the_order() -> None:
    plan = _plan("sex=F", "age-years=30", *_GLIOBLASTOMA, "pregnant=no")

    assert "pregnancy-test" not in {order.test for order in plan.tests}
    assert "pregnancy" not in {refusal.refused for refusal in plan.refusals}


def test_breastfeeding_is_named_with_each_drug_whose_label_advises_against_it() -> None:
    plan = _plan(*_RECURRENT, "sex=F", "breastfeeding=yes")

    warned = {
        option.treatment
        for option in plan.options
        if any("Breastfeeding" in sentence.text for sentence in option.cautions)
    }
    assert {"lomustine", "bevacizumab", "dabrafenib-trametinib", "trk-inhibitor"} <= warned
