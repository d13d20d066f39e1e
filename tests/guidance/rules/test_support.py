"""Edema, seizures, thrombosis and infection, whatever the entity."""

from __future__ import annotations

import pytest

from glioscope.core import Plan, Strength
from glioscope.guidance import Facts, make_plan, told_facts


def _plan(*told: str) -> Plan:
    return make_plan(Facts(told=told_facts(told)), case_id="case")


@pytest.mark.parametrize(
    ("told", "treatment", "strength"),
    [
        (("edema-symptoms=yes",), "dexamethasone", Strength.CONSENSUS),
        (("edema-symptoms=no", "dexamethasone-mg=4"), "dexamethasone-taper", Strength.CONSENSUS),
        (("seizures=yes", "antiseizure=none"), "antiseizure-medicine", Strength.STRONG),
        (("thromboembolism=yes",), "anticoagulation", Strength.CONDITIONAL),
        (
            ("temozolomide-schedule=daily-with-radiotherapy",),
            "pneumocystis-prophylaxis",
            Strength.CONDITIONAL,
        ),
    ],
)
def test_support_is_offered_for_what_it_helps(
    told: tuple[str, ...], treatment: str, strength: Strength
) -> None:
    offered = {option.treatment: option.strength for option in _plan(*told).options}

    assert offered[treatment] is strength
    assert treatment not in {option.treatment for option in _plan("age-years=50").options}


@pytest.mark.parametrize(
    ("told", "treatment"),
    [
        (("edema-symptoms=yes", "dexamethasone-mg=8"), "dexamethasone"),
        (("edema-symptoms=yes", "dexamethasone-mg=8"), "dexamethasone-taper"),
        (("edema-symptoms=no", "dexamethasone-mg=0"), "dexamethasone-taper"),
        (("seizures=yes", "antiseizure=lacosamide"), "antiseizure-medicine"),
        (("seizures=no",), "antiseizure-medicine"),
        (("thromboembolism=yes", "intracranial-hemorrhage=yes"), "anticoagulation"),
        (("thromboembolism=yes", "platelets=19"), "anticoagulation"),
    ],
)
def test_support_is_not_offered_where_it_is_there_already_or_contraindicated(
    told: tuple[str, ...], treatment: str
) -> None:
    assert treatment not in {option.treatment for option in _plan(*told).options}


def test_a_recent_hemorrhage_is_to_be_ruled_out_before_anticoagulation() -> None:
    options = _plan("thromboembolism=yes", "platelets=40").options

    option = next(option for option in options if option.treatment == "anticoagulation")
    assert any("hemorrhage" in sentence.text for sentence in option.conditions)
    assert any("50 x 10^9/L" in sentence.text for sentence in option.cautions)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (("seizures=no",), "should not be prescribed to prevent one"),
        (("antiseizure=carbamazepine",), "replacing it"),
        (("thromboembolism=yes", "intracranial-hemorrhage=yes"), "not offered"),
    ],
)
def test_what_guidelines_advise_against_is_noted(told: tuple[str, ...], said: str) -> None:
    assert any(said in note.text for note in _plan(*told).notes)


def test_no_note_on_induction_where_the_medicine_does_not_induce() -> None:
    assert not [n for n in _plan("antiseizure=levetiracetam").notes if "replacing" in n.text]
