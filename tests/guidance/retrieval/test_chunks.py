from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from glioscope.core import Statement, Strength
from glioscope.guidance.retrieval.chunks import (
    chunks_of,
    parts_of,
    sentences_of,
    statement_chunks,
)
from glioscope.guidance.retrieval.document import Document, Page

WORDS = " ".join(f"word{number}." for number in range(1000))


def document(*texts: str) -> Document:
    pages = tuple(Page(number=number, text=text) for number, text in enumerate(texts, 1))
    return Document(path=Path("/a/b.pdf"), sha256="5ha", pages=pages)


def test_a_chunk_has_at_most_1500_characters_and_stays_on_its_page() -> None:
    chunks = chunks_of(document(WORDS, "short"))

    assert max(len("".join(chunk.parts)) for chunk in chunks) <= 1500
    assert chunks[-1].page == 2
    assert "".join(chunks[-1].parts) == "short"


def test_neighbors_share_their_ends_so_that_no_sentence_is_cut_in_all() -> None:
    first, second = ("".join(chunk.parts) for chunk in chunks_of(document(WORDS))[:2])
    shared = next(n for n in range(300, 0, -1) if first.endswith(second[:n]))

    assert 150 <= shared <= 200


def test_each_word_of_a_page_is_in_a_chunk() -> None:
    found = {word for chunk in chunks_of(document(WORDS)) for word in "".join(chunk.parts).split()}

    assert found == set(WORDS.split())


@given(st.text(st.sampled_from("ab .?!;,\n"), max_size=2000))
def test_the_parts_of_a_text_are_the_text(text: str) -> None:
    parts = parts_of(text)

    assert "".join(parts) == text
    assert all(len(part) <= 300 for part in parts)


def test_a_short_question_is_asked_as_it_is_and_a_long_one_by_its_sentences() -> None:
    long = "The tumor grew. Was it treated? Yes; twice."

    assert sentences_of(long) == [long]
    assert sentences_of(f"{long}\n{'a ' * 200}")[:4] == [
        "The tumor grew.",
        "Was it treated?",
        "Yes;",
        "twice.",
    ]


def test_ids_tell_bytes_and_place_and_nothing_of_the_name() -> None:
    assert [chunk.chunk_id for chunk in chunks_of(document("a", "b"))] == ["5ha:00000", "5ha:00001"]


def statement(text: str) -> Statement:
    return Statement(
        statement_id="a-2020-x",
        statement=text,
        condition="after surgery",
        strength=Strength.STRONG,
        population="adults",
        source="a-2020",
        section="Abstract",
        checked=("elsewhere",),
        checked_on="2026-01-01",
    )


def test_a_statement_is_one_part_with_its_condition_and_population() -> None:
    (chunk,) = statement_chunks({"a-2020-x": statement("It helps.")})

    assert chunk.parts == ("It helps. Condition: after surgery. Population: adults.",)
    assert chunk.statement == "a-2020-x"


def test_a_changed_statement_is_another_chunk() -> None:
    (before,) = statement_chunks({"a-2020-x": statement("It helps.")})
    (after,) = statement_chunks({"a-2020-x": statement("It does not help.")})

    assert before.chunk_id != after.chunk_id
