"""glioscope deidentify: a study that tells nobody whose it is, and the way back."""

from __future__ import annotations

import json
import os
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from glioscope.cli import consent, options
from glioscope.cli.progress import shown
from glioscope.core import InputError, OutputError

PasswordFrom = Annotated[
    str | None,
    typer.Option("--password-from", help="Environment variable with the password; else asked."),
]


def deidentify(
    folder: options.Folder,
    output: options.Output,
    *,
    key: Annotated[
        Path | None,
        typer.Option(help="Secret of the project, made if missing: later studies match."),
    ] = None,
    patient: Annotated[
        str | None, typer.Option(help="Pseudonym; derived from the key without it.")
    ] = None,
    key_out: Annotated[
        Path | None, typer.Option(help="Write old and new identifiers, encrypted.")
    ] = None,
    password_from: PasswordFrom = None,
    keep_face: Annotated[
        bool, typer.Option("--keep-face", help="Leave the face in the voxels; the headers say so.")
    ] = False,
    require_consent: consent.Required = False,
    audit: consent.Audit = None,
    resume: options.Resume = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Write a study without whose it is: headers by DICOM PS3.15, voxels without the face."""
    from glioscope.privacy.study.deidentify import DeidentifyConfig
    from glioscope.privacy.study.deidentify import deidentify as run
    from glioscope.privacy.study.key_table import write_table
    from glioscope.privacy.study.report import summary

    _check_keys(folder, output, key, key_out)
    if resume and key is None:
        msg = "--resume needs --key: without it each run has a key of its own; start anew"
        raise InputError(msg)
    asked = consent.policy("deidentify", required=require_consent, audit=audit)
    asked.allow(folder, consent.use_named("research"))
    keep_table = None
    if key_out is not None:
        password = _password(password_from, new=True)
        keep_table = partial(write_table, key_out, password=password)
    secret = _secret(key, quiet=quiet)
    config = DeidentifyConfig(key=secret, patient=patient, keep_face=keep_face)
    with shown(quiet=quiet) as progress:
        done = run(folder, output, config, resume=resume, progress=progress, keep_table=keep_table)
    if as_json:
        typer.echo(json.dumps({"status": "done", **done.report}))
    elif not quiet:
        typer.echo(summary(done.report))
        typer.echo(f"output: {output}")


def reidentify(
    key_table: Annotated[Path, typer.Argument(help="What deidentify --key-out wrote.")],
    *,
    password_from: PasswordFrom = None,
) -> None:
    """Print the table of old and new identifiers as JSON; keep what it prints as secret as them."""
    from glioscope.privacy.study.key_table import read_table

    password = _password(password_from, new=False)
    typer.echo(json.dumps(read_table(key_table, password=password), indent=2))


def _check_keys(folder: Path, output: Path, key: Path | None, key_out: Path | None) -> None:
    """Refuse secrets that would travel with what is shared, before anything is done."""
    for path in (key, key_out):
        if path is not None and any(
            path.resolve().is_relative_to(place.resolve()) for place in (folder, output)
        ):
            msg = (
                f"{path.name} lies in the folder of the study or of the output; give another place"
            )
            raise InputError(msg)
    if key_out is not None and key_out.exists():
        msg = f"{key_out.name} is there already; give a new name, for it may be the only way back"
        raise OutputError(msg)


def _secret(key: Path | None, *, quiet: bool) -> bytes:
    from glioscope.privacy.study.project_key import new_key, read_or_make_key

    if key is None:
        return new_key()
    secret, made = read_or_make_key(key)
    if made and not quiet:
        typer.echo(f"new key: {key}; keep it secret and safe, later studies need it", err=True)
    return secret


def _password(variable: str | None, *, new: bool) -> str:
    from glioscope.privacy.study.key_table import check_password

    if variable is None:
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=new))
    elif variable in os.environ:
        password = os.environ[variable]
    else:
        msg = f"--password-from {variable}: no such environment variable; set it"
        raise InputError(msg)
    if new:
        check_password(password)
    return password
