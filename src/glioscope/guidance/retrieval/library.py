"""The passages nearest to a question: by meaning, by words, or by both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np

from glioscope.core import InputError, Passage, Progress
from glioscope.guidance.knowledge import load_knowledge
from glioscope.guidance.retrieval.chunks import ids_of_parts, sentences_of
from glioscope.guidance.retrieval.clean import clean
from glioscope.guidance.retrieval.embedding import Embedding, load_embedding
from glioscope.guidance.retrieval.index import Index, Scores, load_index
from glioscope.guidance.retrieval.intake import refresh_knowledge
from glioscope.guidance.retrieval.ledger import FILE
from glioscope.guidance.retrieval.store import Store, opened

THRESHOLD: Final = 0.5
"""Cosine below which a passage is not shown."""

_DEPTH: Final = 20
"""Chunks of each ranking that are fused."""

_FUSION: Final = 60.0
"""The constant of reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009)."""

_MOST_CHARACTERS: Final = 20_000
"""Of a question; a report has a half of it."""


class How(StrEnum):
    """What makes a passage near."""

    SEMANTIC = "semantic"
    """Its meaning."""
    LEXICAL = "lexical"
    """Its words (BM25)."""
    FUSED = "fused"
    """Its place in both rankings."""


class Library:
    """An opened store, ready for questions.

    Args:
        store: With our own knowledge in it.
        index: Of what is in it.
        embedding: That made its vectors.
    """

    def __init__(self, store: Store, index: Index, embedding: Embedding) -> None:
        self._store = store
        self._index = index
        self._embedding = embedding

    def search(
        self, query: str, *, limit: int = 5, threshold: float = THRESHOLD, how: How = How.FUSED
    ) -> tuple[Passage, ...]:
        """Return the nearest passages, best first; see `search`."""
        scores = self._ranked(_checked(query, limit), limit, threshold, how)
        return self._passages(dict(list(scores.items())[:limit]))

    def passages_for(self, queries: Sequence[str], *, limit: int) -> tuple[Passage, ...]:
        """Return the passages nearest to any of some questions; see `passages_for`."""
        best: dict[str, float] = {}
        for query in queries:
            found = self._ranked(_checked(query, limit), limit, THRESHOLD, How.FUSED)
            for chunk, score in found.items():
                best[chunk] = max(best.get(chunk, -1.0), score)
        nearest = sorted(best.items(), key=lambda item: (-item[1], item[0]))
        return self._passages(dict(nearest[:limit]))

    def _ranked(self, query: str, limit: int, threshold: float, how: How) -> dict[str, float]:
        """Return the cosine of chunks, best first in the ranking asked for."""
        cosines = self._index.meanings(self._embedding(sentences_of(query)))
        depth = max(_DEPTH, limit)
        near = [] if how is How.LEXICAL else _first(cosines, depth)
        shared = self._index.words(query)
        alike = [place for place in _first(shared, depth) if shared[place] > 0]
        if how is How.SEMANTIC:
            alike = []
        least = -1.0 if how is How.LEXICAL else threshold
        return {
            self._index.ids[place]: float(cosines[place])
            for place in _fused([near, alike])
            if cosines[place] >= least
        }

    def _passages(self, scores: dict[str, float]) -> tuple[Passage, ...]:
        parts = {chunk: ids_of_parts(chunk, self._index.parts[chunk]) for chunk in scores}
        rows = self._store.rows([ident for idents in parts.values() for ident in idents])
        return tuple(
            Passage(
                text="".join(rows[ident]["text"] for ident in parts[chunk]),
                file=rows[parts[chunk][0]]["file"],
                page=rows[parts[chunk][0]].get("page"),
                score=score,
                statement=rows[parts[chunk][0]].get("statement"),
            )
            for chunk, score in scores.items()
        )


@contextmanager
def open_library(store: Path, *, progress: Progress | None = None) -> Iterator[Library]:
    """Open a store for several questions; other processes wait until it is closed.

    Our own knowledge is in it, in the release of this Glioscope: a folder that is not there
    becomes a store that holds nothing else.

    Args:
        store: Folder of the store.
        progress: Told of our own knowledge, if it has to be embedded: some seconds.

    Raises:
        InputError: If the store can't be used.
        OutputError: If it can't be written.
        MissingPackageError: Without the extra.
    """
    with opened(store) as shelf:
        refresh_knowledge(shelf, load_knowledge(), progress)
        stamp = f"{hashlib.sha256((store / FILE).read_bytes()).hexdigest()} {len(shelf)}"
        yield Library(shelf, load_index(shelf, stamp), load_embedding())


def search(
    store: Path,
    query: str,
    *,
    limit: int = 5,
    threshold: float = THRESHOLD,
    how: How = How.FUSED,
    progress: Progress | None = None,
) -> tuple[Passage, ...]:
    """Return the passages of a store that are nearest to a question, best first.

    Args:
        store: Folder of the store; made with our own knowledge in it if it is not there.
        query: A question, or a text such as a report, of which each sentence is a question
            and a passage is as near as it is to the nearest of them.
        limit: Passages at most.
        threshold: Least cosine of a passage; asked for by words alone, there is none.
        how: What makes a passage near.
        progress: As for `open_library`.

    Raises:
        InputError: If the question is empty or too long, or the store can't be used.
        OutputError: If it can't be written.
        MissingPackageError: Without the extra.
    """
    _checked(query, limit)
    with open_library(store, progress=progress) as library:
        return library.search(query, limit=limit, threshold=threshold, how=how)


def passages_for(queries: Sequence[str], store: Path, *, limit: int) -> tuple[Passage, ...]:
    """Return the passages that are nearest to any of some questions, nearest first.

    Args:
        queries: Such as the sentences of a report; none gives no passage.
        store: As for `search`.
        limit: Passages at most, over all questions.

    Raises:
        InputError: If a question is empty or too long, or the store can't be used.
        OutputError: If it can't be written.
        MissingPackageError: Without the extra.
    """
    for query in queries:
        _checked(query, limit)
    if not queries:
        return ()
    with open_library(store) as library:
        return library.passages_for(queries, limit=limit)


def _checked(query: str, limit: int) -> str:
    text = clean(query)
    if not text:
        msg = "the question is empty; give some words to look for"
        raise InputError(msg)
    if len(text) > _MOST_CHARACTERS:
        msg = (
            f"the question has {len(text)} characters; give {_MOST_CHARACTERS} at most,"
            " such as the findings of the report only"
        )
        raise InputError(msg)
    if limit < 1:
        msg = f"a limit of {limit} passages; give 1 or more"
        raise InputError(msg)
    return text


def _first(scores: Scores, count: int) -> list[int]:
    """Return the places of the greatest scores, greatest first."""
    return [int(place) for place in np.argsort(-scores, kind="stable")[:count]]


def _fused(rankings: Sequence[Sequence[int]]) -> list[int]:
    points: dict[int, float] = {}
    for ranking in rankings:
        for rank, place in enumerate(ranking, 1):
            points[place] = points.get(place, 0.0) + 1.0 / (_FUSION + rank)
    return sorted(points, key=lambda place: (-points[place], place))
