"""The vectors on disk: a Chroma collection that only Glioscope's own embedding fills."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from glioscope.core import InputError, OutputError, require
from glioscope.guidance.retrieval.chunks import (
    CHUNK_CHARACTERS,
    OVERLAP_CHARACTERS,
    PART_CHARACTERS,
    Chunk,
    ids_of_parts,
)
from glioscope.guidance.retrieval.embedding import PACKAGE, Embedding, Vectors
from glioscope.guidance.retrieval.ledger import FILE
from glioscope.io import exclusive

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

_LOCK: Final = "lock"
_CHROMA: Final = "chroma"
_COLLECTION: Final = "passages"
_AT_ONCE: Final = 1000
"""Rows of one read or write; SQLite takes 32766 at most."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a chunk as it was written.

    Args:
        part_id: Its own.
        chunk_id: Of the chunk.
        of: How many parts the chunk has.
        text: Of the part.
        vector: Of length 1.
    """

    part_id: str
    chunk_id: str
    of: int
    text: str
    vector: Vectors


class Store:
    """Parts of chunks with their vectors.

    Args:
        collection: Of Chroma.
        folder: Of the store.
    """

    def __init__(self, collection: Collection, folder: Path) -> None:
        self._collection = collection
        self.folder = folder

    def __len__(self) -> int:
        return int(self._collection.count())

    def present(self, ids: Sequence[str]) -> set[str]:
        """Return those of some ids that are there."""
        found: set[str] = set()
        for batch in _batches(ids):
            found.update(self._collection.get(ids=batch, include=[])["ids"])
        return found

    def add(self, chunks: Sequence[Chunk], embedding: Embedding) -> None:
        """Embed chunks and write them; chunks that are there are written again."""
        rows = [row for chunk in chunks for row in _rows(chunk)]
        vectors = embedding([row["text"] for row in rows])
        self._collection.upsert(
            ids=[row["id"] for row in rows],
            embeddings=vectors,
            documents=[row["text"] for row in rows],
            metadatas=[row["metadata"] for row in rows],
        )

    def delete(self, ids: Iterable[str]) -> None:
        """Remove parts; those that are not there are passed over."""
        for batch in _batches(sorted(ids)):
            self._collection.delete(ids=batch)

    def ids(self, document: str | None = None) -> list[str]:
        """Return the ids of all parts, or of those of one document."""
        where = {"document": document} if document else None
        return [ident for page in self._pages([], where) for ident in page["ids"]]

    def parts(self) -> Iterator[Part]:
        """Yield every part with its vector, in no order."""
        for page in self._pages(["documents", "metadatas", "embeddings"]):
            for ident, text, metadata, vector in zip(
                page["ids"], page["documents"], page["metadatas"], page["embeddings"], strict=True
            ):
                yield Part(
                    part_id=ident,
                    chunk_id=metadata["chunk"],
                    of=metadata["parts"],
                    text=text,
                    vector=vector,
                )

    def rows(self, ids: Sequence[str]) -> dict[str, Row]:
        """Return text and metadata of some parts, by id."""
        rows: dict[str, Row] = {}
        for batch in _batches(ids):
            found = self._collection.get(ids=batch, include=["documents", "metadatas"])
            for ident, text, metadata in zip(
                found["ids"], found["documents"], found["metadatas"], strict=True
            ):
                rows[ident] = {"text": text, **metadata}
        return rows

    def _pages(self, include: list[str], where: Row | None = None) -> Iterator[Row]:
        for start in itertools.count(step=_AT_ONCE):
            page = self._collection.get(where=where, include=include, limit=_AT_ONCE, offset=start)
            yield page
            if len(page["ids"]) < _AT_ONCE:
                return


@contextmanager
def opened(folder: Path) -> Iterator[Store]:
    """Open a store, or make it; other processes wait until it is closed.

    Args:
        folder: New, empty, or of a store.

    Raises:
        InputError: If the folder holds something else, or a store that is damaged or was made by
            another embedding.
        OutputError: If it can't be written.
        MissingPackageError: Without the extra.
    """
    chromadb = require("chromadb", extra="guidance")
    _check_folder(folder)
    with exclusive(folder / _LOCK), _explained(chromadb, folder):
        client = chromadb.PersistentClient(
            str(folder / _CHROMA),
            settings=chromadb.config.Settings(anonymized_telemetry=False),
        )
        try:
            yield Store(_collection(client, folder), folder)
        finally:
            client.close()


def identity() -> str:
    """Say what made the vectors: those of two makers can't be compared."""
    return json.dumps(
        {
            "package": f"{PACKAGE} {version(PACKAGE)}",
            "chunk": [CHUNK_CHARACTERS, OVERLAP_CHARACTERS, PART_CHARACTERS],
        }
    )


def _check_folder(folder: Path) -> None:
    known = {FILE, _LOCK, _CHROMA}
    if folder.is_dir() and any(folder.iterdir()):
        if not known & {entry.name for entry in folder.iterdir()}:
            msg = f"{folder.name} holds other files; give --store a new or empty folder"
            raise InputError(msg)
    elif folder.exists() and not folder.is_dir():
        msg = f"{folder.name} is a file; give --store a folder"
        raise InputError(msg)


@contextmanager
def _explained(chromadb: ModuleType, folder: Path) -> Iterator[None]:
    try:
        yield
    except chromadb.errors.ChromaError as error:
        msg = (
            f"the store {folder.name} is damaged or its disk is full ({type(error).__name__});"
            " free some space, or delete the folder and ingest your documents again, its"
            f" {FILE} lists them"
        )
        raise InputError(msg) from error
    except OSError as error:
        msg = (
            f"the store {folder.name} can't be written ({error.strerror or type(error).__name__});"
            " free some space or give --store another folder"
        )
        raise OutputError(msg) from error


def _collection(client: ClientAPI, folder: Path) -> Collection:
    collection = client.get_or_create_collection(
        _COLLECTION,
        metadata={"made_by": identity()},
        embedding_function=None,
        configuration={"hnsw": {"space": "cosine"}},
    )
    if collection.metadata.get("made_by") != identity():
        msg = (
            f"the store {folder.name} was made by another embedding"
            f" ({collection.metadata.get('made_by')}; here {identity()}); delete the folder and"
            f" ingest your documents again, its {FILE} lists them"
        )
        raise InputError(msg)
    return collection


def _rows(chunk: Chunk) -> Iterator[Row]:
    metadata: Row = {
        "document": chunk.chunk_id.split(":")[0],
        "chunk": chunk.chunk_id,
        "parts": len(chunk.parts),
        "file": chunk.file,
    }
    if chunk.page is not None:
        metadata["page"] = chunk.page
    if chunk.statement is not None:
        metadata["statement"] = chunk.statement
    idents = ids_of_parts(chunk.chunk_id, len(chunk.parts))
    for ident, text in zip(idents, chunk.parts, strict=True):
        yield {"id": ident, "text": text, "metadata": metadata}


def _batches(ids: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield list(ids[start : start + _AT_ONCE])
