"""Numbered references: one number a source, in the order in which the page cites them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from glioscope.core import OutputError, Plan, Sentence, Source, Statement
from glioscope.report.document import Entry, Line, Part, Span
from glioscope.report.plan.words import STRENGTH_NAMES, short_name


class Citations:
    """Gives each source a number when it is first cited, and lists them at the end.

    Args:
        plan: Holds every statement and source that may be cited.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._numbers: dict[str, int] = {}
        self._cited: dict[str, list[Statement]] = {}

    def line(self, text: str, citations: Iterable[str] = ()) -> Line:
        """Return a sentence with its numbers behind it, each a link.

        Raises:
            OutputError: If it cites a statement that the plan does not hold.
        """
        links = self._links(citations)
        if not links:
            return (Span(text=text),)
        spans = [Span(text=f"{text} ["), links[0]]
        for link in links[1:]:
            spans += [Span(text=", "), link]
        return (*spans, Span(text="]"))

    def sentence(self, sentence: Sentence) -> Line:
        """Return a sentence of the plan with its numbers."""
        return self.line(sentence.text, sentence.citations)

    def names(self, citations: Iterable[str]) -> Line:
        """Return the short names of the sources of some statements, each a link."""
        spans: list[Span] = []
        for source, number in self._sources(citations):
            spans += [Span(text="; ")] if spans else []
            spans.append(Span(text=f"{short_name(source)} [{number}]", link=f"#ref-{number}"))
        return tuple(spans)

    def entries(self) -> tuple[Entry, ...]:
        """Return the references cited so far, each with what it is cited for."""
        return tuple(
            _reference(self._plan.sources[source_id], number, self._cited[source_id])
            for source_id, number in self._numbers.items()
        )

    def _links(self, citations: Iterable[str]) -> list[Span]:
        cited = tuple(citations)
        passages = [name for name in cited if self._is_passage(name)]
        sources = self._sources(name for name in cited if name not in passages)
        numbers = [Span(text=str(number), link=f"#ref-{number}") for _, number in sources]
        return numbers + [
            Span(text=name.upper(), link=f"#passage-{name[1:]}") for name in dict.fromkeys(passages)
        ]

    def _is_passage(self, name: str) -> bool:
        found = re.fullmatch(r"p([1-9]\d{0,3})", name)
        return (
            found is not None
            and name not in self._plan.statements
            and int(found[1]) <= len(self._plan.passages)
        )

    def _sources(self, citations: Iterable[str]) -> list[tuple[Source, int]]:
        """Return each source once with its number, smallest first."""
        found = {statement.source for statement in map(self._note, citations)}
        numbered = [(self._plan.sources[name], self._numbers[name]) for name in found]
        return sorted(numbered, key=lambda pair: pair[1])

    def _note(self, statement_id: str) -> Statement:
        statement = self._plan.statements.get(statement_id)
        if statement is None or statement.source not in self._plan.sources:
            msg = (
                f"the plan cites {statement_id} without holding it or its source; this is a defect"
                " of the knowledge, run `glioscope guidance check`"
            )
            raise OutputError(msg)
        self._numbers.setdefault(statement.source, len(self._numbers) + 1)
        cited = self._cited.setdefault(statement.source, [])
        if statement not in cited:
            cited.append(statement)
        return statement


def _reference(source: Source, number: int, cited: list[Statement]) -> Entry:
    said = tuple((Span(text=_cited_for(statement)),) for statement in cited)
    return Entry(
        mark=f"{number}",
        anchor=f"ref-{number}",
        title=(Span(text=_bibliography(source)), *_addresses(source)),
        parts=(Part(label="Cited for", lines=said),),
    )


def _bibliography(source: Source) -> str:
    parts = (source.authors, source.title, source.journal, str(source.year))
    return " ".join(part if part.endswith((".", "?")) else f"{part}." for part in parts)


def _addresses(source: Source) -> Line:
    spans: list[Span] = []
    if source.doi is not None:
        link = f"https://doi.org/{source.doi}"
        spans += [Span(text=" "), Span(text=f"doi:{source.doi}", link=link)]
    if source.pmid is not None:
        link = f"https://pubmed.ncbi.nlm.nih.gov/{source.pmid}/"
        spans += [Span(text=" · "), Span(text=f"PMID {source.pmid}", link=link)]
    return tuple(spans)


def _cited_for(statement: Statement) -> str:
    where = ", ".join(
        part for part in (STRENGTH_NAMES[statement.strength], statement.section) if part
    )
    return f"{statement.statement} ({where}; {statement.statement_id})"
