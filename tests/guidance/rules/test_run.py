"""Rules on one patient: remarks only on what is offered, branches only on what nobody tested."""

from __future__ import annotations

from collections.abc import Callable

from glioscope.guidance.facts import Facts, PredictedMarker
from glioscope.guidance.knowledge import load_vocabulary
from glioscope.guidance.rules import Rule, run_rules

MakeRule = Callable[..., Rule]


def fired(rules: list[Rule], facts: Facts) -> set[str]:
    return {v.rule.id for v in run_rules(rules, facts, load_vocabulary()).fired}


def test_a_remark_is_made_only_if_a_treatment_with_its_component_is_offered(
    make_rule: MakeRule,
) -> None:
    offer = make_rule(
        id="offer",
        when=["mgmt is methylated"],
        offer={"treatment": "temozolomide", "strength": "strong", "why": "A."},
    )
    caution = make_rule(id="caution", about=["temozolomide"], caution="B.")
    other = make_rule(id="other", about=["lomustine"], caution="C.")

    assert fired([offer, caution, other], Facts(told={"mgmt": "methylated"})) == {
        "offer",
        "caution",
    }
    assert fired([offer, caution, other], Facts(told={"mgmt": "unmethylated"})) == set()


def test_what_is_excluded_needs_no_tests_and_asks_nothing(make_rule: MakeRule) -> None:
    def offer(treatment: str) -> Rule:
        effect = {"treatment": treatment, "strength": "strong", "why": "A."}
        return make_rule(id=treatment, offer=effect)

    rules = [
        offer("ttfields"),
        make_rule(id="no", when=["pregnant is yes"], about=["temozolomide"], exclude="No."),
        make_rule(id="count", about=["temozolomide"], order={"test": "blood-count", "why": "A."}),
        make_rule(id="other", about=["lomustine"], order={"test": "lung-function", "why": "A."}),
    ]

    assert fired(rules, Facts()) == {"ttfields", "count"}
    assert fired(rules, Facts(told={"pregnant": "yes"})) == {"ttfields", "no"}
    both = [*rules, offer("lomustine")]
    assert fired(both, Facts(told={"pregnant": "yes"})) == {"ttfields", "no", "lomustine", "other"}


def test_a_branch_opens_for_what_is_predicted_or_can_not_be_excluded(make_rule: MakeRule) -> None:
    def branch(outcome: str) -> Rule:
        text = {
            "marker": "idh",
            "outcome": outcome,
            "text": "If tissue confirms.",
            "tests": ["mgmt"],
        }
        return make_rule(id=outcome, branch=text)

    rules = [branch("mutant"), branch("wildtype")]
    sure = PredictedMarker(outcome="wildtype", probability=0.97, possible=("wildtype",))
    unsure = PredictedMarker(outcome="wildtype", probability=0.6, possible=("wildtype", "mutant"))

    assert fired(rules, Facts(predicted={"idh": sure})) == {"wildtype"}
    assert fired(rules, Facts(predicted={"idh": unsure})) == {"wildtype", "mutant"}
    assert fired(rules, Facts(told={"idh": "mutant"}, predicted={"idh": sure})) == set()
    assert fired(rules, Facts()) == set()


def test_a_prediction_never_meets_a_condition(make_rule: MakeRule) -> None:
    rule = make_rule(id="rule", when=["idh is mutant"], note="A.")
    certain = PredictedMarker(outcome="mutant", probability=1.0, possible=("mutant",))

    assert fired([rule], Facts(predicted={"idh": certain})) == set()
