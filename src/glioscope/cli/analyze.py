"""glioscope analyze: one patient, or a folder of patients."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from glioscope.cli import consent, export, options
from glioscope.cli.progress import shown
from glioscope.core import CaseResult, InputError, Patient, Region, Sequence

if TYPE_CHECKING:
    from glioscope.pipeline import AnalyzeConfig, CohortRow, ExportConfig, Source

FAILED_PATIENTS = 6


def analyze(
    folder: options.Folder,
    output: options.Output,
    *,
    case_id: Annotated[
        str | None, typer.Option("--case-id", help="Pseudonym; the folder's name without it.")
    ] = None,
    age: options.Age = None,
    sex: options.Sex = None,
    known: options.Known = None,
    patients: Annotated[
        Path | None, typer.Option(help="Of a cohort: CSV with id (folder name), age, sex.")
    ] = None,
    t1: options.T1 = None,
    t1c: options.T1C = None,
    t2: options.T2 = None,
    flair: options.FLAIR = None,
    brain_mask: options.BrainMask = None,
    atlas: Annotated[Path | None, typer.Option(help="Your own atlas labels, NIfTI.")] = None,
    atlas_names: Annotated[Path | None, typer.Option(help="Table: index, name.")] = None,
    save_probabilities: Annotated[
        bool, typer.Option("--save-probabilities", help="Write probabilities and uncertainty.")
    ] = False,
    plan: Annotated[
        bool,
        typer.Option(
            "--plan", help="Write what guidelines support too; `glioscope plan` takes more facts."
        ),
    ] = False,
    dicom: export.Dicom = False,
    fhir: export.Fhir = False,
    bids: export.Bids = False,
    labelmap: export.Labelmap = False,
    structures: export.Structures = False,
    use: consent.For = "care",
    require_consent: consent.Required = False,
    audit: consent.Audit = None,
    jobs: Annotated[int, typer.Option(min=1, help="Patients side by side, in a cohort.")] = 1,
    device: options.Device = "cpu",
    threads: options.Threads = 0,
    resume: options.Resume = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Find, measure and locate the tumor of a patient; write a report.

    FOLDER may also hold one folder a patient: each is analyzed, cohort.csv lists all, and one
    that fails never stops the others.
    """
    from glioscope.pipeline import Source

    source = Source(
        folder=folder,
        case_id=case_id,
        overrides=overrides(t1=t1, t1c=t1c, t2=t2, flair=flair),
        brain_mask=brain_mask,
        patient=Patient(age_years=age, sex=sex_named(sex)),
    )
    config = _config(
        device=device,
        threads=threads,
        save_probabilities=save_probabilities,
        atlas=atlas,
        atlas_names=atlas_names,
        known=known or [],
        plan=plan,
    )
    exports = export.config(
        dicom=dicom, fhir=fhir, bids=bids, labelmap=labelmap, structures=structures
    )
    policy = consent.policy("analyze", required=require_consent, audit=audit)
    allow = partial(policy.allow, use=consent.use_named(use), root=folder)
    run = _Run(exports=exports, allow=allow, jobs=jobs, resume=resume, quiet=quiet, as_json=as_json)
    if not source.overrides and _is_cohort(folder):
        if source.patient != Patient() or known:
            msg = (
                "--age, --sex and --known are one patient's; for a cohort give --patients TABLE.csv"
            )
            raise InputError(msg)
        told = {} if patients is None else _told(patients)
        _cohort(source, output, config, told, run)
    elif patients is not None:
        msg = "--patients is for a cohort; give this patient's --age and --sex"
        raise InputError(msg)
    else:
        _single(source, output, config, run)


def overrides(
    *, t1: Path | None, t1c: Path | None, t2: Path | None, flair: Path | None
) -> dict[Sequence, Path]:
    """Return the files that the user named, by sequence."""
    named = {Sequence.T1: t1, Sequence.T1C: t1c, Sequence.T2: t2, Sequence.FLAIR: flair}
    return {sequence: path for sequence, path in named.items() if path is not None}


def sex_named(value: str | None) -> Literal["F", "M", "O"] | None:
    """Check a sex.

    Raises:
        InputError: If it is none of F, M and O.
    """
    if value is None:
        return None
    if value.upper() not in {"F", "M", "O"}:
        msg = f"--sex {value}: give F, M or O"
        raise InputError(msg)
    return cast('Literal["F", "M", "O"]', value.upper())


def _is_cohort(folder: Path) -> bool:
    from glioscope.io import find_patients

    return find_patients(folder) != (folder,)


def _config(
    *,
    device: str,
    threads: int,
    save_probabilities: bool,
    atlas: Path | None,
    atlas_names: Path | None,
    known: list[str],
    plan: bool,
) -> AnalyzeConfig:
    from glioscope.anatomy import LocateConfig
    from glioscope.pipeline import AnalyzeConfig
    from glioscope.prediction import parse_known
    from glioscope.segmentation import SegmentConfig

    return AnalyzeConfig(
        segment=SegmentConfig(device=device_named(device), threads=threads),
        locate=LocateConfig(atlas=atlas, atlas_names=atlas_names),
        save_probabilities=save_probabilities,
        known=parse_known(known),
        plan=plan,
    )


def device_named(name: str) -> Literal["cpu", "cuda"]:
    """Check the name of a device.

    Raises:
        InputError: If there is none of that name.
    """
    if name not in {"cpu", "cuda"}:
        msg = f"--device {name}: give cpu or cuda"
        raise InputError(msg)
    return cast('Literal["cpu", "cuda"]', name)


def _single(source: Source, output: Path, config: AnalyzeConfig, run: _Run) -> None:
    from glioscope.pipeline import analyze as analyze_one

    run.allow(source.folder)
    with shown(quiet=run.quiet) as progress:
        result = analyze_one(
            source, output, config, exports=run.exports, resume=run.resume, progress=progress
        )
    if run.as_json:
        typer.echo(json.dumps({"status": "done", **_summary(result, output)}))
    elif not run.quiet:
        for notice in result.notices:
            typer.echo(f"{notice.severity}: {notice.message}", err=True)
        typer.echo(f"report: {output / 'report.html'}")
        if config.plan:
            typer.echo(f"plan: {output / 'plan.html'}")
        for standard in () if run.exports is None else run.exports.standards:
            typer.echo(f"{standard}: {output / standard}")


def _summary(result: CaseResult, output: Path) -> dict[str, object]:
    volumes = result.findings.measurements.volumes
    return {
        "case_id": result.case.case_id,
        "report": str(output / "report.html"),
        "volume_ml": {str(region): volumes[region].value for region in Region if region in volumes},
        "notices": [
            {"code": notice.code, "severity": notice.severity, "message": notice.message}
            for notice in result.notices
        ],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """How patients are run and told of."""

    exports: ExportConfig | None
    allow: Callable[[Path], object]
    jobs: int
    resume: bool
    quiet: bool
    as_json: bool


def _told(table: Path) -> dict[str, Patient]:
    from glioscope.pipeline.predict import read_patients

    return read_patients(table)


def _cohort(
    source: Source,
    output: Path,
    config: AnalyzeConfig,
    patients: dict[str, Patient],
    run: _Run,
) -> None:
    from glioscope.pipeline import Manner, analyze_cohort

    def told(row: CohortRow, done: int, total: int) -> None:
        if not run.quiet:
            outcome = row.status if row.message is None else f"{row.status}: {row.message}"
            typer.echo(f"[{done}/{total}] {row.case_id}: {outcome}", err=True)

    rows = analyze_cohort(
        source,
        output,
        config,
        patients=patients,
        manner=Manner(exports=run.exports, resume=run.resume, allow=run.allow),
        jobs=run.jobs,
        told=told,
    )
    failed = sum(row.status != "done" for row in rows)
    if run.as_json:
        typer.echo(json.dumps({"patients": len(rows), "failed": failed}))
    elif not run.quiet:
        typer.echo(f"{len(rows)} patients, {failed} failed: {output / 'cohort.csv'}")
    if failed:
        raise typer.Exit(FAILED_PATIENTS)
