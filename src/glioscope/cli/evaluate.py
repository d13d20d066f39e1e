"""glioscope evaluate: labels against an expert's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glioscope.cli import options


def evaluate(
    prediction: Annotated[Path, typer.Argument(help="Label file, or a folder of them.")],
    truth: Annotated[Path, typer.Argument(help="The expert's, of the same name(s).")],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write all scores as JSON.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Compare labels with an expert's: Dice, lesion-wise Dice, HD95, surface Dice, with intervals.

    A file is compared with a file, a folder with a folder: files are paired by their names.
    """
    import json

    from glioscope.pipeline import evaluate_labels
    from glioscope.pipeline.manifest import write_json

    scores = evaluate_labels(prediction, truth)
    if output is not None:
        write_json(scores.to_json(), output)
    typer.echo(json.dumps(scores.to_json()) if as_json else scores.table())
