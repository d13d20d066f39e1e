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
    whole_tumor_only: Annotated[
        bool, typer.Option("--whole-tumor-only", help="The truth is a mask of the whole tumor.")
    ] = False,
    trained_on: Annotated[
        Path | None,
        typer.Option(help="CSV of the patients that the model has seen: none may be tested."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Compare labels with an expert's: Dice, lesion-wise Dice, HD95, surface Dice, with intervals.

    A file is compared with a file, a folder with a folder: files are paired by their names.
    """
    import json

    from glioscope.core import Region
    from glioscope.pipeline import BRATS_REGIONS, evaluate_labels, scores_table
    from glioscope.pipeline.manifest import write_json

    regions = (Region.WT,) if whole_tumor_only else BRATS_REGIONS
    scores = evaluate_labels(prediction, truth, regions=regions, trained_on=trained_on)
    if output is not None:
        write_json(scores.as_json(), output)
    typer.echo(json.dumps(scores.as_json()) if as_json else scores_table(scores))
