"""The application, its errors and its exit codes."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import typer

from glioscope import __version__
from glioscope.cli import (
    ablate,
    analyze,
    audit,
    deidentify,
    evaluate,
    export,
    fetch,
    guidance,
    leakage,
    listen,
    models,
    parts,
    plan,
    predict,
    send,
    simulate,
    train,
)
from glioscope.core import GlioscopeError

EXIT_CODES = """\b
Exit codes: 0 done; 1 a defect of Glioscope (please report it); 2 the input or the command can't
be used; 3 a model is missing or damaged; 4 the output can't be written; 5 a package of an extra
is missing; 6 some patients of a cohort failed (cohort.csv says which); 7 a consent file forbids
it; 130 interrupted."""

app = typer.Typer(
    name="glioscope",
    help="From a patient's brain MRI to a measured, located tumor and a report."
    " Research software, not a medical device.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
app.command()(analyze.analyze)
app.command()(export.export)
app.command()(fetch.fetch)
app.command()(send.send)
app.command()(listen.listen)
app.command()(deidentify.deidentify)
app.command()(deidentify.reidentify)
app.command()(audit.audit)
app.command()(parts.prepare)
app.command()(parts.segment)
app.command()(parts.measure)
app.command()(predict.predict)
app.command()(plan.plan)
app.add_typer(guidance.app)
app.command()(evaluate.evaluate)
app.command()(ablate.ablate)
app.command()(leakage.leakage)
app.command()(train.train)
app.command()(models.models)
app.command()(simulate.simulate)


def _version(value: bool) -> None:
    if value:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Options of all commands."""


def main() -> None:
    """Run the command line; every refusal is one line on stderr and an exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    arguments = sys.argv[1:]
    try:
        app()
    except GlioscopeError as error:
        _tell(error, as_json="--json" in arguments)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; go on with --resume\n")
        sys.exit(130)


def _tell(error: GlioscopeError, *, as_json: bool) -> None:
    text = " ".join(str(error).split())
    if as_json:
        failure: dict[str, Any] = {
            "status": "failed",
            "error": type(error).__name__,
            "exit_code": error.exit_code,
            "message": text,
        }
        sys.stdout.write(json.dumps(failure) + "\n")
    sys.stderr.write(f"glioscope: error: {text}\n")
