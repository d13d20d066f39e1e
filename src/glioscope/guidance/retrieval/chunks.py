"""Pages to passages, and passages to the parts that are compared with a question."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Protocol

from glioscope.core import Statement, require
from glioscope.guidance.retrieval.clean import clean
from glioscope.guidance.retrieval.document import Document

CHUNK_CHARACTERS: Final = 1500
OVERLAP_CHARACTERS: Final = 200
PART_CHARACTERS: Final = 300
"""About two sentences.  The embedding reads 256 word pieces, fewer than a chunk has, and a single
vector of a whole chunk is near to none of its facts: benchmarks/retrieval.py finds 1 in 50 of the
statements at the end of a chunk by it, and 36 by the parts."""

KNOWLEDGE: Final = "Glioscope knowledge"
"""What our own statements are called where others have the name of a file."""

_SENTENCE_END = re.compile(r"(?<=[.?!;])\s+|\n")
_SENTENCES = ["\n\n", ". ", "? ", "! ", "\n", "; ", ", ", " ", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A passage.

    Args:
        chunk_id: The same whenever the same bytes are read.
        parts: Which together are its text.
        file: Name of the document.
        page: From 1; ``None`` without pages.
        statement: Id, of our own knowledge.
    """

    chunk_id: str
    parts: tuple[str, ...]
    file: str
    page: int | None = None
    statement: str | None = None


def chunks_of(document: Document) -> tuple[Chunk, ...]:
    """Cut a document; no chunk reaches over the end of a page.

    Raises:
        MissingPackageError: Without the extra.
    """
    cut = [
        (page.number, text) for page in document.pages for text in _chunks().split_text(page.text)
    ]
    return tuple(
        Chunk(
            chunk_id=f"{document.sha256}:{index:05d}",
            parts=parts_of(text),
            file=document.file,
            page=number,
        )
        for index, (number, text) in enumerate(cut)
    )


def statement_chunks(statements: Mapping[str, Statement]) -> tuple[Chunk, ...]:
    """Return one chunk of one part for each statement: what it says, when and of whom."""
    return tuple(_statement_chunk(statement) for statement in statements.values())


def parts_of(text: str) -> tuple[str, ...]:
    """Cut a text at its sentences; joined, the parts are the text again.

    Raises:
        MissingPackageError: Without the extra.
    """
    return tuple(_parts().split_text(text))


def sentences_of(query: str) -> list[str]:
    """Cut a question that is longer than a part at its sentences: each means something else.

    Raises:
        MissingPackageError: Without the extra.
    """
    if len(query) <= PART_CHARACTERS:
        return [query]
    sentences = (part for sentence in _SENTENCE_END.split(query) for part in parts_of(sentence))
    return [sentence.strip() for sentence in sentences if sentence.strip()]


def ids_of_parts(chunk_id: str, count: int) -> list[str]:
    """Return the ids of the parts of a chunk, in their order."""
    return [f"{chunk_id}:{index:02d}" for index in range(count)]


def all_ids(chunks: Iterable[Chunk]) -> set[str]:
    """Return the ids of all parts of chunks."""
    return {part for chunk in chunks for part in ids_of_parts(chunk.chunk_id, len(chunk.parts))}


class _Splitter(Protocol):
    def split_text(self, text: str) -> list[str]:
        """Cut a text."""


def _statement_chunk(statement: Statement) -> Chunk:
    text = clean(
        f"{statement.statement} Condition: {statement.condition}."
        f" Population: {statement.population}."
    )
    # a changed statement is another chunk, so that a refresh embeds only what changed
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Chunk(
        chunk_id=f"knowledge:{statement.statement_id}:{digest}",
        parts=(text,),
        file=KNOWLEDGE,
        statement=statement.statement_id,
    )


@cache
def _chunks() -> _Splitter:
    splitters = require("langchain_text_splitters", extra="guidance")
    splitter: _Splitter = splitters.RecursiveCharacterTextSplitter(
        chunk_size=CHUNK_CHARACTERS, chunk_overlap=OVERLAP_CHARACTERS
    )
    return splitter


@cache
def _parts() -> _Splitter:
    splitters = require("langchain_text_splitters", extra="guidance")
    splitter: _Splitter = splitters.RecursiveCharacterTextSplitter(
        chunk_size=PART_CHARACTERS,
        chunk_overlap=0,
        separators=_SENTENCES,
        keep_separator="end",
        strip_whitespace=False,
    )
    return splitter
