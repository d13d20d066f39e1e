"""What the patient's page says, in one language."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from glioscope.report.plan.language import translation

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentWords:
    """A treatment in plain words.

    Args:
        name: As its headline.
        about: What it is, in a sentence or two.
        topics: Which questions go with it.
    """

    name: str
    about: str
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestWords:
    """A test in plain words.

    Args:
        name: As a patient hears it.
        kind: Which tests it stands among.
    """

    __test__ = False  # pytest would take the class for one of its own

    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word that is explained.

    Args:
        name: The word.
        meaning: In a sentence or two.
        goes_with: Facts, tests and treatments that use it; empty for a word that is always used.
    """

    name: str
    meaning: str
    goes_with: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientWords:
    """Everything that the page may say.

    Args:
        page: Titles and sentences by name; some have places to fill in.
        places: Lobes and deep structures by their name in the atlas.
        entities: What an entity is.
        seen: A sentence by fact and value.
        guesses: A sentence by marker and predicted value.
        facts: What doctors may ask or check where a fact is missing.
        treatments: By id of the vocabulary.
        tests: By id of the vocabulary.
        test_kinds: Name and explanation of each kind of tests, in order.
        refusals: By id of the vocabulary.
        questions: By topic.
        glossary: In order.
    """

    page: Texts
    places: Texts
    entities: Texts
    seen: Mapping[str, Texts]
    guesses: Mapping[str, Texts]
    facts: Texts
    treatments: Mapping[str, TreatmentWords]
    tests: Mapping[str, TestWords]
    test_kinds: Mapping[str, tuple[str, str]]
    refusals: Texts
    questions: Mapping[str, tuple[str, ...]]
    glossary: tuple[Term, ...]


@cache
def patient_words(language: str) -> PatientWords:
    """Return the words of a language.

    Args:
        language: One of `LANGUAGES`.

    Raises:
        InputError: If there is no page in it.
    """
    said = translation(language).gettext
    source = files("glioscope.report.plan").joinpath("patient.toml").read_text(encoding="utf-8")
    table = tomllib.loads(source)
    return PatientWords(
        page=_texts(table["page"], said),
        places=_texts(table["places"], said),
        entities=_texts(table["entities"], said),
        seen={fact: _texts(values, said) for fact, values in table["seen"].items()},
        guesses={marker: _texts(values, said) for marker, values in table["guesses"].items()},
        facts=_texts(table["facts"], said),
        treatments={
            name: TreatmentWords(
                name=said(entry["name"]), about=said(entry["about"]), topics=tuple(entry["topics"])
            )
            for name, entry in table["treatments"].items()
        },
        tests={
            name: TestWords(name=said(entry["name"]), kind=entry["kind"])
            for name, entry in table["tests"].items()
        },
        test_kinds={
            kind: (said(entry["name"]), said(entry["about"]))
            for kind, entry in table["test_kinds"].items()
        },
        refusals=_texts(table["refusals"], said),
        questions={
            topic: tuple(said(text) for text in texts)
            for topic, texts in table["questions"].items()
        },
        glossary=tuple(
            Term(
                name=said(entry["term"]),
                meaning=said(entry["meaning"]),
                goes_with=frozenset(entry["goes_with"]),
            )
            for entry in table["glossary"]
        ),
    )


def _texts(table: Mapping[str, Any], said: Callable[[str], str]) -> dict[str, str]:
    return {key: said(text) for key, text in table.items()}
