"""What may be cited: reviewed statements, and passages of documents that nobody reviewed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from glioscope.core import Passage, Statement
from glioscope.guidance.wording.check.lines import Line, lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A record that sentences may cite.

    Args:
        ident: As a sentence cites it.
        main: Sentences of the fact itself.
        settings: Condition and population: when and for whom it holds.
        reviewed: Whether it is a statement of ours; a passage of a document is not.
    """

    ident: str
    main: tuple[Line, ...]
    settings: tuple[Line, ...]
    reviewed: bool

    @property
    def all_lines(self) -> tuple[Line, ...]:
        """Every sentence of it."""
        return self.main + self.settings


def evidence_of(
    statements: Mapping[str, Statement], passages: Mapping[str, Passage]
) -> dict[str, Evidence]:
    """Return what may be cited, by id.

    Args:
        statements: By id.
        passages: By the id that they were sent with, such as ``"p1"``.
    """
    reviewed = {ident: _of_statement(entry) for ident, entry in statements.items()}
    unreviewed = {
        ident: Evidence(ident=ident, main=lines(entry.text), settings=(), reviewed=False)
        for ident, entry in passages.items()
    }
    return unreviewed | reviewed


def _of_statement(entry: Statement) -> Evidence:
    return Evidence(
        ident=entry.statement_id,
        main=lines(entry.statement),
        settings=lines(entry.condition) + lines(entry.population),
        reviewed=True,
    )
