"""glioscope listen: waits for studies of a PACS, analyzes each, sends the results back."""

from __future__ import annotations

import dataclasses
import json
import logging
import shlex
import signal
import sys
import threading
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glioscope.cli import options
from glioscope.core import InputError

if TYPE_CHECKING:
    from glioscope.service.listen.analyzer import Analyzer
    from glioscope.service.listen.config import ListenConfig, TlsFiles
    from glioscope.service.listen.delivery import Send
    from glioscope.service.send.instances import ClientTls


def listen(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for studies, queue and results.")
    ],
    *,
    aet: Annotated[str, typer.Option("--aet", help="Our AE title.")] = "GLIOSCOPE",
    host: Annotated[
        str, typer.Option("--host", help="Address to listen at; 0.0.0.0 for other machines, too.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="0 takes a free one.")] = 11112,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", help="AE title that may send; all may without it. Repeatable."),
    ] = None,
    quiet_seconds: Annotated[
        float, typer.Option(help="A study is complete when nothing came for this long.")
    ] = 30.0,
    max_study_mb: Annotated[float, typer.Option(help="Larger studies are refused.")] = 4096.0,
    max_instance_mb: Annotated[float, typer.Option(help="Larger images are refused.")] = 512.0,
    max_associations: Annotated[int, typer.Option(help="At one time.")] = 20,
    rate: Annotated[
        float | None, typer.Option(help="Images a second at most; faster senders are slowed.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Our certificate: TLS only.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its private key.")] = None,
    tls_ca: Annotated[
        Path | None, typer.Option(help="Senders must show a certificate of this authority.")
    ] = None,
    send_to: Annotated[
        str | None, typer.Option(help="Where results go: AET@HOST:PORT, by C-STORE.")
    ] = None,
    stow: Annotated[
        str | None, typer.Option(help="Where results go: URL of a DICOMweb root.")
    ] = None,
    send_tls_ca: Annotated[
        Path | None,
        typer.Option(help="Authority of where results go; C-STORE speaks TLS with it."),
    ] = None,
    jobs: Annotated[int, typer.Option(help="Studies analyzed side by side.")] = 1,
    timeout: Annotated[float, typer.Option(help="Seconds that an analysis may take.")] = 3600.0,
    command: Annotated[
        str | None, typer.Option(help="Analyze with this command, given the same arguments.")
    ] = None,
    device: options.Device = "cpu",
    threads: options.Threads = 0,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try again what failed before.")
    ] = False,
    status: Annotated[
        bool, typer.Option("--status", help="Say how far each study is, and end.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Wait for studies by DICOM, analyze each once, and send its results on.

    Ctrl-C or SIGTERM ends it; at the next start it goes on with all that was received.
    """
    if status:
        _tell_status(output, as_json=as_json)
        return
    from glioscope.service.listen.analyzer import ANALYZE, Analyzer
    from glioscope.service.listen.config import Limits, ListenConfig

    config = ListenConfig(
        folder=output,
        aet=aet,
        host=host,
        port=port,
        allow=tuple(allow or ()),
        quiet_seconds=quiet_seconds,
        limits=Limits(
            max_study_mb=max_study_mb,
            max_instance_mb=max_instance_mb,
            max_associations=max_associations,
            instances_per_second=rate,
        ),
        tls=_tls(tls_cert, tls_key, tls_ca),
        jobs=jobs,
        timeout_seconds=timeout,
    )
    analyzer = Analyzer(
        command=ANALYZE if command is None else tuple(shlex.split(command)),
        options=("--device", device, "--threads", str(threads)),
    )
    send = _send(send_to, stow, aet, _client_tls(send_tls_ca, tls_cert, tls_key))
    _serve(config, analyzer, send, retry_failed=retry_failed)


def _serve(
    config: ListenConfig, analyzer: Analyzer, send: Send | None, *, retry_failed: bool
) -> None:
    from glioscope.service.listen.listener import Listener

    _log()
    listener = Listener(config, analyzer=analyzer, send=send)
    if retry_failed:
        typer.echo(f"{listener.retry_failed()} that failed are tried again", err=True)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    listener.start()
    stop.wait()
    listener.stop()


def _log() -> None:
    """Write one line a transition to stderr, and nothing that could quote a data set."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("glioscope")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
    # what pydicom warns of is text of patients that breaks a rule of the standard
    warnings.simplefilter("ignore")


def _tls(certificate: Path | None, key: Path | None, authority: Path | None) -> TlsFiles | None:
    from glioscope.service.listen.config import TlsFiles

    if certificate is None and key is None and authority is None:
        return None
    if certificate is None or key is None:
        msg = "TLS needs --tls-cert and --tls-key, both"
        raise InputError(msg)
    return TlsFiles(certificate=certificate, key=key, authority=authority)


def _client_tls(
    authority: Path | None, certificate: Path | None, key: Path | None
) -> ClientTls | None:
    from glioscope.service.send.instances import ClientTls

    if authority is None:
        return None
    return ClientTls(ca=authority, certificate=certificate, key=key)


def _send(node: str | None, root: str | None, aet: str, tls: ClientTls | None) -> Send | None:
    from glioscope.service.send.instances import Destination, send

    if node is not None and root is not None:
        msg = "results go to one place; give --send-to or --stow, not both"
        raise InputError(msg)
    where = node or root
    if where is None:
        return None
    destination = Destination.parse(where)
    return partial(send, to=destination, calling_aet=aet, tls=tls)


def _tell_status(folder: Path, *, as_json: bool) -> None:
    from glioscope.service.listen.status import read_status

    status = read_status(folder)
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(status)))
        return
    typer.echo("the listener runs" if status.running else "no listener runs")
    for one in status.studies:
        place = "" if one.result is None else f"  results/{one.result}"
        reason = "" if one.reason is None else f"  {one.reason}"
        typer.echo(f"{one.study}  {one.state:<9}  {one.images:5d} images{place}{reason}")
