from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from glioscope.core import InputError, Silent
from glioscope.guidance.knowledge import Knowledge
from glioscope.guidance.retrieval import Ingested, Refused, ingest
from glioscope.guidance.retrieval import store as store_module
from glioscope.guidance.retrieval.intake import refresh_knowledge
from glioscope.guidance.retrieval.ledger import FILE, read_ledger
from glioscope.guidance.retrieval.store import opened

from .conftest import MakePdf, small_knowledge


def entries(store: Path) -> dict[str, str]:
    """Text of each part of the documents, by id."""
    with opened(store) as shelf:
        parts = {part.part_id: part.text for part in shelf.parts()}
    return {ident: text for ident, text in parts.items() if not ident.startswith("knowledge:")}


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def long_text(name: str) -> str:
    return " ".join(f"Sentence {number} of {name} says little." for number in range(440))


def test_pages_and_chunks_of_each_file_are_told(tmp_path: Path, make_pdf: MakePdf) -> None:
    pdf = make_pdf("a.pdf", ["one", "", "three"])
    text = write(tmp_path / "b.txt", "words")

    assert ingest([pdf, text], tmp_path / "store") == (
        Ingested(file="a.pdf", pages=3, empty_pages=1, chunks=2, new=True),
        Ingested(file="b.txt", pages=None, empty_pages=0, chunks=1, new=True),
    )


def test_one_bad_file_does_not_keep_the_others_out(tmp_path: Path) -> None:
    good = write(tmp_path / "good.txt", "words")
    bad = write(tmp_path / "bad.pdf", "no pdf")

    refused, ingested = ingest([bad, good], tmp_path / "store")

    assert isinstance(refused, Refused)
    assert "bad.pdf" in refused.why
    assert isinstance(ingested, Ingested)
    assert list(entries(tmp_path / "store").values()) == ["words"]


def test_a_file_twice_or_under_another_name_is_one_entry(tmp_path: Path) -> None:
    first = write(tmp_path / "a.txt", "the same words")
    copy = write(tmp_path / "copy.md", "the same words")
    store = tmp_path / "store"

    results = ingest([first, first, copy], store) + ingest([copy], store)

    assert [result.new for result in results if isinstance(result, Ingested)] == [
        True,
        False,
        False,
        False,
    ]
    assert len(entries(store)) == 1
    (entry,) = read_ledger(store).documents.values()
    assert entry.paths == (str(first.resolve()), str(copy.resolve()))


def test_what_was_lost_from_the_store_is_written_again(tmp_path: Path) -> None:
    store = tmp_path / "store"
    file = write(tmp_path / "a.txt", "some words")
    ingest([file], store)
    shutil.rmtree(store / "chroma")

    ingest([file], store)

    assert list(entries(store).values()) == ["some words"]
    with opened(store) as shelf:
        assert len(shelf.ids("knowledge")) == len(small_knowledge().statements)


def test_a_changed_file_takes_the_place_of_its_older_version(tmp_path: Path) -> None:
    store = tmp_path / "store"
    ingest([write(tmp_path / "a.txt", "old words")], store)

    (result,) = ingest([write(tmp_path / "a.txt", "new words")], store)

    assert isinstance(result, Ingested)
    assert (result.new, result.replaced) == (True, 1)
    assert list(entries(store).values()) == ["new words"]


def test_an_older_version_stays_while_it_lies_elsewhere_too(tmp_path: Path) -> None:
    store = tmp_path / "store"
    old = [write(tmp_path / name, "old words") for name in ("a.txt", "archive.txt")]
    ingest(old, store)

    ingest([write(tmp_path / "a.txt", "new words")], store)

    assert sorted(entries(store).values()) == ["new words", "old words"]


def test_two_files_of_one_name_in_two_folders_are_two_documents(tmp_path: Path) -> None:
    files = []
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        files.append(write(tmp_path / folder / "guideline.txt", f"words of {folder}"))

    ingest(files, tmp_path / "store")

    assert len(entries(tmp_path / "store")) == 2


class StopsAtFirstStep(Silent):
    embeds = False

    def stage(self, name: str) -> None:
        self.embeds = name == "embedding long.txt"

    def step(self, done: int, total: int) -> None:
        del done, total
        if self.embeds:
            raise KeyboardInterrupt


def test_an_interrupted_ingest_goes_on_and_ends_with_the_same_entries(tmp_path: Path) -> None:
    file = write(tmp_path / "long.txt", long_text("a"))
    with pytest.raises(KeyboardInterrupt):
        ingest([file], tmp_path / "cut", progress=StopsAtFirstStep())
    half = entries(tmp_path / "cut")
    ingest([file], tmp_path / "whole")

    ingest([file], tmp_path / "cut")

    assert 0 < len(half) < len(entries(tmp_path / "whole"))
    assert entries(tmp_path / "cut") == entries(tmp_path / "whole")
    assert read_ledger(tmp_path / "cut") == read_ledger(tmp_path / "whole")


KILLED = """
import os, signal, sys
from pathlib import Path
from glioscope.core import Silent
from glioscope.guidance.knowledge import Knowledge
from glioscope.guidance.retrieval import ingest, intake

intake.load_knowledge = lambda: Knowledge(statements={}, sources={}, release="0")

class Dies(Silent):
    embeds = False
    def stage(self, name):
        self.embeds = name == "embedding long.txt"
    def step(self, done, total):
        if self.embeds:
            os.kill(os.getpid(), signal.SIGKILL)

ingest([Path(sys.argv[1])], Path(sys.argv[2]), progress=Dies())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_killed_ingest_goes_on_and_ends_with_the_same_entries(tmp_path: Path) -> None:
    file = write(tmp_path / "long.txt", long_text("b"))
    store = tmp_path / "store"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(file), str(store)], check=False, timeout=60
    )
    half = entries(store)

    (result,) = ingest([file], store)

    assert killed.returncode == -9
    assert isinstance(result, Ingested)
    assert result.new
    assert 0 < len(half) < len(entries(store))
    assert half.items() <= entries(store).items()
    ids = {ident.rpartition(":")[0] for ident in entries(store)}
    assert len(ids) == result.chunks


def test_two_at_a_time_wait_for_each_other(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{n}.txt", f"words of {n}") for n in range(4)]
    store = tmp_path / "store"
    threads = [threading.Thread(target=ingest, args=([file], store)) for file in files]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(entries(store).values()) == [f"words of {n}" for n in range(4)]
    assert len(read_ledger(store).documents) == 4


def knowledge(release: str, texts: Mapping[str, str]) -> Knowledge:
    whole = small_knowledge()
    some = whole.statements["a-2020-pfs"]
    statements = {
        ident: replace(some, statement_id=ident, statement=text) for ident, text in texts.items()
    }
    return replace(whole, statements=statements, release=release)


def test_our_own_knowledge_follows_its_release(tmp_path: Path) -> None:
    first = knowledge("1", {"a": "One.", "b": "Two.", "c": "Three."})
    second = knowledge("2", {"a": "One.", "b": "Another two.", "d": "Four."})
    with opened(tmp_path / "store") as shelf:
        refreshed = [refresh_knowledge(shelf, of) for of in (first, first, second)]
        texts = {row["statement"]: row["text"] for row in shelf.rows(shelf.ids()).values()}

    assert refreshed == [True, False, True]
    assert sorted(texts) == ["a", "b", "d"]
    assert texts["b"].startswith("Another two.")


def test_a_store_of_another_embedding_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "identity", lambda: "another model 2.0")
    with opened(tmp_path / "store"):
        pass
    monkeypatch.undo()

    with (
        pytest.raises(InputError, match=r"another model 2\.0.*delete the folder and ingest"),
        opened(tmp_path / "store"),
    ):
        pass


def test_a_damaged_ledger_is_refused_with_what_to_do(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    (store / FILE).write_text(json.dumps({"schema": 99}), encoding="utf-8")

    with pytest.raises(InputError, match="delete the folder store and ingest"):
        ingest([], store)


def test_a_folder_with_other_files_is_no_store(tmp_path: Path) -> None:
    write(tmp_path / "holiday.txt", "sea")

    with pytest.raises(InputError, match="holds other files"):
        ingest([], tmp_path)


def test_a_file_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a file"):
        ingest([], write(tmp_path / "a.txt", "words"))


def test_a_damaged_store_is_refused_with_what_to_do(tmp_path: Path) -> None:
    ingest([write(tmp_path / "a.txt", "words")], tmp_path / "store")
    (tmp_path / "store" / "chroma" / "chroma.sqlite3").write_bytes(b"no database" * 1000)

    with pytest.raises(InputError, match="is damaged"):
        ingest([], tmp_path / "store")
