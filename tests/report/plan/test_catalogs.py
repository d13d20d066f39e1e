from __future__ import annotations

import gettext
import io
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from string import Formatter
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from glioscope.core import InputError
from glioscope.guidance.knowledge import load_vocabulary
from glioscope.report.plan.language import ENGLISH, LANGUAGES, translation
from glioscope.report.plan.patient_words import patient_words

TRANSLATED = [language for language in LANGUAGES if language != ENGLISH]
NOT_SAID = {"topics", "kind", "goes_with"}
LATIN_NAMES = {"1p/19q", "ATRX", "Dordaviprone", "IDH", "MGMT", "Vorasidenib"}
SAME_IN_SPANISH = LATIN_NAMES | {"Bevacizumab", "Glioma", "Regorafenib", "Tumor"}


def table() -> dict[str, Any]:
    source = files("glioscope.report.plan").joinpath("patient.toml").read_text(encoding="utf-8")
    return tomllib.loads(source)


def said(value: object) -> Iterator[str]:
    """Every text of the table that a patient may read."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from said(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in NOT_SAID:
                yield from said(item)


def catalog_file(language: str, ending: str) -> bytes:
    folder = files("glioscope.report").joinpath("locales", language, "LC_MESSAGES")
    return folder.joinpath(f"patient.{ending}").read_bytes()


def catalog(language: str) -> Catalog:
    return read_po(io.BytesIO(catalog_file(language, "po")))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_nothing_else(language: str) -> None:
    messages = {str(m.id): str(m.string) for m in catalog(language) if m.id}

    assert set(messages) == set(said(table()))
    assert [text for text, translated in messages.items() if not translated.strip()] == []
    assert not any(message.fuzzy for message in catalog(language) if message.id)


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_are_kept(language: str) -> None:
    messages = [m for m in catalog(language) if m.id]

    assert any(placeholders(str(message.id)) for message in messages)
    for message in messages:
        assert placeholders(str(message.id)) == placeholders(str(message.string))


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalog_is_that_of_the_text(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalog(language))
    compiled.seek(0)
    shipped = gettext.GNUTranslations(io.BytesIO(catalog_file(language, "mo")))
    made = gettext.GNUTranslations(compiled)

    assert [t for t in said(table()) if shipped.gettext(t) != made.gettext(t)] == []
    assert [t for t in said(table()) if translation(language).gettext(t) != made.gettext(t)] == []


def test_numbers_are_those_of_the_english_text() -> None:
    for language in TRANSLATED:
        for message in catalog(language):
            if message.id and "{" not in str(message.id):
                digits = sorted(re.findall(r"\d+", str(message.id)))
                told = sorted(set(re.findall(r"\d+", str(message.string))))
                assert sorted(set(digits)) == told, message.id


def test_chinese_texts_are_chinese_and_spanish_ones_differ_from_english() -> None:
    chinese = {str(m.id): str(m.string) for m in catalog("zh") if m.id}
    spanish = {str(m.id): str(m.string) for m in catalog("es") if m.id}

    assert {t for t, z in chinese.items() if not re.search(r"[\u4e00-\u9fff]", z)} == LATIN_NAMES
    assert [t for t, z in chinese.items() if re.search(r"[,;?!] |\. ?$", z)] == []
    assert {text for text, told in spanish.items() if text == told} <= SAME_IN_SPANISH


def test_a_sentence_ends_as_one_in_every_language() -> None:
    ends = {"zh": ("。", "？"), "es": (".", "?")}
    for language in TRANSLATED:
        for message in catalog(language):
            if str(message.id).endswith((".", "?")):
                assert str(message.string).endswith(ends[language]), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_id_of_the_vocabulary_has_its_words(language: str) -> None:
    words, vocabulary = patient_words(language), load_vocabulary()

    assert set(words.facts) == set(vocabulary.facts)
    assert set(words.treatments) == set(vocabulary.treatments)
    assert set(words.tests) == set(vocabulary.tests)
    assert set(words.refusals) == set(vocabulary.refusals)
    assert set(words.entities) == set(vocabulary.facts["entity"].values)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_of_a_marker_has_its_sentence(language: str) -> None:
    words, vocabulary = patient_words(language), load_vocabulary()
    told = {name: set(values) for name, values in words.seen.items()}

    for name, entry in vocabulary.facts.items():
        if entry.marker or name in {"who-grade", "resection", "enhancement"}:
            assert told[name] == set(entry.choices), name
    for name, values in told.items():
        assert values <= set(vocabulary.facts[name].choices), name


def test_every_predicted_value_has_its_sentence() -> None:
    words, vocabulary = patient_words("en"), load_vocabulary()

    assert set(words.guesses) == {"idh", "1p19q", "mgmt", "grade"}
    for name, values in words.guesses.items():
        assert set(values) == set(vocabulary.facts[name].choices)
        assert not any(word in text for text in values.values() for word in ("lab", "test"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_topics_and_kinds_lead_to_words(language: str) -> None:
    words = patient_words(language)

    assert {topic for entry in words.treatments.values() for topic in entry.topics} <= set(
        words.questions
    )
    assert {entry.kind for entry in words.tests.values()} == set(words.test_kinds)
    ids = {*words.facts, *words.tests, *words.treatments}
    assert {name for term in words.glossary for name in term.goes_with} <= ids


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'fr'; choose en, zh or es"):
        patient_words("fr")
    with pytest.raises(InputError, match="choose"):
        patient_words("../en")
