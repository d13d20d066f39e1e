"""Which documents a store holds whole, on disk beside them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from glioscope.core import InputError
from glioscope.io import write_atomically

FILE: Final = "documents.json"
_SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A document that was ingested to its end.

    Args:
        file: Name at the first time.
        paths: Where it was met, absolute; the same bytes may lie at several.
        pages: ``None`` for a document without pages.
        chunks: How many.
    """

    file: str
    paths: tuple[str, ...]
    pages: int | None
    chunks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What is in a store.

    Args:
        documents: By SHA-256 of the bytes.
        knowledge: Release of our own knowledge in it; ``None`` before the first time.
    """

    documents: dict[str, Entry] = field(default_factory=dict)
    knowledge: str | None = None

    def with_document(self, sha256: str, entry: Entry, path: Path) -> Ledger:
        """Add a document or another place of it; a path holds one document, the newest."""
        kept = {key: _without(old, str(path)) for key, old in self.documents.items()}
        known = kept.get(sha256, entry)
        kept[sha256] = replace(known, paths=(*known.paths, str(path)))
        return replace(self, documents={key: old for key, old in kept.items() if old.paths})

    def with_knowledge(self, release: str) -> Ledger:
        """Note the release of our own knowledge."""
        return replace(self, knowledge=release)


def _without(entry: Entry, path: str) -> Entry:
    return replace(entry, paths=tuple(known for known in entry.paths if known != path))


def read_ledger(store: Path) -> Ledger:
    """Read what a store holds; nothing if it is new.

    Raises:
        InputError: If the file is damaged or of another version of Glioscope.
    """
    file = store / FILE
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if content["schema"] != _SCHEMA:
            raise ValueError(content["schema"])  # noqa: TRY301 - one refusal for all of it
        documents = {
            key: Entry(**{**entry, "paths": tuple(entry["paths"])})
            for key, entry in content["documents"].items()
        }
        return Ledger(documents=documents, knowledge=content["knowledge"])
    except FileNotFoundError:
        return Ledger()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        msg = (
            f"{file} can't be read ({type(error).__name__}); delete the folder {store.name}"
            " and ingest your documents again"
        )
        raise InputError(msg) from error


def write_ledger(store: Path, ledger: Ledger) -> None:
    """Write what a store holds now.

    Raises:
        OutputError: If it can't be written.
    """
    content = {"schema": _SCHEMA, **asdict(ledger)}
    text = json.dumps(content, indent=1, ensure_ascii=False)
    write_atomically(store / FILE, f"{text}\n".encode())
