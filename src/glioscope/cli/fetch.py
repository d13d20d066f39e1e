"""glioscope fetch: studies from a PACS."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glioscope.cli import options, pacs
from glioscope.cli.progress import shown
from glioscope.core import InputError

if TYPE_CHECKING:
    from glioscope.core import Progress
    from glioscope.service.fetch.study import Fetched, FoundSeries, FoundStudy, Source


def fetch(
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the study; must be new.")
    ] = None,
    source: Annotated[
        str, typer.Option("--from", help="AET@host:port, or the URL of a DICOMweb root.")
    ],
    study: Annotated[str | None, typer.Option("--study", help="StudyInstanceUID.")] = None,
    patient_id: Annotated[str | None, typer.Option(help="As the hospital writes it.")] = None,
    accession: Annotated[str | None, typer.Option(help="Accession number.")] = None,
    date: Annotated[str | None, typer.Option(help="YYYYMMDD, or a range with a dash.")] = None,
    modality: Annotated[str | None, typer.Option(help="Only series of this, such as MR.")] = None,
    list_only: Annotated[bool, typer.Option("--list", help="Only print what is there.")] = False,
    show_names: Annotated[
        bool, typer.Option("--show-names", help="With --list: print patients' names too.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Fetch each study that matches, a folder each.")
    ] = False,
    get: Annotated[bool, typer.Option("--get", help="Retrieve by C-GET, not C-MOVE.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Ours, for C-MOVE.")] = 11112,
    host: Annotated[str | None, typer.Option(help="Address to listen on, for C-MOVE.")] = None,
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
    """Fetch a study from a PACS into a folder that `glioscope analyze` takes, or list studies.

    A node is asked by C-FIND and C-MOVE (it must know our AE title, host and port) or, with --get,
    by C-GET; a DICOMweb service by QIDO-RS and WADO-RS.  Its login comes from the environment:
    GLIOSCOPE_DICOMWEB_TOKEN, or GLIOSCOPE_DICOMWEB_USER and GLIOSCOPE_DICOMWEB_PASSWORD.
    """
    from glioscope.service.fetch.study import Destination, Query, Receiver, find_studies, source_of

    if (output is None) != list_only:
        msg = "give a folder with -o to fetch, or --list to look, one of both"
        raise InputError(msg)
    link = pacs.link(
        aet=aet, timeout_s=timeout, tls=tls, ca=tls_ca, certificate=tls_cert, key=tls_key
    )
    query = Query(
        study_uid=study, patient_id=patient_id, accession=accession, dates=date, modality=modality
    )
    archive = source_of(
        Destination.parse(source, insecure=insecure),
        link,
        receiver=None if get else Receiver(port=port, host=host),
    )
    with shown(quiet=quiet or list_only) as progress:
        if not list_only:
            progress.stage("looking for studies")
        found = find_studies(query, archive)
        fetched = [] if output is None else _fetched(found, archive, output, every, progress)
    if list_only:
        _list(found, show_names=show_names, as_json=as_json)
    elif as_json:
        typer.echo(json.dumps({"status": "done", "studies": [_told(one) for one in fetched]}))
    elif not quiet:
        for one in fetched:
            typer.echo(f"{one.folder}: {one.series} series, {one.instances} instances")


def _fetched(
    found: tuple[FoundStudy, ...], archive: Source, output: Path, every: bool, progress: Progress
) -> list[Fetched]:
    from glioscope.service.fetch.study import fetch_study

    if not found:
        msg = "no such study in this PACS; look with --list, or ask for less"
        raise InputError(msg)
    if len(found) > 1 and not every:
        msg = (
            f"{len(found)} studies match; look with --list and name one with --study, or fetch"
            " each into a folder of its own with --all"
        )
        raise InputError(msg)
    fetched = []
    for number, study in enumerate(found, start=1):
        progress.stage(
            f"fetching study {number} of {len(found)}, {study.instances or '?'} instances"
        )
        folder = output / _folder_name(study) if every else output
        fetched.append(fetch_study(study, archive, folder, progress=progress))
    return fetched


def _folder_name(study: FoundStudy) -> str:
    """Name a study by a digest of its UID: neither who nor when."""
    return f"study-{hashlib.sha256(study.uid.encode()).hexdigest()[:12]}"


def _told(fetched: Fetched) -> dict[str, Any]:
    return {
        "folder": str(fetched.folder),
        "series": fetched.series,
        "instances": fetched.instances,
    }


def _list(found: tuple[FoundStudy, ...], *, show_names: bool, as_json: bool) -> None:
    if as_json:
        studies = [_listed(study, show_names=show_names) for study in found]
        typer.echo(json.dumps({"status": "done", "studies": studies}))
        return
    for study in found:
        name = f"  {study.patient_name}" if show_names else ""
        typer.echo(f"{study.uid}  {study.date or 'no date'}  {_count(study.instances)}{name}")
        for series in study.series:
            typer.echo(f"  {_line(series)}")
    typer.echo(f"{len(found)} {'study matches' if len(found) == 1 else 'studies match'}")


def _line(series: FoundSeries) -> str:
    number = "-" if series.number is None else str(series.number)
    return (
        f"{number:>4}  {series.modality:<4}{_count(series.instances):>16}  {series.description}"
    ).rstrip()


def _count(instances: int | None) -> str:
    return "? instances" if instances is None else f"{instances} instances"


def _listed(study: FoundStudy, *, show_names: bool) -> dict[str, Any]:
    series = [
        {
            "uid": one.uid,
            "number": one.number,
            "modality": one.modality,
            "description": one.description,
            "instances": one.instances,
        }
        for one in study.series
    ]
    name = {"patient_name": study.patient_name} if show_names else {}
    return {"uid": study.uid, "date": study.date, **name, "series": series}
