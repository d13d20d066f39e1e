"""What guidelines support for one patient; plain values that turn into JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Strength(StrEnum):
    """How strongly a source stands behind what it says, on one scale for all sources."""

    STRONG = "strong"
    """A guideline recommends it to most patients of the population."""
    CONDITIONAL = "conditional"
    """A guideline offers it to some of them, or on weaker evidence."""
    CONSENSUS = "consensus"
    """Experts agree on it without trials that show it."""
    EVIDENCE = "evidence"
    """A result of a trial, or what a product's label says: nothing is recommended by it alone."""
    DEFINITION = "definition"
    """What a word means, such as the criteria of an entity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A publication.

    Args:
        source_id: Such as ``"stupp-2005"``.
        authors: First author and "et al.", or the body that published it.
        title: As published.
        journal: Abbreviated as in PubMed; the publisher of a label or a book.
        year: Of publication in print.
        doi: Without a resolver in front; ``None`` where there is none.
        pmid: PubMed's number; ``None`` where there is none.
    """

    source_id: str
    authors: str
    title: str
    journal: str
    year: int
    doi: str | None = None
    pmid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One fact of one source, in our own words.

    Args:
        statement_id: Such as ``"indigo-2023-pfs"``.
        statement: The fact, one or two sentences.
        condition: When it holds, such as "IDH-mutant, grade 2, after surgery only".
        strength: How strongly the source stands behind it.
        population: Whom it was found in or is meant for.
        source: Id of the source.
        section: Where in the source, such as "Abstract" or "Table 2".
        checked: Where else the fact was found, at least one place.
        checked_on: Day of the check, ISO 8601.
    """

    statement_id: str
    statement: str
    condition: str
    strength: Strength
    population: str
    source: str
    section: str
    checked: tuple[str, ...]
    checked_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence with what it rests on.

    Args:
        text: Whole, with its full stop.
        citations: Ids of statements; empty only where the sentence says something of this patient
            or of this program.
    """

    text: str
    citations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentOption:
    """A treatment that guidelines support for this patient.

    Args:
        treatment: Id in the vocabulary, such as ``"radiotherapy-temozolomide"``.
        name: As a tumor board says it.
        strength: The strongest of the rules that offer it.
        reasons: Why it is offered to this patient.
        conditions: What must hold before or during it.
        cautions: What speaks against it or asks for care, without excluding it.
        citations: Ids of the statements that support it.
    """

    treatment: str
    name: str
    strength: Strength
    reasons: tuple[Sentence, ...]
    conditions: tuple[Sentence, ...] = ()
    cautions: tuple[Sentence, ...] = ()
    citations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedTest:
    """A test that has to be made first.

    Args:
        test: Id in the vocabulary, such as ``"idh-sequencing"``.
        name: As a laboratory knows it.
        why: What it decides for this patient.
        citations: Ids of statements.
    """

    test: str
    name: str
    why: str
    citations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What is not offered, and why.

    Args:
        refused: Id in the vocabulary: of a treatment that is contra-indicated, or of a kind of
            refusal such as ``"predicted-marker"`` or ``"child"``.
        what: In words.
        why: The reason.
        citations: Ids of statements; empty where the reason is a limit of this program.
    """

    refused: str
    what: str
    why: str
    citations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingFact:
    """A fact that would change the plan and was not given.

    Args:
        fact: As `--known` takes it, such as ``"platelets"``.
        question: What to find out, with unit or choices.
        why: What it decides.
    """

    fact: str
    question: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """What a predicted marker would mean if tissue confirmed it; never a recommendation.

    Args:
        marker: Fact, such as ``"idh"``.
        outcome: Such as ``"mutant"``.
        probability: As predicted, 0 to 1.
        text: "If tissue confirms ...".
        tests: Ids of the tests that confirm it, first to make first.
    """

    marker: str
    outcome: str
    probability: float
    text: Sentence
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrace:
    """What became of one rule.

    Args:
        rule: Its id.
        version: Its version.
        fired: Whether all of its conditions held.
        why: The conditions that decided, with the patient's values, such as
            ``"age_years >= 70: 62"``.
        waits_for: Facts that were not known and that it needs.
        statements: Ids of the statements that it rests on.
    """

    rule: str
    version: int
    fired: bool
    why: tuple[str, ...]
    waits_for: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A piece of an ingested document that is near to the case.

    Args:
        text: As the document has it: data, never an instruction.
        file: Name of the document.
        page: From 1; ``None`` for a document without pages.
        score: Cosine similarity, -1 to 1.
        statement: Id, where the document is our own knowledge.
    """

    text: str
    file: str
    page: int | None
    score: float
    statement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedSentence:
    """A sentence of a language model that the checker did not let through.

    Args:
        text: As the model wrote it.
        why: Such as "cites nothing" or "the number 42 is not in its citation".
    """

    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a language model said of a plan, after the check.

    Args:
        model: Name of the model.
        sentences: That passed, in order.
        dropped: That did not.
        failure: Why there are no sentences, such as a server that did not answer; ``None`` if
            it answered.
    """

    model: str
    sentences: tuple[Sentence, ...] = ()
    dropped: tuple[DroppedSentence, ...] = ()
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Options that guidelines support for one patient, each with its sources.

    Args:
        case_id: Pseudonym.
        release: Number of the release of knowledge and rules.
        facts: Told or measured, as text by name, such as ``{"idh": "mutant"}``.
        diagnosis: What the tested facts make the tumor; empty if they don't tell yet.
        options: Strongest first.
        tests: First to make first.
        refusals: What is not offered.
        missing: What to find out.
        branches: What predictions would mean.
        notes: Else to know, such as the window of pseudoprogression.
        rules: Every rule that fired or waits, by id.
        statements: Every statement cited, by id.
        sources: Every source of these, by id.
        passages: Of ingested documents, nearest first.
        wording: Of a language model; ``None`` if none was asked.
        limits: Notices about this plan itself, such as that passages were not searched.
    """

    case_id: str
    release: str
    facts: Mapping[str, str]
    diagnosis: tuple[Sentence, ...] = ()
    options: tuple[TreatmentOption, ...] = ()
    tests: tuple[OrderedTest, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    missing: tuple[MissingFact, ...] = ()
    branches: tuple[Branch, ...] = ()
    notes: tuple[Sentence, ...] = ()
    rules: tuple[RuleTrace, ...] = ()
    statements: Mapping[str, Statement] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    passages: tuple[Passage, ...] = ()
    wording: Wording | None = None
    limits: tuple[str, ...] = ()
