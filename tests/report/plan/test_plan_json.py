from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from glioscope.core import InputError, OutputError, Passage, Plan, Sentence, Strength
from glioscope.report import plan_from_json, plan_schema, plan_to_json
from glioscope.report.plain import json_bytes

KEYS = [
    "schema_version",
    "statement",
    "case_id",
    "release",
    "facts",
    "diagnosis",
    "options",
    "tests",
    "refusals",
    "missing",
    "branches",
    "notes",
    "rules",
    "statements",
    "sources",
    "passages",
    "wording",
    "limits",
]


def validator() -> Draft202012Validator:
    return Draft202012Validator(plan_schema())


def test_the_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(plan_schema())


def test_every_plan_keeps_to_the_schema(plans: dict[str, Plan]) -> None:
    for plan in plans.values():
        validator().validate(json.loads(json_bytes(plan_to_json(plan))))


def test_the_keys_are_those_that_are_promised(plan: Plan) -> None:
    document = plan_to_json(plan)

    assert list(document) == KEYS
    assert {"treatment", "strength", "conditions", "cautions", "citations"} <= set(
        document["options"][0]
    )
    assert {"name", "why", "citations"} <= set(document["tests"][0])
    assert {"what", "why"} <= set(document["refusals"][0])
    assert {"fact", "why"} <= set(document["missing"][0])
    assert document["rules"][0]["id"] == "gbm-standard"
    assert [rule["fired"] for rule in document["rules"]] == [True, False]


def test_a_plan_comes_back_as_it_went(plans: dict[str, Plan]) -> None:
    for plan in plans.values():
        assert plan_from_json(json.loads(json_bytes(plan_to_json(plan)))) == plan


@given(
    texts=st.lists(st.text(st.characters(codec="utf-8")), max_size=4),
    strength=st.sampled_from(Strength),
    score=st.floats(-1, 1).map(lambda value: float(f"{value:.5e}") + 0.0),
)
def test_any_text_comes_back(texts: list[str], strength: Strength, score: float) -> None:
    sentences = tuple(Sentence(text=text, citations=(text,)) for text in texts)
    passage = Passage(text=str(strength), file="a", page=None, score=score)
    facts = {text: text for text in texts}
    plan = Plan(case_id="c", release="r", facts=facts, notes=sentences, passages=(passage,))

    assert plan_from_json(json.loads(json_bytes(plan_to_json(plan)))) == plan


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("options", 0, "strength"), "surely"),
        (("options", 0, "name"), 7),
        (("branches", 0, "probability"), "high"),
        (("branches", 0, "probability"), True),
        (("rules", 0, "version"), True),
        (("rules", 0, "fired"), "yes"),
        (("notes",), "secret of a patient"),
        (("facts",), []),
        (("sources", "trial-2005"), None),
        (("wording", "model"), None),
    ],
)
def test_a_field_of_the_wrong_kind_is_named_without_what_it_holds(
    plan: Plan, path: tuple[str | int, ...], value: object
) -> None:
    document = copy.deepcopy(plan_to_json(plan))
    inner: Any = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value

    with pytest.raises(InputError, match=r"^plan\.\S+ of plan\.json is not") as caught:
        plan_from_json(document)

    assert "secret" not in str(caught.value)
    with pytest.raises(ValidationError):
        validator().validate(document)


def test_a_missing_field_is_named(plan: Plan) -> None:
    document = plan_to_json(plan)
    del document["tests"][0]["why"]

    with pytest.raises(InputError, match=r"plan\.tests\[0\]\.why of plan\.json is not given"):
        plan_from_json(document)


@pytest.mark.parametrize("document", [{}, {"schema_version": "0.9"}, [], "text"])
def test_what_is_no_plan_is_refused(document: Any) -> None:
    with pytest.raises(InputError, match="glioscope plan"):
        plan_from_json(document)


def test_a_number_that_is_not_finite_is_refused() -> None:
    passage = Passage(text="a", file="b", page=1, score=float("nan"))
    plan = Plan(case_id="c", release="r", facts={}, passages=(passage,))

    with pytest.raises(OutputError, match="nan"):
        plan_to_json(plan)
