"""Many patients, each in a process of its own, so that none can stop the others."""

from __future__ import annotations

import csv
import io
import multiprocessing
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, fields, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from glioscope.core import (
    CaseResult,
    GlioscopeError,
    InputError,
    Patient,
    Quantity,
    Region,
    Severity,
    Target,
)
from glioscope.io import find_patients, write_atomically
from glioscope.pipeline.config import AnalyzeConfig, Source
from glioscope.pipeline.export_config import ExportConfig
from glioscope.pipeline.patient import analyze
from glioscope.pipeline.predict import probabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortRow:
    """One line of cohort.csv; empty where there is nothing to say.

    Volumes are ml, the diameter is the longest axial one of the largest lesion, mm; the entity is
    the most probable one, predicted from imaging; ``abstained`` says why nothing is predicted.
    """

    case_id: str
    status: Literal["done", "failed"]
    exit_code: int = 0
    message: str | None = None
    whole_tumor_ml: float | None = None
    tumor_core_ml: float | None = None
    enhancing_tumor_ml: float | None = None
    necrotic_core_ml: float | None = None
    edema_ml: float | None = None
    lesions: int | None = None
    longest_diameter_mm: float | None = None
    hemisphere: str | None = None
    main_lobe: str | None = None
    entity: str | None = None
    p_idh_mutant: float | None = None
    p_grade_4: float | None = None
    p_1p19q_codeleted: float | None = None
    abstained: str | None = None
    alarms: int | None = None
    warnings: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How each patient of a cohort is run.

    Args:
        exports: What to write of each for other systems.
        resume: Go on with what killed runs of single patients left.
        allow: Called with each patient's folder before it is read; an error fails the patient.
    """

    exports: ExportConfig | None = None
    resume: bool = False
    allow: Callable[[Path], object] | None = None


def analyze_cohort(
    source: Source,
    output: Path,
    config: AnalyzeConfig | None = None,
    *,
    patients: Mapping[str, Patient] | None = None,
    manner: Manner | None = None,
    jobs: int = 1,
    told: Callable[[CohortRow, int, int], None] | None = None,
) -> tuple[CohortRow, ...]:
    """Analyze every patient below a folder; a failed one never stops the others.

    Each patient's results go to ``output/CASE_ID``; ``output/cohort.csv`` is written anew after
    each, so that a killed run leaves what it knew.

    Args:
        source: Its folder holds one folder a patient; the rest of it applies to all.
        output: Made if it is not there.
        config: Defaults where ``None``.  Each job takes as many threads as a run alone would, as
            the last digits of a network's sums depend on their number: so a patient of a cohort
            gets the same bytes as by itself.
        patients: Age and sex by the name of the patient's folder; of the rest nothing is known.
        manner: How each is run; as a patient alone where ``None``.
        jobs: Patients side by side.
        told: Called with each finished row, how many are finished and how many there are.

    Returns:
        A row a patient, in the order of their folders.

    Raises:
        InputError: If the folder holds no patient, or not one that ``patients`` names.
        OutputError: If cohort.csv can't be written.
    """
    folders = find_patients(source.folder)
    config, manner = config or AnalyzeConfig(), manner or Manner()
    patients = patients or {}
    if strangers := sorted(set(patients) - {folder.name for folder in folders}):
        msg = f"no patient's folder is named {strangers[0]}, as the table of patients says; mend it"
        raise InputError(msg)
    rows: dict[str, CohortRow] = {}
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        waiting = {
            pool.submit(
                _analyzed,
                replace(
                    source,
                    folder=folder,
                    case_id=folder.name,
                    patient=patients.get(folder.name, source.patient),
                ),
                output / folder.name,
                config,
                manner,
            )
            for folder in folders
        }
        for done in as_completed(waiting):
            row = done.result()
            rows[row.case_id] = row
            ordered = tuple(rows[f.name] for f in folders if f.name in rows)
            _write_table(ordered, output / "cohort.csv")
            if told is not None:
                told(row, len(rows), len(folders))
    return tuple(rows[folder.name] for folder in folders)


def _analyzed(source: Source, output: Path, config: AnalyzeConfig, manner: Manner) -> CohortRow:
    try:
        if manner.allow is not None:
            manner.allow(source.folder)
    except GlioscopeError as error:
        return _failed(source, error)
    # who allows stays here: the other process needs not know
    return _in_own_process(source, output, config, replace(manner, allow=None))


def _failed(source: Source, error: GlioscopeError) -> CohortRow:
    return CohortRow(
        case_id=source.case_id or source.folder.name,
        status="failed",
        exit_code=error.exit_code,
        message=" ".join(str(error).split()),
    )


def _in_own_process(
    source: Source, output: Path, config: AnalyzeConfig, manner: Manner
) -> CohortRow:
    # spawn: a fork of a process that holds ITK's and OpenVINO's threads can hang
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(sender, source, output, config, manner))
    process.start()
    sender.close()
    try:
        row: CohortRow = receiver.recv()
    except EOFError:
        process.join()
        row = CohortRow(
            case_id=source.case_id or source.folder.name,
            status="failed",
            exit_code=1,
            message=f"its process died (code {process.exitcode}); it may have run out of memory:"
            " try fewer --jobs",
        )
    process.join()
    return row


def _work(
    sender: Connection, source: Source, output: Path, config: AnalyzeConfig, manner: Manner
) -> None:  # pragma: no cover - runs in another process
    case_id = source.case_id or source.folder.name
    try:
        result = analyze(source, output, config, exports=manner.exports, resume=manner.resume)
        sender.send(_row(result))
    except GlioscopeError as error:
        sender.send(_failed(source, error))
    except Exception as error:  # noqa: BLE001 - a defect in one case must not stop the others
        last = traceback.extract_tb(error.__traceback__)[-1]
        text = f"defect: {type(error).__name__} in {Path(last.filename).name}:{last.lineno}"
        sender.send(CohortRow(case_id=case_id, status="failed", exit_code=1, message=text))


def _row(result: CaseResult) -> CohortRow:
    measurements, location = result.findings.measurements, result.findings.location
    volume = {region: _value(measurements.volumes.get(region)) for region in Region}
    largest = measurements.lesions[0] if measurements.lesions else None
    diameters = None if largest is None else largest.diameters
    hemisphere = None if location is None else location.hemisphere
    severities = [notice.severity for notice in result.notices]
    return CohortRow(
        case_id=result.case.case_id,
        status="done",
        whole_tumor_ml=volume[Region.WT],
        tumor_core_ml=volume[Region.TC],
        enhancing_tumor_ml=volume[Region.ET],
        necrotic_core_ml=volume[Region.NCR],
        edema_ml=volume[Region.ED],
        lesions=len(measurements.lesions),
        longest_diameter_mm=None if diameters is None else _value(diameters.longest),
        hemisphere=None if hemisphere is None else str(hemisphere),
        main_lobe=None if location is None else location.main_lobe,
        **_predicted(result),
        alarms=severities.count(Severity.ALARM),
        warnings=severities.count(Severity.WARNING),
    )


def _predicted(result: CaseResult) -> dict[str, Any]:
    assessment = result.assessment
    if assessment is None or assessment.abstained is not None:
        return {"abstained": None if assessment is None else assessment.abstained}
    entity = assessment.predictions[Target.ENTITY].outcomes[0].name
    found = probabilities(assessment)
    return {"entity": entity} | {name: round(found[name], 4) for name in found if name in _SHOWN}


_SHOWN = frozenset(("p_idh_mutant", "p_grade_4", "p_1p19q_codeleted"))


def _value(quantity: Quantity | None) -> float | None:
    if quantity is None or quantity.value is None:
        return None
    return round(quantity.value, 3)


def _write_table(rows: tuple[CohortRow, ...], path: Path) -> None:
    names = [field.name for field in fields(CohortRow)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        values = [getattr(row, name) for name in names]
        writer.writerow(["" if value is None else value for value in values])
    write_atomically(path, text.getvalue().encode())
