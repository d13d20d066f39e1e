"""A plan with every part, whose texts occur nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from glioscope.core import (
    Branch,
    DroppedSentence,
    MissingFact,
    OrderedTest,
    Passage,
    Plan,
    Refusal,
    RuleTrace,
    Sentence,
    Source,
    Statement,
    Strength,
    TreatmentOption,
    Wording,
)


def statement(name: str, source: str, text: str, strength: Strength) -> Statement:
    return Statement(
        statement_id=name,
        statement=text,
        condition="newly diagnosed",
        strength=strength,
        population="573 adults up to 70 years",
        source=source,
        section="Abstract",
        checked=("PubMed 15758009",),
        checked_on="2026-11-20",
    )


STATEMENTS = {
    "guideline-chemoradiation": statement(
        "guideline-chemoradiation",
        "guideline-2021",
        "Chemoradiation is standard up to 70 years.",
        Strength.STRONG,
    ),
    "trial-doses": statement(
        "trial-doses", "trial-2005", "60 Gy were given in 30 fractions.", Strength.EVIDENCE
    ),
    "guideline-mgmt": statement(
        "guideline-mgmt", "guideline-2021", "MGMT decides in the elderly.", Strength.CONDITIONAL
    ),
    "label-blood": statement(
        "label-blood", "label-2016", "Counts are checked weekly.", Strength.EVIDENCE
    ),
}

SOURCES = {
    "trial-2005": Source(
        source_id="trial-2005",
        authors="Stupp R, Mason WP, et al.",
        title="Radiotherapy plus concomitant and adjuvant temozolomide for glioblastoma",
        journal="N Engl J Med",
        year=2005,
        doi="10.1056/NEJMoa043330",
        pmid="15758009",
    ),
    "guideline-2021": Source(
        source_id="guideline-2021",
        authors="Weller M, van den Bent M, et al.",
        title="EANO guidelines on the diagnosis and treatment of diffuse gliomas of adulthood",
        journal="Nat Rev Clin Oncol",
        year=2021,
        doi="10.1038/s41571-020-00447-z",
        pmid="33293629",
    ),
    "label-2016": Source(
        source_id="label-2016",
        authors="U.S. Food and Drug Administration",
        title="Label of a capsule",
        journal="FDA",
        year=2016,
    ),
}

OPTIONS = (
    TreatmentOption(
        treatment="radiotherapy-temozolomide",
        name="Radiotherapy with concurrent and maintenance temozolomide",
        strength=Strength.STRONG,
        reasons=(
            Sentence(text="The patient is 62 and well.", citations=("guideline-chemoradiation",)),
        ),
        conditions=(
            Sentence(
                text="Platelets must reach 100 before it begins.",
                citations=("label-blood", "trial-doses"),
            ),
        ),
        cautions=(Sentence(text="Watch the counts weekly.", citations=("label-blood",)),),
        citations=("guideline-chemoradiation", "trial-doses"),
    ),
    TreatmentOption(
        treatment="clinical-trial",
        name="Clinical trial",
        strength=Strength.CONSENSUS,
        reasons=(Sentence(text="A trial may be open.", citations=("guideline-chemoradiation",)),),
        citations=("guideline-chemoradiation",),
    ),
)


@pytest.fixture(scope="session")
def plan() -> Plan:
    return Plan(
        case_id="case-007",
        release="2026.11+abc",
        facts={"age-years": "62", "entity": "glioblastoma", "idh": "wildtype", "who-grade": "4"},
        diagnosis=(
            Sentence(
                text="It is a glioblastoma, grade 4.", citations=("guideline-chemoradiation",)
            ),
        ),
        options=OPTIONS,
        tests=(
            OrderedTest(
                test="mgmt",
                name="MGMT promoter methylation",
                why="It decides between two options.",
                citations=("guideline-mgmt",),
            ),
            OrderedTest(test="blood-count", name="Complete blood count", why="Counts are needed."),
        ),
        refusals=(
            Refusal(
                refused="predicted-marker", what="A recommendation on a guess", why="Untested."
            ),
            Refusal(
                refused="lomustine",
                what="Lomustine",
                why="Platelets are too low.",
                citations=("label-blood",),
            ),
        ),
        missing=(
            MissingFact(
                fact="platelets",
                question="What is the platelet count, in 10^9/L?",
                why="It decides whether temozolomide may begin.",
            ),
        ),
        branches=(
            Branch(
                marker="mgmt",
                outcome="methylated",
                probability=0.78,
                text=Sentence(
                    text="If tissue confirms methylation, more benefit is known.",
                    citations=("guideline-mgmt",),
                ),
                tests=("mgmt",),
            ),
        ),
        notes=(Sentence(text="New enhancement within 12 weeks may be pseudoprogression."),),
        rules=(
            RuleTrace(
                rule="gbm-standard",
                version=2,
                fired=True,
                why=("age-years <= 70: 62",),
                statements=("guideline-chemoradiation", "trial-doses"),
            ),
            RuleTrace(
                rule="gbm-elderly",
                version=1,
                fired=False,
                why=("age-years > 70: 62",),
                waits_for=("kps",),
            ),
        ),
        statements=STATEMENTS,
        sources=SOURCES,
        passages=(
            Passage(
                text="Patients were seen weekly.\nDoses were kept.",
                file="local-guideline.pdf",
                page=12,
                score=0.7134,
            ),
            Passage(
                text="MGMT decides in the elderly.",
                file="knowledge",
                page=None,
                score=0.6,
                statement="guideline-mgmt",
            ),
        ),
        wording=Wording(
            model="tiny-model",
            sentences=(
                Sentence(
                    text="Chemoradiation is standard.", citations=("guideline-chemoradiation",)
                ),
                Sentence(text="The local page asks for weekly visits.", citations=("p1",)),
            ),
            dropped=(DroppedSentence(text="Take 42 tablets.", why="cites nothing"),),
        ),
        limits=("Documents were searched by words only.",),
    )


@pytest.fixture(scope="session")
def empty_plan() -> Plan:
    return Plan(case_id="case-000", release="2026.11+abc", facts={})


@pytest.fixture(scope="session")
def plans(plan: Plan, empty_plan: Plan) -> dict[str, Plan]:
    failed = Wording(model="tiny-model", failure="the server did not answer")
    return {
        "whole": plan,
        "empty": empty_plan,
        "no options": replace(plan, options=(), diagnosis=(), branches=()),
        "failed words": replace(plan, wording=failed),
        "no extras": replace(plan, wording=None, passages=(), limits=(), rules=()),
    }
