"""glioscope guidance ingest and search: documents in, passages out."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glioscope.cli import options
from glioscope.cli.progress import shown
from glioscope.core import InputError

if TYPE_CHECKING:
    from glioscope.core import Passage
    from glioscope.guidance.retrieval import Ingested

StoreFolder = Annotated[
    Path | None,
    typer.Option("--store", help="Folder of the ingested documents; one of yours without it."),
]


def default_store() -> Path:
    """Return where the documents of this user are kept."""
    return Path(typer.get_app_dir("glioscope")) / "guidance"


def ingest(
    files: Annotated[
        list[Path], typer.Argument(help="PDF, HTML, Markdown or plain text, such as guidelines.")
    ],
    *,
    store: StoreFolder = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Read documents, so that `glioscope plan` and `search` find their passages.

    A document that is there is passed over; a file that changed takes the place of its older
    version; after an interruption the same command goes on.
    """
    from glioscope.guidance.retrieval import Ingested, Refused
    from glioscope.guidance.retrieval import ingest as ingest_files

    with shown(quiet=quiet) as progress:
        results = ingest_files(files, store or default_store(), progress=progress)
    done = [result for result in results if isinstance(result, Ingested)]
    refused = [result for result in results if isinstance(result, Refused)]
    if as_json:
        content = {
            "status": "failed" if refused else "done",
            "documents": [dataclasses.asdict(result) for result in done],
            "refused": [dataclasses.asdict(result) for result in refused],
        }
        typer.echo(json.dumps(content))
    elif not quiet:
        for result in done:
            typer.echo(_told(result))
    for refusal in refused:
        typer.echo(f"glioscope: error: {refusal.why}", err=True)
    if refused:
        raise typer.Exit(InputError.exit_code)


def search(
    question: Annotated[str, typer.Argument(help="What to look for, in words.")],
    *,
    store: StoreFolder = None,
    limit: Annotated[int, typer.Option(help="Passages at most.", min=1)] = 5,
    threshold: Annotated[
        float, typer.Option(help="Least cosine similarity of a passage.", min=-1.0, max=1.0)
    ] = 0.5,
    how: Annotated[
        str, typer.Option(help="semantic (meaning), lexical (words) or fused (both).")
    ] = "fused",
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Print the passages that are nearest to a question, with file and page, best first."""
    from glioscope.guidance.retrieval import How
    from glioscope.guidance.retrieval import search as search_store

    if how not in tuple(How):
        msg = f"--how {how} is unknown; give one of {', '.join(How)}"
        raise InputError(msg)
    with shown(quiet=quiet) as progress:
        found = search_store(
            store or default_store(),
            question,
            limit=limit,
            threshold=threshold,
            how=How(how),
            progress=progress,
        )
    if as_json:
        passages = [dataclasses.asdict(passage) for passage in found]
        typer.echo(json.dumps({"status": "done", "passages": passages}))
        return
    for passage in found:
        typer.echo(_shown(passage))
    if not found and not quiet:
        typer.echo(f"nothing with a similarity of {threshold} or more; try --threshold", err=True)


def _told(result: Ingested) -> str:
    pages = "" if result.pages is None else f"{_counted(result.pages, 'page')}, "
    notes = [
        "" if result.new else "was there already",
        f"{_counted(result.empty_pages, 'page')} without text" if result.empty_pages else "",
        "in place of its older version" if result.replaced else "",
    ]
    said = "; ".join(note for note in notes if note)
    passages = _counted(result.chunks, "passage")
    return f"{result.file}: {pages}{passages}{f' ({said})' if said else ''}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _shown(passage: Passage) -> str:
    page = "" if passage.page is None else f", page {passage.page}"
    statement = "" if passage.statement is None else f", {passage.statement}"
    text = passage.text.replace("\n", "\n  ")
    return f"[{passage.score:.2f}] {passage.file}{page}{statement}\n  {text}\n"
