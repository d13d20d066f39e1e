"""Documents into the store: each once, and to its end even if the process was killed between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from glioscope.core import InputError, Progress, Silent
from glioscope.guidance.knowledge import Knowledge, load_knowledge
from glioscope.guidance.retrieval.chunks import Chunk, all_ids, chunks_of, statement_chunks
from glioscope.guidance.retrieval.document import Document, read_document
from glioscope.guidance.retrieval.embedding import load_embedding
from glioscope.guidance.retrieval.ledger import Entry, read_ledger, write_ledger
from glioscope.guidance.retrieval.store import Store, opened

_BATCH: Final = 8
"""Chunks written at once: what a kill loses, about half a second."""

_OWN: Final = "knowledge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What became of one file.

    Args:
        file: Its name.
        pages: ``None`` for a document without pages.
        empty_pages: Pages without text, such as scanned ones among others.
        chunks: In the store now.
        new: Whether it was not there before, under whatever name.
        replaced: Documents that the same path held before and that are gone now.
    """

    file: str
    pages: int | None
    empty_pages: int
    chunks: int
    new: bool
    replaced: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A file that can't be ingested.

    Args:
        file: Its path as given.
        why: What is wrong and what to do.
    """

    file: str
    why: str


def ingest(
    files: Sequence[Path], store: Path, *, progress: Progress | None = None
) -> tuple[Ingested | Refused, ...]:
    """Add documents to a store and tell what became of each, in their order.

    A document is known by its bytes: a second time, or under another name, it is passed over.  A
    file that changed takes the place of what the same path held, unless that lies at another
    path, too.  One that can't be read does not keep the others out.  Killed at any moment, the
    same call goes on where it stood and ends with the same entries.

    Args:
        files: PDF, HTML, Markdown or plain text.
        store: Folder of the store; made if it is not there.
        progress: Told of files and chunks.

    Raises:
        InputError: If the store can't be used.
        OutputError: If it can't be written.
        MissingPackageError: Without the extra.
    """
    told = progress or Silent()
    with opened(store) as shelf:
        refresh_knowledge(shelf, load_knowledge(), told)
        return tuple(_one(path, shelf, told) for path in files)


def refresh_knowledge(store: Store, knowledge: Knowledge, progress: Progress | None = None) -> bool:
    """Bring our own statements in a store to a release; tell whether that changed anything.

    Args:
        store: Opened.
        knowledge: Of which each statement is an entry.
        progress: Told of the statements.
    """
    ledger = read_ledger(store.folder)
    chunks = statement_chunks(knowledge.statements)
    there, wanted = set(store.ids(_OWN)), all_ids(chunks)
    if ledger.knowledge == knowledge.release and there == wanted:
        return False
    _complete(store, chunks, "our own knowledge", progress or Silent())
    store.delete(there - wanted)
    write_ledger(store.folder, ledger.with_knowledge(knowledge.release))
    return True


def _one(path: Path, store: Store, progress: Progress) -> Ingested | Refused:
    progress.stage(f"reading {path.name}")
    try:
        document = read_document(path)
    except InputError as error:
        return Refused(file=str(path), why=str(error))
    chunks = chunks_of(document)
    before = read_ledger(store.folder)
    new = document.sha256 not in before.documents
    _complete(store, chunks, document.file, progress)
    entry = Entry(file=document.file, paths=(), pages=document.numbered, chunks=len(chunks))
    after = before.with_document(document.sha256, entry, document.path)
    gone = before.documents.keys() - after.documents.keys()
    for sha256 in gone:
        store.delete(store.ids(sha256))
    # last: until it is written, the next call does all of it again
    write_ledger(store.folder, after)
    return _told(document, len(chunks), new=new, replaced=len(gone))


def _told(document: Document, chunks: int, *, new: bool, replaced: int) -> Ingested:
    return Ingested(
        file=document.file,
        pages=document.numbered,
        empty_pages=sum(not page.text for page in document.pages),
        chunks=chunks,
        new=new,
        replaced=replaced,
    )


def _complete(store: Store, chunks: Sequence[Chunk], name: str, progress: Progress) -> None:
    """Write the chunks that are not there, or not all of them."""
    present = store.present(sorted(all_ids(chunks)))
    lacking = [chunk for chunk in chunks if not all_ids([chunk]) <= present]
    if lacking:
        progress.stage(f"embedding {name}")
    for start in range(0, len(lacking), _BATCH):
        store.add(lacking[start : start + _BATCH], load_embedding())
        progress.step(min(start + _BATCH, len(lacking)), len(lacking))
