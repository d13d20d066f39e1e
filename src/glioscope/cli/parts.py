"""glioscope prepare, segment, measure: each part of the main job alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glioscope.cli import options
from glioscope.cli.analyze import device_named, overrides
from glioscope.cli.progress import shown
from glioscope.core import InputError

if TYPE_CHECKING:
    from glioscope.pipeline import Source


def prepare(
    folder: options.Folder,
    output: options.Output,
    *,
    t1: options.T1 = None,
    t1c: options.T1C = None,
    t2: options.T2 = None,
    flair: options.FLAIR = None,
    brain_mask: options.BrainMask = None,
    quiet: options.Quiet = False,
) -> None:
    """Align, strip, correct and normalize a patient's sequences; write them and their quality."""
    from glioscope.pipeline import prepare_folder

    source = _source(folder, overrides(t1=t1, t1c=t1c, t2=t2, flair=flair), brain_mask)
    with shown(quiet=quiet) as progress:
        case = prepare_folder(source, output, progress=progress)
    if not quiet:
        for notice in case.notices:
            typer.echo(f"{notice.severity}: {notice.message}", err=True)
        typer.echo(f"prepared: {output / 'prepared'}")


def segment(
    folder: options.Folder,
    output: options.Output,
    *,
    t1: options.T1 = None,
    t1c: options.T1C = None,
    t2: options.T2 = None,
    flair: options.FLAIR = None,
    brain_mask: options.BrainMask = None,
    save_probabilities: Annotated[
        bool, typer.Option("--save-probabilities", help="Write probabilities and uncertainty.")
    ] = False,
    device: options.Device = "cpu",
    threads: options.Threads = 0,
    quiet: options.Quiet = False,
) -> None:
    """Prepare a patient and label the tumor, on the patient's own grid."""
    from glioscope.pipeline import AnalyzeConfig, segment_folder
    from glioscope.segmentation import SegmentConfig

    source = _source(folder, overrides(t1=t1, t1c=t1c, t2=t2, flair=flair), brain_mask)
    config = AnalyzeConfig(
        segment=SegmentConfig(device=device_named(device), threads=threads),
        save_probabilities=save_probabilities,
    )
    with shown(quiet=quiet) as progress:
        segmentation = segment_folder(source, output, config, progress=progress)
    if not quiet:
        for notice in segmentation.notices:
            typer.echo(f"{notice.severity}: {notice.message}", err=True)
        typer.echo(f"segmentation: {output / 'segmentation.nii.gz'}")


def measure(
    labels: Annotated[Path, typer.Argument(help="Label file, NIfTI, BraTS labels.")],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="JSON file; stdout without it.")
    ] = None,
    convention: Annotated[
        str | None, typer.Option(help="Such as brats2018 or brats2023; guessed without it.")
    ] = None,
) -> None:
    """Measure a label file alone: volumes, diameters, shape, lesions; no location."""
    from glioscope.io import LabelConvention
    from glioscope.pipeline import measure_labels

    if convention is not None and convention not in set(LabelConvention):
        msg = f"--convention {convention}: give one of {', '.join(LabelConvention)}"
        raise InputError(msg)
    known = None if convention is None else LabelConvention(convention)
    result: dict[str, Any] = measure_labels(labels, convention=known)
    if output is None:
        typer.echo(json.dumps(result, indent=2))
        return
    from glioscope.pipeline.manifest import write_json

    write_json(result, output)
    typer.echo(f"measurements: {output}")


def _source(folder: Path, named: dict[Any, Path], brain_mask: Path | None) -> Source:
    from glioscope.pipeline import Source

    return Source(folder=folder, overrides=named, brain_mask=brain_mask)
