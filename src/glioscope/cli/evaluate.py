"""glioscope evaluate: labels against an expert's, or a training run on who was kept aside."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from glioscope.cli import options


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """What was asked for of a run; ``None`` where nothing was said."""

    part: str | None
    best: bool
    subsets: bool | None
    draws: int | None
    mirror: bool
    save_labels: bool
    device: str | None

    @property
    def given(self) -> list[str]:
        """Options that were given, as they are written."""
        named = {
            "--part": self.part is not None,
            "--best": self.best,
            "--subsets": self.subsets is not None,
            "--draws": self.draws is not None,
            "--mirror": self.mirror,
            "--save-labels": self.save_labels,
            "--device": self.device is not None,
        }
        return [name for name, is_given in named.items() if is_given]


def evaluate(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="PREDICTION TRUTH: label files, or folders of them; or RUN...: the folder of a"
            " training run, or those of its folds.",
            metavar="PREDICTION TRUTH | RUN...",
        ),
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Write all scores as JSON; of runs, the folder of the scores."
        ),
    ] = None,
    whole_tumor_only: Annotated[
        bool, typer.Option("--whole-tumor-only", help="The truth is a mask of the whole tumor.")
    ] = False,
    trained_on: Annotated[
        Path | None,
        typer.Option(help="CSV of the patients that the model has seen: none may be tested."),
    ] = None,
    part: Annotated[
        str | None, typer.Option(help="Of a run's split: test, validation or train.")
    ] = None,
    best: Annotated[
        bool, typer.Option("--best", help="A run's best checkpoint, not its last weights.")
    ] = False,
    subsets: Annotated[
        bool | None,
        typer.Option("--subsets/--no-subsets", help="Score all subsets of a run's sequences."),
    ] = None,
    draws: Annotated[
        int | None, typer.Option(help="Passes with dropout, for a run's uncertainty; 0 for none.")
    ] = None,
    mirror: Annotated[
        bool, typer.Option("--mirror", help="Average a run's answers with the mirror image.")
    ] = False,
    save_labels: Annotated[
        bool, typer.Option("--save-labels", help="Write a run's labels as NIfTI too.")
    ] = False,
    device: Annotated[str | None, typer.Option(help="Of a run: cpu or cuda.")] = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Compare labels with an expert's: Dice, lesion-wise Dice, HD95, surface Dice, with intervals.

    A file is compared with a file, a folder with a folder: files are paired by their names.

    Of a training run, whole cases of its test part are segmented and scored, with subsets of the
    sequences, calibration and drawings; the folds of a cross-validation are pooled.
    """
    from glioscope.learning.runs.folder import holds_run

    asked = _Judged(
        part=part,
        best=best,
        subsets=subsets,
        draws=draws,
        mirror=mirror,
        save_labels=save_labels,
        device=device,
    )
    if holds_run(paths[0]):
        _refuse({"--whole-tumor-only": whole_tumor_only, "--trained-on": trained_on is not None})
        _runs(paths, asked, output=output, quiet=quiet, as_json=as_json)
        return
    _labels(
        paths,
        asked,
        output=output,
        whole_tumor_only=whole_tumor_only,
        trained_on=trained_on,
        as_json=as_json,
    )


def _refuse(given: dict[str, bool]) -> None:
    from glioscope.core import InputError

    wrong = [name for name, is_given in given.items() if is_given]
    if wrong:
        msg = f"{', '.join(wrong)}: goes with label files; a run knows its cases and its split"
        raise InputError(msg)


def _labels(
    paths: list[Path],
    asked: _Judged,
    *,
    output: Path | None,
    whole_tumor_only: bool,
    trained_on: Path | None,
    as_json: bool,
) -> None:
    from glioscope.core import InputError, Region
    from glioscope.pipeline import BRATS_REGIONS, evaluate_labels, scores_table
    from glioscope.pipeline.manifest import write_json

    if len(paths) != 2 or asked.given:
        wrong = f" ({', '.join(asked.given)} goes with runs)" if asked.given else ""
        msg = f"{paths[0].name} is no training run{wrong}; give PREDICTION and TRUTH, or runs"
        raise InputError(msg)
    regions = (Region.WT,) if whole_tumor_only else BRATS_REGIONS
    scores = evaluate_labels(*paths, regions=regions, trained_on=trained_on)
    if output is not None:
        write_json(scores.as_json(), output)
    typer.echo(json.dumps(scores.as_json()) if as_json else scores_table(scores))


def _runs(
    paths: list[Path], asked: _Judged, *, output: Path | None, quiet: bool, as_json: bool
) -> None:
    from glioscope.cli import progress
    from glioscope.core import InputError, require

    for package in ("torch", "lightning", "monai"):
        require(package, extra="train")
    from glioscope.learning.assessment.assess import assess, assess_folds, default_output
    from glioscope.learning.assessment.settings import Settings
    from glioscope.learning.assessment.tables import text

    if len(paths) > 1 and output is None:
        msg = "several runs are folds of one: say by -o where their scores go"
        raise InputError(msg)
    settings = Settings(
        part=asked.part or "test",
        best=asked.best,
        subsets=asked.subsets is not False,
        draws=8 if asked.draws is None else asked.draws,
        mirror=asked.mirror,
        device=asked.device or "cpu",
    )
    place = output or default_output(paths[0], settings)
    with progress.shown(quiet=quiet) as shown:
        scores = (
            assess(paths[0], settings, output=place, progress=shown, save_labels=asked.save_labels)
            if len(paths) == 1
            else assess_folds(
                paths, settings, output=place, progress=shown, save_labels=asked.save_labels
            )
        )
    typer.echo(json.dumps(scores.as_json()) if as_json else f"{text(scores)}\n\n{place}")
