"""glioscope train: a training run, from one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glioscope.cli import consent, options, progress


def train(
    config: Annotated[Path, typer.Argument(help="TOML file, as in experiments/.")],
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the run; runs/NAME where left out."),
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option("--data", help="Data set folder instead of the file's; as often as needed."),
    ] = None,
    table: Annotated[
        list[str] | None, typer.Option("--table", help="CSV of paths, one case a line.")
    ] = None,
    facts: Annotated[
        list[str] | None, typer.Option("--facts", help="CSV of grade, markers, survival.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="Folder of prepared cases, for many runs.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Try it out: minutes on a laptop, no useful network.")
    ] = False,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="section.key=value, such as stage.steps=100 or split.fold=1."),
    ] = None,
    resume: options.Resume = False,
    devices: Annotated[int, typer.Option(help="Processes on this machine.", min=1)] = 1,
    nodes: Annotated[int, typer.Option(help="Machines.", min=1)] = 1,
    accelerator: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: options.Threads = 0,
    require_consent: consent.Required = False,
    audit: consent.Audit = None,
    quiet: options.Quiet = False,
) -> None:
    """Train a network; Ctrl-C or a kill loses little, --resume goes on with the same weights.

    Cases whose consent does not cover training are left out, as cases.json says.
    """
    import shlex
    import sys

    from glioscope.core import require
    from glioscope.learning.runs.reading import read_config

    asked = read_config(
        config,
        quick=quick,
        changes=change or (),
        # folders that the command names stand in for all data of the file
        folders=data or ([] if table else None),
        tables=table or ([] if data else None),
        facts=facts,
        cache=None if cache is None else str(cache),
    )
    for package in ("torch", "lightning", "monai"):
        require(package, extra="train")
    from glioscope.learning.runs.machine import Machine
    from glioscope.learning.runs.train import train as run

    machine = Machine(accelerator=accelerator, devices=devices, nodes=nodes, threads=threads)
    folder = output or Path("runs") / config.stem
    with progress.shown(quiet=quiet) as shown:
        done = run(
            asked,
            folder,
            resume=resume,
            machine=machine,
            progress=shown,
            command=shlex.join(sys.argv),
            consent=consent.policy("train", required=require_consent, audit=audit),
        )
    typer.echo(str(done.network))
