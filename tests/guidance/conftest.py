"""A small knowledge of its own, so that tests of the machine don't hang on the medicine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from glioscope.core import Source, Statement, Strength
from glioscope.guidance.knowledge import Knowledge, load_vocabulary
from glioscope.guidance.rules import Rule, parse_rule

MakeRule = Callable[..., Rule]


@pytest.fixture(scope="session")
def small_knowledge() -> Knowledge:
    """One source with two statements."""
    source = Source(source_id="book", authors="A", title="T", journal="J", year=2020)
    statements = {
        name: Statement(
            statement_id=name,
            statement="It helps.",
            condition="always",
            strength=Strength.STRONG,
            population="adults",
            source="book",
            section="1",
            checked=("another book",),
            checked_on="2026-01-01",
        )
        for name in ("book-one", "book-two")
    }
    return Knowledge(statements=statements, sources={"book": source}, release="test")


@pytest.fixture(scope="session")
def make_rule(small_knowledge: Knowledge) -> MakeRule:
    """Return a maker of rules from their tables, with what every rule needs filled in."""

    def make(**table: Any) -> Rule:
        whole: Mapping[str, Any] = {
            "id": "rule",
            "version": 1,
            "decides": "something",
            "statements": ["book-one"],
            **table,
        }
        return parse_rule(whole, load_vocabulary(), small_knowledge, file="rules.toml")

    return make
