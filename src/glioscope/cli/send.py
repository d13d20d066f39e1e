"""glioscope send: DICOM files to a PACS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from glioscope.cli import options, pacs
from glioscope.cli.progress import shown


def send(
    files: Annotated[
        list[Path], typer.Argument(help="DICOM files, or folders of them, such as RESULT/dicom.")
    ],
    *,
    to: Annotated[str, typer.Option("--to", help="AET@host:port, or the URL of a DICOMweb root.")],
    aet: pacs.Aet = "GLIOSCOPE",
    timeout: pacs.Timeout = 60.0,
    insecure: pacs.Insecure = False,
    tls: pacs.Tls = False,
    tls_ca: pacs.TlsCa = None,
    tls_cert: pacs.TlsCert = None,
    tls_key: pacs.TlsKey = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Send DICOM files to a PACS, by C-STORE or STOW-RS; sending again does no harm.

    A DICOMweb service that wants a login takes it from the environment: a bearer token from
    GLIOSCOPE_DICOMWEB_TOKEN, or GLIOSCOPE_DICOMWEB_USER and GLIOSCOPE_DICOMWEB_PASSWORD.
    """
    from glioscope.service.send.instances import Destination
    from glioscope.service.send.instances import send as store

    link = pacs.link(
        aet=aet, timeout_s=timeout, tls=tls, ca=tls_ca, certificate=tls_cert, key=tls_key
    )
    destination = Destination.parse(to, insecure=insecure)
    with shown(quiet=quiet) as progress:
        sent = store(
            files,
            destination,
            calling_aet=link.calling_aet,
            tls=link.tls,
            timeouts=link.timeouts,
            progress=progress,
        )
    if as_json:
        typer.echo(json.dumps({"status": "done", "instances": sent.count, "changed": sent.changed}))
    elif not quiet:
        changed = f", {sent.changed} of them changed by it" if sent.changed else ""
        typer.echo(f"{sent.count} instances stored by {destination}{changed}")
