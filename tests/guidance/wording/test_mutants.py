"""Every shipped statement with one thing changed in it: no such change may pass."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

import pytest

from glioscope.core import Statement
from glioscope.guidance.knowledge import load_knowledge
from glioscope.guidance.wording import Claim, Scope, check_claims, evidence_of
from glioscope.guidance.wording.check.lines import line, sentences
from glioscope.guidance.wording.check.terms import term_list

EVERYTHING = Scope(
    offered=frozenset(term for term, _ in term_list().names.values()), refused=frozenset()
)
NUMBER = re.compile(r"(?<![\w.,])\d+(?:\.\d+)?(?![\w.]*\w)")
NEGATION = re.compile(r"\b(?:not|no|without|never) ", re.IGNORECASE)
OPPOSITES = {
    "longer": "shorter",
    "higher": "lower",
    "more": "less",
    "older": "younger",
    "before": "after",
    "at least": "at most",
    "above": "below",
    "lengthened": "shortened",
    "and": "or",
    "mutant": "wildtype",
    "methylated": "unmethylated",
}


def other_numbers(text: str) -> Iterator[str]:
    for match in NUMBER.finditer(text):
        for other in (f"{float(match[0]) + 1:g}", f"{float(match[0]) * 10:g}"):
            yield text[: match.start()] + other + text[match.end() :]


def swapped_numbers(text: str) -> Iterator[str]:
    found = list(NUMBER.finditer(text))
    for first, second in itertools.pairwise(found):
        if float(first[0]) != float(second[0]):
            between = text[first.end() : second.start()]
            swapped = second[0] + between + first[0]
            yield text[: first.start()] + swapped + text[second.end() :]


def lost_negations(text: str) -> Iterator[str]:
    for match in NEGATION.finditer(text):
        yield text[: match.start()] + text[match.end() :]


def added_negations(text: str) -> Iterator[str]:
    for match in re.finditer(r"\b(?:is|are|was|were|may be|should be) (?!not\b)", text):
        yield f"{text[: match.end()]}not {text[match.end() :]}"


def opposites(text: str) -> Iterator[str]:
    both = {**OPPOSITES, **{right: left for left, right in OPPOSITES.items()}}
    for word, other in both.items():
        for match in re.finditer(rf"\b{word}\b", text):
            yield text[: match.start()] + other + text[match.end() :]


def other_names(text: str) -> Iterator[str]:
    for term in line(text).terms:
        if term.kind == "treatment":
            for other in ("temozolomide", "lomustine", "bevacizumab"):
                written = re.compile(rf"\b{re.escape(term.term)}\b", re.IGNORECASE)
                if other != term.term and written.search(text):
                    yield written.sub(other, text, count=1)


def swapped_names(text: str) -> Iterator[str]:
    read = line(text)
    written = [(read.tokens[term.start].text, term.term) for term in read.terms]
    for (left, one), (right, other) in itertools.combinations(written, 2):
        first = re.search(re.escape(left), text, re.IGNORECASE)
        second = first and re.compile(re.escape(right), re.IGNORECASE).search(text, first.end())
        if one != other and first is not None and second:
            between = text[first.end() : second.start()]
            swapped = second[0] + between + first[0]
            yield text[: first.start()] + swapped + text[second.end() :]


def passed(
    statements: dict[str, Statement], change: Callable[[str], Iterator[str]]
) -> tuple[int, list[str]]:
    evidence = evidence_of(statements, {})
    tried, kept = 0, []
    for ident, statement in statements.items():
        whole = sentences(statement.statement)
        for text in whole:
            for mutant in change(text):
                if line(mutant).tokens == line(text).tokens or mutant in whole:
                    continue
                tried += 1
                claims = [Claim(text=mutant, citations=(ident,))]
                kept += [one.text for one in check_claims(claims, evidence, EVERYTHING).kept]
    return tried, kept


@pytest.mark.parametrize(
    "change",
    [
        other_numbers,
        swapped_numbers,
        lost_negations,
        added_negations,
        opposites,
        other_names,
        swapped_names,
    ],
)
def test_no_change_of_a_shipped_statement_passes(change: Callable[[str], Iterator[str]]) -> None:
    tried, kept = passed(dict(load_knowledge().statements), change)

    assert kept == []
    assert tried >= 20
