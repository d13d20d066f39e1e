"""glioscope export: a written result for other systems."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glioscope.cli import consent, options
from glioscope.cli.progress import shown
from glioscope.core import InputError

if TYPE_CHECKING:
    from glioscope.pipeline import ExportConfig

Dicom = Annotated[
    bool,
    typer.Option(
        "--dicom", help="DICOM: segmentation, structured report, PDF and pictures, for a PACS."
    ),
]
Fhir = Annotated[bool, typer.Option("--fhir", help="FHIR R4: one bundle, for a record.")]
Bids = Annotated[bool, typer.Option("--bids", help="BIDS derivatives, for a study.")]
Labelmap = Annotated[
    bool,
    typer.Option(
        "--labelmap",
        help="The DICOM segmentation as a label map (2024); many archives refuse it yet.",
    ),
]
Structures = Annotated[
    bool, typer.Option("--rtstruct", help="A DICOM RT structure set too (contours).")
]


def export(
    result: Annotated[Path, typer.Argument(help="Folder that `glioscope analyze -o` wrote.")],
    study: Annotated[
        Path | None,
        typer.Argument(help="The folder that was analyzed, unchanged; not needed for BIDS."),
    ] = None,
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where to write; into the result's folder without it."),
    ] = None,
    dicom: Dicom = False,
    fhir: Fhir = False,
    bids: Bids = False,
    labelmap: Labelmap = False,
    structures: Structures = False,
    use: consent.For = "care",
    require_consent: consent.Required = False,
    audit: consent.Audit = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Write a result for other systems; DICOM where nothing else is asked for.

    The numbers are those of result.json. Written again, the objects have the same UIDs.
    """
    from glioscope.pipeline import export_result

    chosen = config(dicom=dicom, fhir=fhir, bids=bids, labelmap=labelmap, structures=structures)
    asked = consent.policy("export", required=require_consent, audit=audit)
    asked.allow(study or result, consent.use_named(use))
    with shown(quiet=quiet) as progress:
        written = export_result(
            result, study, output, chosen or config(dicom=True), progress=progress
        )
    if as_json:
        typer.echo(json.dumps({"status": "done", "files": [str(path) for path in written]}))
    elif not quiet:
        for folder in dict.fromkeys(path.parent for path in written):
            count = sum(path.parent == folder for path in written)
            typer.echo(f"{folder}: {count} {'file' if count == 1 else 'files'}")


def config(
    *,
    dicom: bool = False,
    fhir: bool = False,
    bids: bool = False,
    labelmap: bool = False,
    structures: bool = False,
) -> ExportConfig | None:
    """Return what was asked for; ``None`` if nothing was.

    Raises:
        InputError: If a choice is of DICOM, which then is not written.
    """
    from glioscope.pipeline import ExportConfig, Standard

    asked = {Standard.DICOM: dicom, Standard.FHIR: fhir, Standard.BIDS: bids}
    standards = tuple(standard for standard, wanted in asked.items() if wanted)
    if (labelmap or structures) and Standard.DICOM not in standards:
        msg = "--labelmap and --rtstruct are choices of --dicom; give that too"
        raise InputError(msg)
    if not standards:
        return None
    return ExportConfig(standards=standards, labelmap=labelmap, structures=structures)
