"""BM25 over the chunks of a store, kept on disk until the store changes."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

import numpy as np

from glioscope.core import require
from glioscope.guidance.retrieval.store import Store

if TYPE_CHECKING:
    from bm25s import BM25

_FOLDER: Final = "bm25"
_STAMP: Final = "stamp.json"


class Lexical:
    """Ranks chunks by the words that they share with a question.

    BM25 of Robertson et al. (TREC-3, 1994) as Lucene computes it; of English, words that tell
    nothing are left out.

    Args:
        index: Of bm25s; ``None`` for a store without text.
        chunks: Id of each chunk of the index, and how many parts it has.
    """

    def __init__(self, index: BM25 | None, chunks: dict[str, int]) -> None:
        self._index = index
        self._ids = list(chunks)
        self.parts = chunks

    def ranked(self, query: str, count: int) -> list[str]:
        """Return the ids of the chunks that share a word with a question, best first."""
        if self._index is None:
            return []
        bm25s = _bm25s()
        words = bm25s.tokenize([query], return_ids=False, show_progress=False)[0]
        known = [word for word in words if word in self._index.vocab_dict]
        if not known:
            return []
        scores = self._index.get_scores(known)
        best = np.argsort(-scores, kind="stable")[:count]
        return [self._ids[index] for index in best if scores[index] > 0]


def load_lexical(store: Store, stamp: str) -> Lexical:
    """Return the index of a store; read, or made if the store has changed since.

    Args:
        store: Opened.
        stamp: Of its content: another content, another stamp.

    Raises:
        MissingPackageError: Without the extra.
    """
    folder = store.folder / _FOLDER
    return _read(folder, stamp) or _made(store, folder, stamp)


def _read(folder: Path, stamp: str) -> Lexical | None:
    bm25s = _bm25s()
    try:
        content = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
        if content["stamp"] != stamp:
            return None
        index = bm25s.BM25.load(folder) if content["chunks"] else None
    except (OSError, ValueError, KeyError, TypeError):
        # missing, or half of it after a crash: it is made again from what the store holds
        return None
    return Lexical(index, content["chunks"])


def _made(store: Store, folder: Path, stamp: str) -> Lexical:
    bm25s = _bm25s()
    texts, chunks = _texts(store)
    index = bm25s.BM25() if texts else None
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if index:
        index.index(bm25s.tokenize(texts, show_progress=False), show_progress=False)
        index.save(folder)
    # last: without it the rest does not count
    content = json.dumps({"stamp": stamp, "chunks": chunks})
    (folder / _STAMP).write_text(content, encoding="utf-8")
    return Lexical(index, chunks)


def _texts(store: Store) -> tuple[list[str], dict[str, int]]:
    parts = sorted(store.texts())
    chunks = {ident.rpartition(":")[0]: count for ident, _, count in parts}
    texts = dict.fromkeys(chunks, "")
    for ident, text, _ in parts:
        texts[ident.rpartition(":")[0]] += text
    return list(texts.values()), chunks


def _bm25s() -> ModuleType:
    bm25s = require("bm25s", extra="guidance")
    # it asks for its debugging remarks itself
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    return bm25s
