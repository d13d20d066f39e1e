"""glioscope simulate: a patient with known truth."""

from __future__ import annotations

from typing import Annotated

import typer

from glioscope.cli import options
from glioscope.cli.progress import shown
from glioscope.core import InputError


def simulate(
    output: options.Output,
    *,
    dicom: Annotated[bool, typer.Option("--dicom", help="Write DICOM series.")] = False,
    nifti: Annotated[bool, typer.Option("--nifti", help="Write NIfTI files.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same patient.")] = 0,
    quiet: options.Quiet = False,
) -> None:
    """Simulate a patient with a tumor and write the scans, and the exact truth beside them."""
    from glioscope.simulation import simulate_patient, write_patient

    if dicom and nifti:
        msg = "--dicom and --nifti: give one of them"
        raise InputError(msg)
    with shown(quiet=quiet) as progress:
        progress.stage(f"simulating patient {seed}")
        patient = simulate_patient(seed)
        progress.stage("writing")
        write_patient(patient, output, layout="nifti" if nifti else "dicom")
    if not quiet:
        typer.echo(f"patient: {output / ('nifti' if nifti else 'dicom')}")
        typer.echo(f"truth: {output / 'truth'}")
