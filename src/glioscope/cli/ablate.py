"""glioscope ablate: what each change of a training run is worth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from glioscope.cli import options, progress


def ablate(
    runs: Annotated[
        list[Path],
        typer.Argument(
            help="The reference first, then the others: a run's folder, or a folder that holds its"
            " folds fold-0, fold-1 and so on.",
            metavar="REFERENCE RUN...",
        ),
    ],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder of the table and the drawings.")
    ] = Path("ablation"),
    part: Annotated[str, typer.Option(help="Of the split: test or validation.")] = "test",
    best: Annotated[
        bool, typer.Option("--best", help="The best checkpoints, not the last weights.")
    ] = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Compare training runs with the first, by paired bootstrap over the patients they share.

    Runs that `glioscope evaluate` has not judged yet are judged first.
    """
    from glioscope.core import require

    for package in ("torch", "lightning", "monai"):
        require(package, extra="train")
    from glioscope.learning.assessment.ablate import ablate as compare
    from glioscope.learning.assessment.settings import Settings

    with progress.shown(quiet=quiet) as shown:
        found = compare(runs, Settings(part=part, best=best), output=output, progress=shown)
    typer.echo(json.dumps(found.as_json()) if as_json else f"{found.text()}\n\n{output}")
