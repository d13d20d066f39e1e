from __future__ import annotations

import tomllib
from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.guidance.wording.records import (
    AGAINST,
    CHEMORADIATION,
    DEFINITION,
    DOSE,
    EARLY_MRI,
    ELDERLY,
    PLAN,
    PREGNANCY,
    STATEMENTS,
    VORASIDENIB,
    checked,
    is_kept,
    statement,
    why_dropped,
    with_passages,
)

from glioscope.core import Plan, Refusal
from glioscope.guidance.knowledge import load_knowledge, load_vocabulary
from glioscope.guidance.wording import Claim, Scope, check_claims, evidence_of
from glioscope.guidance.wording.check.terms import term_list

SURGERY = Refusal(refused="maximal-safe-resection", what="Surgery", why="Too deep.")
EVERYTHING = Scope(
    offered=frozenset(term for term, _ in term_list().names.values()), refused=frozenset()
)


@pytest.mark.parametrize(
    ("text", "citation"),
    [
        (
            "In IDH-mutant glioma of grade 2 after surgery only, vorasidenib against placebo \
lengthened progression-free survival from 11.1 to 27.7 months.",
            VORASIDENIB,
        ),
        ("Vorasidenib against placebo lengthened progression-free survival.", VORASIDENIB),
        (
            "In the trial, radiotherapy with TMZ lengthened median survival to 14.6 months, \
against 12.1 months with radiation alone.",
            CHEMORADIATION,
        ),
        (
            "With radiotherapy, Temodar is given at 75 mg/m² daily, for at most 49 days.",
            DOSE,
        ),
        ("TMZ is not recommended for patients during pregnancy.", PREGNANCY),
        (
            "An oligodendroglioma needs both the IDH mutation and the 1p/19q codeletion.",
            DEFINITION,
        ),
        ("Bevacizumab is not recommended as first treatment", AGAINST),
        ("An IDH mutation is found in patients with diagnosed glioma.", "[p1]"),
    ],
)
def test_a_sentence_that_rewords_its_record_is_kept(text: str, citation: str) -> None:
    result = checked(text, citation)

    assert [one.why for one in result.dropped] == []
    assert result.kept[0].citations == (citation.strip("[]"),)


@pytest.mark.parametrize(
    ("text", "cited"), [("Temozolomide is not recommended during pregnancy.", ())]
)
def test_what_cites_nothing_is_dropped(text: str, cited: tuple[str, ...]) -> None:
    assert why_dropped(text, *cited) == "cites nothing"


def test_what_cites_a_record_that_was_not_sent_is_dropped() -> None:
    reason = why_dropped("Temozolomide is an alkylating agent.", "p1", "stupp-1999")

    assert reason == "cites stupp-1999, which was not among the records"


@pytest.mark.parametrize(
    "text",
    [
        "Vorasidenib against placebo lengthened progression-free survival to 28.7 months.",
        "Vorasidenib against placebo lengthened progression-free survival to 28 months.",
        "Vorasidenib against placebo lengthened progression-free survival to 277 months.",
        "Vorasidenib against placebo lengthened progression-free survival to twenty-eight months.",
        "Vorasidenib against placebo lengthened progression-free survival to XXVIII months.",
        "Vorasidenib against placebo lengthened progression-free survival in grade III glioma.",
        "Vorasidenib against placebo doubled progression-free survival.",
        "Vorasidenib against placebo lengthened survival twice in 331 patients.",
        "Vorasidenib against placebo lengthened survival in 3,310 patients.",
        "Vorasidenib against placebo lengthened survival in ３３２ patients.",
        "Vorasidenib against placebo lengthened survival in ٣٣٢ patients.",
        "Vorasidenib against placebo lengthened progression-free survival by half.",
        "Vorasidenib against placebo lengthened survival, hazard ratio .40.",
        "Vorasidenib against placebo lengthened survival in 331 patients at 40mg.",
    ],
)
def test_a_number_that_the_record_does_not_hold_is_dropped(text: str) -> None:
    assert why_dropped(text, VORASIDENIB)


@pytest.mark.parametrize(
    "text",
    [
        "Vorasidenib against placebo lengthened survival from 27.7 to 11.1 months.",
        "Vorasidenib against placebo lengthened progression-free survival from 11.1 to 331 months.",
        "Vorasidenib against placebo lengthened progression-free survival to 27.7 patients.",
        "Vorasidenib against placebo lengthened progression-free survival by 0.39 months.",
        "Vorasidenib against placebo lengthened progression-free survival in 95% of 331 patients.",
        "Vorasidenib against placebo lengthened progression-free survival to 11.1 months.",
        "Vorasidenib against placebo lengthened survival in glioma of grade 331.",
    ],
)
def test_a_number_at_another_place_than_in_the_record_is_dropped(text: str) -> None:
    assert "number" in why_dropped(text, VORASIDENIB)


@pytest.mark.parametrize(
    ("text", "citation"),
    [
        ("With radiotherapy, temozolomide is given at 75 mg daily for at most 49 days.", DOSE),
        ("With radiotherapy, temozolomide is given at 75 g/m2 daily for at most 49 days.", DOSE),
        ("With radiotherapy, temozolomide is given at 49 mg/m2 daily for at most 75 days.", DOSE),
        ("With radiotherapy, temozolomide is given at 75 mg/m2 daily for at most 49 weeks.", DOSE),
        ("With radiotherapy, temozolomide is given at 75 mg/m2 daily for 49 days.", DOSE),
        ("With radiotherapy, temozolomide is given at 75 mg/m2 twice daily for 49 days.", DOSE),
        ("With radiotherapy, temozolomide is given at 750 mg/m2 daily for at most 49 days.", DOSE),
        ("With radiotherapy, temozolomide is given at 7.5 mg/m2 daily for at most 49 days.", DOSE),
        ("With radiotherapy, temozolomide is given at 75,000 mg/m2 daily.", DOSE),
        ("With radiotherapy, temozolomide is given at 75 mg/m2 hourly for at most 49 days.", DOSE),
    ],
)
def test_a_dose_that_is_changed_is_dropped(text: str, citation: str) -> None:
    assert why_dropped(text, citation)


@pytest.mark.parametrize(
    ("text", "citation", "name"),
    [
        (
            "Ivosidenib against placebo lengthened progression-free survival.",
            VORASIDENIB,
            "ivosidenib",
        ),
        (
            "Tibsovo against placebo lengthened progression-free survival.",
            VORASIDENIB,
            "ivosidenib",
        ),
        ("CCNU is not recommended during pregnancy.", PREGNANCY, "lomustine"),
        ("Oligodendroglioma needs both an IDH mutation and MGMT methylation.", DEFINITION, "mgmt"),
        (
            "Astrocytoma needs both an IDH mutation and 1p/19q codeletion.",
            DEFINITION,
            "astrocytoma",
        ),
    ],
)
def test_a_name_that_the_record_does_not_hold_is_dropped(
    text: str, citation: str, name: str
) -> None:
    assert why_dropped(text, citation) == f"names {name}, which its citation does not"


@pytest.mark.parametrize(
    "text",
    [
        "Placebo against vorasidenib lengthened progression-free survival.",
        "Vorasidenib against placebo did not lengthen progression-free survival.",
        "Vorasidenib lengthened progression-free survival.",
        "Placebo lengthened progression-free survival from 11.1 to 27.7 months.",
        "Vorasidenib with placebo lengthened progression-free survival.",
    ],
)
def test_a_comparison_turned_round_is_dropped(text: str) -> None:
    assert "turns its citation round" in why_dropped(text, VORASIDENIB)


@pytest.mark.parametrize(
    ("text", "citation"),
    [
        ("Temozolomide is recommended during pregnancy.", PREGNANCY),
        ("Temozolomide is not not recommended during pregnancy.", PREGNANCY),
        ("Oligodendroglioma needs either an IDH mutation or 1p/19q codeletion.", DEFINITION),
        ("Oligodendroglioma needs both no IDH mutation and 1p/19q codeletion.", DEFINITION),
        ("Oligodendroglioma needs an IDH mutation.", DEFINITION),
        ("Oligodendroglioma needs both an IDH codeletion and 1p/19q mutation.", DEFINITION),
        ("Patients older than 70 years are offered radiotherapy or temozolomide.", ELDERLY),
        (
            "Patients older than 70 years may be offered hypofractionated radiotherapy and \
temozolomide.",
            ELDERLY,
        ),
        ("Patients older than 70 years may be offered temozolomide.", ELDERLY),
        (
            "Radiotherapy with temozolomide lengthened median survival to 14.6 months, against \
12.1 months with temozolomide alone.",
            CHEMORADIATION,
        ),
    ],
)
def test_a_condition_negation_or_doubt_that_is_lost_drops_the_sentence(
    text: str, citation: str
) -> None:
    assert why_dropped(text, citation)


@pytest.mark.parametrize(
    ("text", "citation", "reason"),
    [
        ("Give temozolomide during pregnancy.", PREGNANCY, "commands"),
        ("You should take vorasidenib against placebo.", VORASIDENIB, "speaks to somebody"),
        ("Is temozolomide not recommended during pregnancy?", PREGNANCY, "asks"),
        ("See https://evil.example/a for temozolomide.", PREGNANCY, "holds a link or an address"),
        ("[Temozolomide](evil) is not recommended during pregnancy.", PREGNANCY, "holds markup"),
        ("<b>Temozolomide</b> is not recommended during pregnancy.", PREGNANCY, "holds markup"),
        ("**Temozolomide** is not recommended during pregnancy.", PREGNANCY, "holds markup"),
        ("Temozolomide is not rec\u200bommended in pregnancy.", PREGNANCY, "can't be seen"),
        ("Temozolomide \u202eis not recommended in pregnancy.", PREGNANCY, "can't be seen"),
        ("T\u0435mozolomide is not recommended during pregnancy.", PREGNANCY, "letters or signs"),
        ("替莫唑胺不推荐在妊娠期使用。", PREGNANCY, "letters or signs"),
        ("Temozolomide is not recommended " + "during pregnancy " * 40, PREGNANCY, "is longer"),
        ("It is not recommended during pregnancy.", PREGNANCY, "begins with a word"),
        ("The patient is not recommended temozolomide.", PREGNANCY, "speaks of this patient"),
        ("This tumor is an oligodendroglioma.", DEFINITION, "begins with a word"),
        ("With IDH mutation the tumor is oligodendroglioma.", DEFINITION, "this patient"),
        ("Pregnancy.", PREGNANCY, "is no sentence"),
        ("", PREGNANCY, "is no sentence"),
    ],
)
def test_a_sentence_of_another_form_is_dropped(text: str, citation: str, reason: str) -> None:
    assert reason in why_dropped(text, citation)


def test_a_sentence_in_the_first_person_is_dropped() -> None:
    assert why_dropped("I say temozolomide is not recommended during pregnancy.", PREGNANCY)


TRICKY = {
    one.statement_id: one
    for one in (
        statement("a", "Dexamethasone is tapered to the lowest dose that controls symptoms."),
        statement("b", "Lomustine causes delayed myelosuppression, so blood counts are checked."),
        statement("c", "PCV lengthened survival in oligodendroglioma but not in astrocytoma."),
        statement("d", "Bevacizumab is withheld for 28 days before and after surgery."),
        statement(
            "e",
            "Temozolomide is offered with MGMT methylation; without it, radiotherapy is offered.",
        ),
        statement("f", "Proton therapy may be considered for patients younger than 40 years."),
    )
}


@pytest.mark.parametrize(
    ("citation", "text", "kept"),
    [
        ("a", "Dexamethasone is tapered to the lowest dose that controls symptoms.", True),
        ("a", "Dexamethasone is tapered to the dose that controls symptoms.", False),
        ("a", "Dexamethasone controls symptoms.", False),
        ("a", "Dexamethasone is the lowest dose that controls symptoms.", False),
        ("b", "Lomustine causes delayed myelosuppression, and blood counts are checked.", True),
        ("b", "Lomustine causes blood counts.", False),
        ("b", "Lomustine is checked.", False),
        ("c", "PCV lengthened survival in oligodendroglioma and not in astrocytoma.", True),
        ("c", "PCV lengthened survival in astrocytoma but not in oligodendroglioma.", False),
        ("c", "PCV lengthened survival in oligodendroglioma but in astrocytoma.", False),
        ("d", "Bevacizumab is withheld for 28 days after surgery.", False),
        ("d", "Bevacizumab is withheld for 28 days before surgery and after.", False),
        ("d", "Bevacizumab is for 28 days before and after surgery.", False),
        ("e", "Temozolomide is offered with MGMT methylation.", False),
        ("e", "Temozolomide is offered without MGMT methylation; with it, radiotherapy.", False),
        ("f", "Proton therapy is considered for patients younger than 40 years.", False),
        ("f", "Proton therapy may be considered for patients of 40 years.", False),
    ],
)
def test_a_record_shortened_to_another_meaning_is_dropped(
    citation: str, text: str, *, kept: bool
) -> None:
    claims = [Claim(text=text, citations=(citation,))]

    result = check_claims(claims, evidence_of(TRICKY, {}), EVERYTHING)

    assert bool(result.kept) is kept


def test_a_treatment_that_the_plan_refuses_is_named_only_with_its_not() -> None:
    shortened = "Bevacizumab shortened steroid use as first treatment."

    assert is_kept("Bevacizumab is not recommended as first treatment.", AGAINST)
    assert why_dropped(shortened, AGAINST) == "names bevacizumab, which this plan refuses"


def test_a_treatment_that_is_no_option_is_dropped_also_where_its_record_names_it() -> None:
    without = Plan(
        case_id="c", release="1", facts={}, statements=STATEMENTS, options=PLAN.options[:1]
    )

    reason = why_dropped(
        "Vorasidenib against placebo lengthened survival.", VORASIDENIB, plan=without
    )
    assert reason == "names vorasidenib, which is no option of this plan"


def test_surgery_is_named_as_history_unless_the_plan_refuses_it() -> None:
    history = "An MRI within 72 hours after surgery shows residual tumor."
    without = replace(PLAN, options=PLAN.options[:2])
    refused = replace(without, refusals=(SURGERY,))

    assert is_kept(history, EARLY_MRI, plan=without)
    assert "names surgery" in why_dropped(history, EARLY_MRI, plan=refused)


def test_two_records_may_be_joined_in_the_order_of_their_citations() -> None:
    joined = (
        "Temozolomide is not recommended during pregnancy, and bevacizumab is not recommended as"
        " first treatment."
    )
    plan = Plan(
        case_id="c",
        release="1",
        facts={},
        statements=STATEMENTS,
        options=PLAN.options,
    )

    assert "is no option" in why_dropped(joined, PREGNANCY, AGAINST, plan=plan)
    definition = "Oligodendroglioma needs both an IDH mutation and 1p/19q codeletion"
    assert is_kept(
        f"{definition}, temozolomide is not recommended during pregnancy.", DEFINITION, PREGNANCY
    )
    assert not is_kept(
        f"{definition}, temozolomide is not recommended during pregnancy.", PREGNANCY, DEFINITION
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Temozolomide is an alkylating agent.", "speaks of a treatment"),
        ("Temozolomide is given at 1000 mg.", "speaks of a treatment"),
        ("Survival is 27.7 months.", "gives a number"),
        ("Adults with a mutation should have surgery.", "speaks of a treatment"),
        ("Adults with a mutation should have progression.", "advises or judges"),
        ("Progression is not in patients.", "advises or judges"),
        ("Patients with glioblastoma died.", "advises or judges"),
        ("Glioblastoma has the MGMT methylation.", "joins a marker and a tumor"),
        ("Chlorine dioxide dissolves gliomas.", 'the word "chlorine" stands in no reviewed record'),
    ],
)
def test_a_document_alone_carries_no_treatment_number_or_advice(text: str, reason: str) -> None:
    assert reason in why_dropped(text, "p1", plan=with_passages(text))


def test_a_passage_beside_a_record_adds_nothing_to_what_may_be_said() -> None:
    plan = with_passages("Temozolomide at 1000 mg is recommended during pregnancy.")

    assert is_kept("Temozolomide is not recommended during pregnancy.", PREGNANCY, "p1", plan=plan)
    assert not is_kept("Temozolomide is recommended during pregnancy.", PREGNANCY, "p1", plan=plan)
    assert not is_kept("Temozolomide is not recommended at 1000 mg.", PREGNANCY, "p1", plan=plan)


def test_the_same_sentence_twice_is_kept_once() -> None:
    text = "Temozolomide is not recommended during pregnancy."
    claims = [Claim(text=text, citations=(PREGNANCY,))] * 2

    result = check_claims(claims, evidence_of(STATEMENTS, {}), EVERYTHING)

    assert [one.text for one in result.kept] == [text]
    assert [one.why for one in result.dropped] == ["was said before"]


def test_each_sentence_of_a_claim_is_judged_by_itself() -> None:
    result = checked(
        "Temozolomide is not recommended during pregnancy. Give 1000 mg of it.", PREGNANCY
    )

    assert len(result.kept) == len(result.dropped) == 1


def test_every_component_of_the_vocabulary_is_a_name_that_the_check_knows() -> None:
    treatments = {term for term, kind in term_list().names.values() if kind == "treatment"}

    assert load_vocabulary().components <= treatments


def test_every_shipped_statement_may_be_repeated_word_for_word() -> None:
    statements = load_knowledge().statements
    claims = [Claim(text=one.statement, citations=(ident,)) for ident, one in statements.items()]

    result = check_claims(claims, evidence_of(statements, {}), EVERYTHING)

    allowed = {"begins with a word for something said before", "was said before"}
    assert {one.why for one in result.dropped} <= allowed


WORDS = STATEMENTS[VORASIDENIB].statement.split(" from ")[0].split()
NAMES = tuple(
    written
    for entries in tomllib.loads(
        files("glioscope.guidance.wording").joinpath("data/terms.toml").read_text(encoding="utf-8")
    ).values()
    for synonyms in entries.values()
    for written in synonyms
)


def test_the_words_that_the_next_tests_add_to_are_kept_as_they_are() -> None:
    assert is_kept(" ".join(WORDS), VORASIDENIB)


@given(number=st.integers(0, 99_999), place=st.integers(0, len(WORDS)))
def test_no_number_can_be_added_to_a_sentence(number: int, place: int) -> None:
    words = [*WORDS[:place], str(number), *WORDS[place:]]

    assert not is_kept(" ".join(words), VORASIDENIB)


@given(name=st.sampled_from(NAMES), place=st.integers(0, len(WORDS)))
def test_no_name_can_be_added_to_a_sentence(name: str, place: int) -> None:
    words = [*WORDS[:place], name, *WORDS[place:]]

    assert not is_kept(" ".join(words), VORASIDENIB)


@given(name=st.sampled_from(NAMES))
def test_no_name_can_stand_in_for_another(name: str) -> None:
    if name.casefold() not in {"vorasidenib", "voranigo"}:
        assert not is_kept(" ".join([name, *WORDS[1:]]), VORASIDENIB)


@given(st.text(max_size=200), st.lists(st.text(max_size=12), max_size=4))
def test_any_text_is_judged_without_an_error(text: str, citations: list[str]) -> None:
    result = checked(text, *citations)

    assert len(result.kept) + len(result.dropped) >= 1


@given(st.permutations(STATEMENTS[VORASIDENIB].statement.rstrip(".").split()))
def test_shuffled_words_of_a_record_never_change_its_figures(words: list[str]) -> None:
    for kept in checked(" ".join(words), VORASIDENIB).kept:
        assert "11.1 to 27.7 months" in kept.text
        assert kept.text.index("orasidenib") < kept.text.index("placebo")
