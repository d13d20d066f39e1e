"""A plan with records of its own, small enough to be known by heart."""

from __future__ import annotations

from dataclasses import replace

from glioscope.core import (
    Branch,
    MissingFact,
    OrderedTest,
    Passage,
    Plan,
    Refusal,
    Sentence,
    Statement,
    Strength,
    TreatmentOption,
)
from glioscope.guidance.wording import Checked, Claim, check_claims, evidence_of, scope_of

VORASIDENIB = "indigo-pfs"
CHEMORADIATION = "stupp-os"
DOSE = "stupp-dose"
PREGNANCY = "temozolomide-pregnancy"
DEFINITION = "oligodendroglioma-definition"
ELDERLY = "elderly-options"
AGAINST = "bevacizumab-first"
EARLY_MRI = "early-mri"


def statement(
    ident: str, text: str, *, condition: str = "adults", population: str = "adults"
) -> Statement:
    return Statement(
        statement_id=ident,
        statement=text,
        condition=condition,
        strength=Strength.STRONG,
        population=population,
        source="source",
        section="Abstract",
        checked=("elsewhere",),
        checked_on="2026-11-22",
    )


STATEMENTS = {
    one.statement_id: one
    for one in (
        statement(
            VORASIDENIB,
            "Vorasidenib against placebo lengthened progression-free survival from 11.1 to 27.7"
            " months (hazard ratio 0.39, 95% confidence interval 0.27 to 0.56) in 331 patients.",
            condition="IDH-mutant glioma of grade 2 after surgery only",
        ),
        statement(
            CHEMORADIATION,
            "Radiotherapy with temozolomide lengthened median survival to 14.6 months, against 12.1"
            " months with radiotherapy alone.",
            condition="newly diagnosed glioblastoma",
        ),
        statement(
            DOSE,
            "With radiotherapy, temozolomide is given at 75 mg/m2 daily for at most 49 days.",
            condition="newly diagnosed glioblastoma",
        ),
        statement(PREGNANCY, "Temozolomide is not recommended during pregnancy."),
        statement(
            DEFINITION,
            "Oligodendroglioma needs both an IDH mutation and 1p/19q codeletion.",
        ),
        statement(
            ELDERLY,
            "Patients older than 70 years may be offered hypofractionated radiotherapy or"
            " temozolomide.",
        ),
        statement(EARLY_MRI, "MRI within 72 hours after surgery shows residual tumor."),
        statement(
            AGAINST,
            "Bevacizumab is not recommended as first treatment. It shortened steroid use.",
        ),
    )
}

PASSAGE = Passage(
    text="The IDH mutation is described in patients with diagnosed glioma. MGMT is found in"
    " the laboratory of the hospital. Temozolomide is an alkylating agent.",
    file="handbook.pdf",
    page=12,
    score=0.8,
)


def option(treatment: str, name: str, *citations: str) -> TreatmentOption:
    return TreatmentOption(
        treatment=treatment,
        name=name,
        strength=Strength.STRONG,
        reasons=(Sentence(text="It fits."),),
        citations=citations,
    )


PLAN = Plan(
    case_id="case-0042",
    release="2026.11",
    facts={"idh": "mutant", "age-years": "62"},
    options=(
        option("radiotherapy-temozolomide", "Radiotherapy with temozolomide", CHEMORADIATION),
        option("vorasidenib", "Vorasidenib", VORASIDENIB),
        option("maximal-safe-resection", "Maximal safe resection"),
    ),
    tests=(OrderedTest(test="mgmt", name="MGMT promoter methylation", why="It decides."),),
    refusals=(
        Refusal(
            refused="bevacizumab",
            what="Bevacizumab",
            why="Not a first treatment.",
            citations=(AGAINST,),
        ),
    ),
    missing=(MissingFact(fact="platelets", question="How many?", why="It decides."),),
    branches=(
        Branch(
            marker="1p19q",
            outcome="codeleted",
            probability=0.8,
            text=Sentence(text="If tissue confirms it."),
            tests=("1p19q",),
        ),
    ),
    statements=STATEMENTS,
    passages=(PASSAGE,),
)


def with_passages(*texts: str) -> Plan:
    return replace(PLAN, passages=tuple(replace(PASSAGE, text=text) for text in texts))


def checked(text: str, *citations: str, plan: Plan = PLAN) -> Checked:
    passages = {f"p{number}": one for number, one in enumerate(plan.passages, start=1)}
    evidence = evidence_of(plan.statements, passages)
    return check_claims([Claim(text=text, citations=citations)], evidence, scope_of(plan))


def why_dropped(text: str, *citations: str, plan: Plan = PLAN) -> str:
    """Return the reason; fail if the sentence was kept."""
    result = checked(text, *citations, plan=plan)
    assert result.kept == ()
    return result.dropped[0].why


def is_kept(text: str, *citations: str, plan: Plan = PLAN) -> bool:
    result = checked(text, *citations, plan=plan)
    return bool(result.kept) and not result.dropped
