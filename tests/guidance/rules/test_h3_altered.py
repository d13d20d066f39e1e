"""What is offered to diffuse midline and diffuse hemispheric gliomas with an altered histone H3."""

from __future__ import annotations

import pytest

from glioscope.core import Strength, TreatmentOption
from glioscope.guidance import Facts, make_plan, told_facts

MIDLINE = ("idh=wildtype", "idh-method=sequencing", "midline-location=yes", "age-years=30")
HEMISPHERIC = (
    "idh=wildtype",
    "idh-method=sequencing",
    "midline-location=no",
    "h3=g34-mutant",
    "age-years=24",
)


def offered(*given: str) -> dict[str, TreatmentOption]:
    plan = make_plan(Facts(told=told_facts(given)), case_id="A")
    return {option.treatment: option for option in plan.options}


def test_a_new_midline_glioma_is_offered_radiotherapy_and_no_chemotherapy() -> None:
    told = told_facts([*MIDLINE, "h3=k27m", "phase=newly-diagnosed", "kps=80", "frail=no"])
    plan = make_plan(Facts(told=told), case_id="A")
    options = {option.treatment: option for option in plan.options}

    assert {"radiotherapy", "clinical-trial"} == set(options)
    assert options["radiotherapy"].strength is Strength.CONDITIONAL
    assert any("No chemotherapy has proven" in note.text for note in plan.notes)


@pytest.mark.parametrize(
    ("given", "meets"),
    [
        (("h3=k27m", "phase=recurrent", "prior-radiotherapy=yes"), True),
        (("h3=k27m", "phase=recurrent", "prior-radiotherapy=no"), False),
        (("h3=k27m", "phase=newly-diagnosed"), False),
        (("h3=k27-altered", "phase=recurrent", "prior-radiotherapy=yes"), False),
    ],
)
def test_dordaviprone_needs_the_mutation_a_recurrence_and_radiotherapy_before(
    given: tuple[str, ...], meets: bool
) -> None:
    assert ("dordaviprone" in offered(*MIDLINE, "kps=80", *given)) == meets


def test_dordaviprone_says_how_it_was_approved_and_what_was_left_out() -> None:
    option = offered(*MIDLINE, "kps=50", "h3=k27m", "phase=recurrent", "prior-radiotherapy=yes")[
        "dordaviprone"
    ]
    conditions = " ".join(sentence.text for sentence in option.conditions)
    cautions = " ".join(sentence.text for sentence in option.cautions)

    assert "accelerated approval" in option.reasons[0].text
    assert "90 days" in conditions
    assert "confirmatory trial" in cautions
    assert "pontine" in cautions
    assert "performance status of 60 or more" in cautions


@pytest.mark.parametrize("phase", ["newly-diagnosed", "recurrent"])
def test_a_midline_glioma_in_poor_condition_is_offered_supportive_care_and_no_trial(
    phase: str,
) -> None:
    options = offered(*MIDLINE, "h3=k27m", "kps=50", f"phase={phase}")

    assert "supportive-care" in options
    assert "clinical-trial" not in options


@pytest.mark.parametrize("kps", ["60", "50"])
def test_a_hemispheric_glioma_in_good_condition_is_offered_radiotherapy_with_temozolomide(
    kps: str,
) -> None:
    options = offered(*HEMISPHERIC, "phase=newly-diagnosed", f"kps={kps}")

    assert ("radiotherapy-temozolomide" in options) == (kps == "60")
    if kps == "60":
        said = options["radiotherapy-temozolomide"].reasons[0].text
        assert options["radiotherapy-temozolomide"].strength is Strength.CONDITIONAL
        assert "No trial has been made" in said


def test_what_belongs_to_glioblastoma_is_not_offered_to_either() -> None:
    only_glioblastoma = {"ttfields", "lomustine", "bevacizumab", "re-irradiation", "temozolomide"}
    for entity in ((*MIDLINE, "h3=k27m"), HEMISPHERIC):
        for phase in ("newly-diagnosed", "recurrent"):
            rest = ("kps=80", "mgmt=methylated", "supratentorial=yes", f"phase={phase}")
            given = (*entity, *rest, "months-since-radiotherapy=14")

            assert not only_glioblastoma & set(offered(*given))
