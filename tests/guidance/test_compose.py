"""Fired rules to a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from glioscope.core import Plan, Sentence, Strength
from glioscope.guidance.compose import Composer
from glioscope.guidance.facts import Facts, PredictedMarker
from glioscope.guidance.knowledge import Knowledge, load_vocabulary
from glioscope.guidance.rules import Rule, run_rules

MakeRule = Callable[..., Rule]


def plan(rules: Sequence[Rule], facts: Facts, knowledge: Knowledge) -> Plan:
    vocabulary = load_vocabulary()
    outcomes = run_rules(rules, facts, vocabulary)
    return Composer(facts=facts, outcomes=outcomes, vocabulary=vocabulary).plan(
        knowledge, case_id="A"
    )


def offer(make_rule: MakeRule, treatment: str, strength: str, **rule: object) -> Rule:
    effect = {"treatment": treatment, "strength": strength, "why": f"Why {strength}."}
    return make_rule(**{"id": f"{treatment}-{strength}", **rule, "offer": effect})


def test_options_are_ordered_by_strength_and_merged_by_treatment(
    make_rule: MakeRule, small_knowledge: Knowledge
) -> None:
    rules = [
        offer(make_rule, "clinical-trial", "consensus"),
        offer(make_rule, "lomustine", "conditional", statements=["book-two"]),
        offer(make_rule, "lomustine", "strong"),
    ]

    made = plan(rules, Facts(), small_knowledge)

    assert [o.treatment for o in made.options] == ["lomustine", "clinical-trial"]
    first = made.options[0]
    assert first.strength is Strength.STRONG
    assert first.reasons == (
        Sentence(text="Why conditional.", citations=("book-two",)),
        Sentence(text="Why strong.", citations=("book-one",)),
    )
    assert set(first.citations) == {"book-one", "book-two"} == set(made.statements)
    assert set(made.sources) == {"book"}


def test_an_excluded_treatment_becomes_a_refusal_with_its_reason(
    make_rule: MakeRule, small_knowledge: Knowledge
) -> None:
    rules = [
        offer(make_rule, "temozolomide", "strong"),
        make_rule(
            id="low", when=["platelets < 100"], about=["temozolomide"], exclude="Too few platelets."
        ),
    ]

    low = plan(rules, Facts(told={"platelets": 80.0}), small_knowledge)
    unknown = plan(rules, Facts(), small_knowledge)

    assert low.options == ()
    assert [(r.refused, r.why) for r in low.refusals] == [("temozolomide", "Too few platelets.")]
    assert [o.treatment for o in unknown.options] == ["temozolomide"]
    assert [m.fact for m in unknown.missing] == ["platelets"]
    assert unknown.missing[0].why == "It decides something."


def test_an_exception_that_nobody_ruled_out_is_a_condition_of_the_option(
    make_rule: MakeRule, small_knowledge: Knowledge
) -> None:
    rule = offer(make_rule, "lomustine", "strong", unless=["prior-nitrosourea is yes"])

    told = plan([rule], Facts(told={"prior-nitrosourea": "no"}), small_knowledge)
    untold = plan([rule], Facts(), small_knowledge)

    assert told.options[0].conditions == ()
    assert [c.text for c in untold.options[0].conditions] == [
        "To be settled first, as each of these would rule it out: prior nitrosourea is yes."
    ]


def test_a_fact_that_many_rules_ask_for_gives_three_reasons(
    make_rule: MakeRule, small_knowledge: Knowledge
) -> None:
    rules = [
        make_rule(id=f"r{n}", decides=f"point {n}", when=["idh is mutant"], note="A.")
        for n in range(5)
    ]

    asked = plan(rules, Facts(), small_knowledge).missing

    assert [m.why for m in asked] == ["It decides point 0, point 1, point 2 and more."]


def test_a_child_gets_a_refusal_and_nothing_else(
    make_rule: MakeRule, small_knowledge: Knowledge
) -> None:
    rules = [
        offer(make_rule, "biopsy", "strong"),
        make_rule(
            id="child", when=["age-years < 18"], refuse={"refusal": "child", "why": "Too young."}
        ),
    ]

    rules += [
        make_rule(id="order", order={"test": "mgmt", "why": "A."}),
        make_rule(id="note", note="A."),
        make_rule(id="waits", when=["idh is mutant"], note="B."),
    ]
    child = plan(rules, Facts(told={"age-years": 9.0}), small_knowledge)
    assert (child.options, child.tests, child.notes, child.missing) == ((), (), (), ())
    assert len(plan(rules, Facts(told={"age-years": 19.0}), small_knowledge).options) == 1


def test_rules_that_contradict_one_another_on_a_patient_refuse(
    make_rule: MakeRule, small_knowledge: Knowledge
) -> None:
    def entity(name: str, condition: str) -> Rule:
        return make_rule(
            id=name, decides=name, when=[condition], conclude={"fact": "entity", "value": name}
        )

    rules = [
        entity("glioblastoma", "idh is wildtype"),
        entity("oligodendroglioma", "1p19q is codeleted"),
        offer(make_rule, "biopsy", "strong"),
    ]

    made = plan(rules, Facts(told={"idh": "wildtype", "1p19q": "codeleted"}), small_knowledge)

    assert made.options == ()
    assert made.diagnosis == ()
    assert [r.refused for r in made.refusals] == ["contradictory-markers"]
    assert "glioblastoma" in made.refusals[0].why
    assert made.refusals[0].citations == ("book-one",)


def test_a_predicted_marker_is_refused_by_name_until_tissue_tells_it(
    make_rule: MakeRule, small_knowledge: Knowledge
) -> None:
    text = {"marker": "grade", "outcome": "3", "text": "If tissue confirms.", "tests": ["tissue"]}
    rules = [make_rule(id="branch", branch=text)]
    predicted = PredictedMarker(
        outcome="4", probability=0.7, possible=("4", "3"), others={"3": 0.2, "2": 0.1}
    )

    made = plan(rules, Facts(predicted={"grade": predicted}), small_knowledge)
    tested = plan(
        rules, Facts(told={"grade": "4"}, predicted={"grade": predicted}), small_knowledge
    )

    assert [r.refused for r in made.refusals] == ["predicted-marker"]
    assert [(b.outcome, b.probability) for b in made.branches] == [("3", 0.2)]
    assert tested.refusals == ()
    assert tested.branches == ()


def test_tests_come_in_the_order_in_which_they_are_made(
    make_rule: MakeRule, small_knowledge: Knowledge
) -> None:
    rules = [
        make_rule(id=name, order={"test": name, "why": f"For {name}."})
        for name in ("mgmt", "idh-sequencing", "tissue")
    ]

    made = plan(rules, Facts(), small_knowledge)

    assert [t.test for t in made.tests] == ["tissue", "idh-sequencing", "mgmt"]


def test_the_trace_names_every_rule_that_fired_or_waits(
    make_rule: MakeRule, small_knowledge: Knowledge
) -> None:
    rules = [
        make_rule(id="fires", when=["idh is mutant"], note="A."),
        make_rule(id="waits", when=["grade is 2"], note="B."),
        make_rule(id="can-not", when=["idh is wildtype"], note="C."),
    ]

    made = plan(rules, Facts(told={"idh": "mutant"}), small_knowledge)

    assert [(t.rule, t.fired, t.waits_for) for t in made.rules] == [
        ("fires", True, ()),
        ("waits", False, ("grade",)),
    ]
    assert [note.text for note in made.notes] == ["A."]
