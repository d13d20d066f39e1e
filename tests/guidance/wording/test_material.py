"""What leaves this machine, read from the socket that it came through."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.guidance.wording.chat_server import answer_of, says, serve
from tests.guidance.wording.records import (
    CHEMORADIATION,
    PASSAGE,
    PLAN,
    PREGNANCY,
    option,
    with_passages,
)

from glioscope.core import (
    Branch,
    MissingFact,
    OrderedTest,
    Plan,
    Refusal,
    RuleTrace,
    Sentence,
    Silent,
)
from glioscope.guidance.wording import word_plan
from glioscope.guidance.wording.material import material_of
from glioscope.guidance.wording.prompt import messages_for

SECRETS = (
    "Jane Doe",
    "DOE^JANE",
    "1961-03-12",
    "12.03.1961",
    "63.7",
    "1.2.840.113619.2.55.3.604688119",
    "MRN0012345",
    "jane-report",
    "pseudonym-77",
    "Springfield General",
    "jane@hospital.example",
    "81.35",
)


def identified_plan() -> Plan:
    """Return a plan with a patient in every text that is composed for one."""
    all_of_it = " ".join(SECRETS)
    said = Sentence(text=f"{all_of_it}.", citations=(PREGNANCY,))
    return Plan(
        case_id="pseudonym-77",
        release="2026.11",
        facts={
            "age-years": "63.7",
            "weight-kg": "81.35",
            "idh": "mutant",
            "mgmt": all_of_it,
            "note": all_of_it,
            all_of_it: "yes",
            "sex": "Jane Doe",
        },
        diagnosis=(said,),
        options=(
            replace(
                option("radiotherapy-temozolomide", all_of_it, CHEMORADIATION),
                reasons=(said,),
                conditions=(said,),
                cautions=(said,),
            ),
            option(all_of_it, all_of_it),
        ),
        tests=(
            OrderedTest(test="mgmt", name=all_of_it, why=all_of_it),
            OrderedTest(test=all_of_it, name=all_of_it, why=all_of_it),
        ),
        refusals=(
            Refusal(refused="child", what=all_of_it, why=all_of_it),
            Refusal(refused=all_of_it, what=all_of_it, why=all_of_it),
        ),
        missing=(
            MissingFact(fact="platelets", question=all_of_it, why=all_of_it),
            MissingFact(fact=all_of_it, question=all_of_it, why=all_of_it),
        ),
        branches=(
            Branch(marker="1p19q", outcome=all_of_it, probability=0.5, text=said, tests=("1p19q",)),
            Branch(marker=all_of_it, outcome=all_of_it, probability=0.5, text=said, tests=()),
        ),
        notes=(said,),
        rules=(RuleTrace(rule="r", version=1, fired=True, why=(all_of_it,)),),
        statements=PLAN.statements,
        passages=(
            replace(
                PASSAGE,
                text="Seen on 1961-03-12 (12.03.1961), Name: Jane Doe of Springfield General."
                " DOE^JANE, MRN0012345, 1.2.840.113619.2.55.3.604688119, jane@hospital.example,"
                " 63.7 years old: pseudonym-77. See jane-report.pdf. Gliomas are tumors.",
                file="jane-report.pdf",
            ),
        ),
        limits=(all_of_it,),
    )


def test_nothing_that_identifies_a_patient_is_sent() -> None:
    with serve(says(answer_of([]))) as server:
        word_plan(identified_plan(), server.config(key="secret"), progress=Silent())

    sent = server.raw[0].decode()
    assert "Gliomas are tumors" in sent
    assert "60 to 69" in sent
    assert [secret for secret in (*SECRETS, "Jane") if secret in sent] == []


def test_headers_say_nothing_of_this_machine() -> None:
    with serve(says(answer_of([]))) as server:
        word_plan(PLAN, server.config(key="secret-key"), progress=Silent())
        word_plan(PLAN, server.config(), progress=Silent())

    with_key, without = server.headers
    assert with_key["authorization"] == "Bearer secret-key"
    assert "authorization" not in without
    assert set(without) <= {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "content-type",
        "content-length",
        "user-agent",
    }


@pytest.mark.parametrize(
    ("age", "band"),
    [("62", "60 to 69"), ("62.5", "60 to 69"), ("9", "0 to 9"), ("97", "80 or older"), ("x", None)],
)
def test_an_age_is_sent_as_its_decade(age: str, band: str | None) -> None:
    sent = material_of(replace(PLAN, facts={"age-years": age})).plan["facts"]

    assert sent == ({} if band is None else {"age": band})


def test_passages_of_our_own_knowledge_are_not_sent_and_the_others_keep_their_number() -> None:
    own = replace(PASSAGE, statement=PREGNANCY)

    assert list(material_of(replace(PLAN, passages=(own, PASSAGE))).passages) == ["p2"]


def test_the_same_plan_makes_the_same_request_and_another_plan_another_boundary() -> None:
    first, again = messages_for(material_of(PLAN)), messages_for(material_of(PLAN))
    other = messages_for(material_of(with_passages("Gliomas are tumors.")))

    assert first == again
    assert first[1]["content"].splitlines()[0] != other[1]["content"].splitlines()[0]


def test_data_stand_between_two_boundaries_that_no_data_hold() -> None:
    content = messages_for(material_of(PLAN))[1]["content"]
    first, *data, last = content.splitlines()

    assert first == last
    assert first not in "\n".join(data)
    assert {"plan", "statements", "passages"} == set(json.loads("\n".join(data)))
