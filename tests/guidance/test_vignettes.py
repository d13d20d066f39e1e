"""Patients written from the sources, beside the plans that the rules make for them."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.guidance.vignettes import vignettes

from glioscope.core import Strength
from glioscope.guidance import Facts, load_knowledge, load_rules, load_vocabulary, make_plan
from glioscope.guidance.harm import harms
from glioscope.guidance.harm.silence import cited
from glioscope.guidance.rules import Conclude, Offer, Order, Refuse, Remark

MOST_DISAGREEMENTS = 0.02
PREDICTED_ONLY = [v for v in vignettes() if v.facts.only_predicted]
"""Patients of whom a marker is predicted that nobody tested."""


def test_there_are_at_least_three_hundred_each_with_its_own_id() -> None:
    counted = Counter(vignette.id for vignette in vignettes())

    assert len(counted) >= 300
    assert not [ident for ident, times in counted.items() if times > 1]


def test_no_two_of_them_are_one_patient() -> None:
    same: dict[str, list[str]] = {}
    for vignette in vignettes():
        facts = (
            sorted(vignette.facts.told.items()),
            sorted(vignette.facts.predicted.items(), key=str),
        )
        same.setdefault(repr(facts), []).append(vignette.id)

    assert not [idents for idents in same.values() if len(idents) > 1]


def test_expectations_use_the_names_of_the_vocabulary() -> None:
    words = load_vocabulary()
    for vignette in vignettes():
        assert vignette.options <= set(words.treatments), vignette.id
        assert vignette.tests <= set(words.tests), vignette.id
        assert vignette.refusals <= {*words.refusals, *words.treatments}, vignette.id
        assert vignette.asks <= set(words.facts), vignette.id
        assert vignette.never <= set(words.treatments) - vignette.options, vignette.id


def test_each_names_records_that_exist() -> None:
    knowledge = load_knowledge()
    known = {*knowledge.sources, *knowledge.statements}
    lost = {(v.id, name) for v in vignettes() for name in v.source if name not in known}

    assert not lost
    assert all(vignette.source for vignette in vignettes())


def test_plans_are_as_the_sources_want_them() -> None:
    wrong = [text for vignette in vignettes() for text in vignette.disagreements()]
    share = len({text.split(":")[0] for text in wrong}) / len(vignettes())

    assert share <= MOST_DISAGREEMENTS, "\n".join([f"{share:.1%} disagree", *wrong])


@pytest.mark.parametrize(
    ("ident", "treatment", "strength"),
    [
        ("gbm-new-fit-unmethylated", "radiotherapy-temozolomide", "strong"),
        ("gbm-new-fit-unmethylated", "ttfields", "conditional"),
        ("gbm-new-fit-unmethylated", "clinical-trial", "consensus"),
        ("gbm-new-65-methylated", "hypofractionated-radiotherapy-temozolomide", "conditional"),
        ("gbm-new-kps-30", "supportive-care", "consensus"),
        ("oligo-3", "radiotherapy-pcv", "strong"),
        ("oligo-3", "radiotherapy-adjuvant-temozolomide", "conditional"),
        ("astro-3", "radiotherapy-adjuvant-temozolomide", "strong"),
        ("astro-4", "radiotherapy-temozolomide", "conditional"),
        ("astro-2-wait", "vorasidenib", "conditional"),
        ("rec-unmethylated", "lomustine", "conditional"),
        ("dmg-thalamus", "radiotherapy", "conditional"),
        ("no-tissue-resectable", "maximal-safe-resection", "strong"),
        ("support-seizures", "antiseizure-medicine", "strong"),
        ("support-edema", "dexamethasone", "consensus"),
    ],
)
def test_an_option_is_as_strong_as_its_guideline(ident: str, treatment: str, strength: str) -> None:
    (vignette,) = (v for v in vignettes() if v.id == ident)
    strengths = {option.treatment: option.strength for option in vignette.plan.options}

    assert strengths[treatment] == Strength(strength)


def test_no_plan_does_harm() -> None:
    done = {v.id: found for v in vignettes() if (found := harms(v.facts, v.plan))}

    assert not done


def test_nothing_is_offered_that_the_vignette_calls_harmful() -> None:
    offered = {
        v.id: found
        for v in vignettes()
        if (found := v.never & {option.treatment for option in v.plan.options})
    }

    assert not offered


def test_what_is_missing_is_asked_for() -> None:
    unasked = {
        v.id: found
        for v in vignettes()
        if (found := v.asks - {missing.fact for missing in v.plan.missing})
    }

    assert not unasked


def test_every_citation_resolves_in_its_plan() -> None:
    for vignette in vignettes():
        plan = vignette.plan
        assert cited(plan) <= set(plan.statements), vignette.id
        assert {s.source for s in plan.statements.values()} <= set(plan.sources), vignette.id


def test_every_predicted_only_marker_is_refused() -> None:
    assert len(PREDICTED_ONLY) >= 40
    for vignette in PREDICTED_ONLY:
        assert "predicted-marker" in {r.refused for r in vignette.plan.refusals}, vignette.id


def test_a_prediction_changes_no_option_and_no_test() -> None:
    for vignette in PREDICTED_ONLY:
        without = make_plan(Facts(told=vignette.facts.told), case_id=vignette.id)

        assert vignette.plan.options == without.options, vignette.id
        assert vignette.plan.tests == without.tests, vignette.id


def test_every_treatment_test_and_refusal_is_met_at_least_once() -> None:
    words = load_vocabulary()
    met = {name for v in vignettes() for name in (*v.options, *v.tests, *v.refusals)}

    assert {*words.treatments, *words.tests, *words.refusals} <= met


def test_every_rule_that_decides_fires_for_somebody() -> None:
    fired = {trace.rule for v in vignettes() for trace in v.plan.rules if trace.fired}
    deciding = {
        rule.id
        for rule in load_rules()
        if isinstance(rule.effect, Conclude | Offer | Order | Refuse)
        or (isinstance(rule.effect, Remark) and rule.effect.kind == "exclude")
    }

    assert not deciding - fired
