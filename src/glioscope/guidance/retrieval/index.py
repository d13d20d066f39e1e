"""Words and meanings of the chunks of a store, kept on disk until the store changes."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from glioscope.core import require
from glioscope.guidance.retrieval.embedding import WIDTH, Vectors
from glioscope.guidance.retrieval.store import Part, Store

if TYPE_CHECKING:
    from bm25s import BM25

_FOLDER: Final = "index"
_STAMP: Final = "stamp.json"
_VECTORS: Final = "vectors.npy"

Scores = npt.NDArray[np.float32]
"""One a chunk, in the order of the index."""


class Index:
    """Compares a question with every chunk; none is left out.

    The graph that Chroma searches misses some: of the 60 parts nearest to a question among
    50,000, many of them alike, it found 72%, in 1 ms where comparing with all takes 8 ms.

    Args:
        chunks: Id of each chunk, and how many parts it has.
        vectors: Of all parts of all chunks, in this order.
        words: Of bm25s; ``None`` for a store without text.
    """

    def __init__(self, chunks: dict[str, int], vectors: Vectors, words: BM25 | None) -> None:
        self.parts = chunks
        self.ids = list(chunks)
        self._starts = np.cumsum([0, *chunks.values()])[:-1]
        self._vectors = vectors
        self._words = words

    def meanings(self, asked: Vectors) -> Scores:
        """Return the cosine of each chunk's nearest part to the nearest of some vectors."""
        if not self.ids:
            return np.zeros(0, dtype=np.float32)
        # on one thread: those of a matrix product stay awake and slow the embedding down
        nearest = np.max([np.vecdot(self._vectors, vector) for vector in asked], axis=0)
        return np.maximum.reduceat(nearest, self._starts)

    def words(self, query: str) -> Scores:
        """Return how much each chunk shares the words of a question; 0 if none of them.

        BM25 of Robertson et al. (TREC-3, 1994) as Lucene computes it; words of English that
        tell nothing are left out.
        """
        if self._words is None:
            return np.zeros(0, dtype=np.float32)
        found = _bm25s().tokenize([query], return_ids=False, show_progress=False)[0]
        known = [word for word in found if word in self._words.vocab_dict]
        if not known:
            return np.zeros(len(self.ids), dtype=np.float32)
        return np.asarray(self._words.get_scores(known), dtype=np.float32)


def load_index(store: Store, stamp: str) -> Index:
    """Return the index of a store; read, or made if the store has changed since.

    Args:
        store: Opened.
        stamp: Of its content: another content, another stamp.

    Raises:
        MissingPackageError: Without the extra.
    """
    folder = store.folder / _FOLDER
    return _read(folder, stamp) or _made(store, folder, stamp)


def _read(folder: Path, stamp: str) -> Index | None:
    try:
        content = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
        if content["stamp"] != stamp:
            return None
        vectors = np.load(folder / _VECTORS)
        words = _bm25s().BM25.load(folder) if content["chunks"] else None
    except (OSError, ValueError, KeyError, TypeError):
        # missing, or half of it after a crash: it is made again from what the store holds
        return None
    return Index(content["chunks"], vectors, words)


def _made(store: Store, folder: Path, stamp: str) -> Index:
    parts = sorted(store.parts(), key=lambda part: part.part_id)
    chunks = {part.chunk_id: part.of for part in parts}
    vectors = np.array([part.vector for part in parts], dtype=np.float32).reshape(-1, WIDTH)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    np.save(folder / _VECTORS, vectors)
    words = _bm25s().BM25() if parts else None
    if words is not None:
        tokens = _bm25s().tokenize(_texts(parts), show_progress=False)
        words.index(tokens, show_progress=False)
        words.save(folder)
    # last: without it the rest does not count
    content = json.dumps({"stamp": stamp, "chunks": chunks})
    (folder / _STAMP).write_text(content, encoding="utf-8")
    return Index(chunks, vectors, words)


def _texts(parts: Sequence[Part]) -> list[str]:
    texts: dict[str, list[str]] = {}
    for part in parts:
        texts.setdefault(part.chunk_id, []).append(part.text)
    return ["".join(of_chunk) for of_chunk in texts.values()]


def _bm25s() -> ModuleType:
    bm25s = require("bm25s", extra="guidance")
    # it asks for its debugging remarks itself
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    return bm25s
