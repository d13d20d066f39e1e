"""One patient from raw series to a report."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from glioscope.anatomy import fit_anatomy, locate, midline_plane, name_lobes
from glioscope.core import (
    Case,
    CaseError,
    CaseResult,
    Findings,
    InputError,
    Notice,
    Progress,
    Quantity,
    Region,
    Segmentation,
    Sequence,
    Severity,
    Silent,
    Study,
)
from glioscope.guidance import facts_from_result, safe_plan
from glioscope.io import read_study
from glioscope.measurement import has_true_zero, measure, t1c_intensity
from glioscope.pipeline.config import AnalyzeConfig, Source
from glioscope.pipeline.export_config import ExportConfig, check_exportable
from glioscope.pipeline.manifest import (
    MANIFEST,
    Manifest,
    digest_of_inputs,
    key_of,
    plain,
    software_versions,
    write_json,
)
from glioscope.pipeline.meter import Meter
from glioscope.pipeline.outputs import write_case, write_segmentation
from glioscope.pipeline.predict import assess_findings
from glioscope.pipeline.stages import Stages, open_stages
from glioscope.prediction import Inputs
from glioscope.preparation import prepare, without_bias
from glioscope.report import result_to_json, write_plan, write_report
from glioscope.segmentation import segment

_WITHOUT_ZERO = Notice(
    code="t1c-without-zero",
    severity=Severity.INFO,
    message=(
        "T1c came normalized, so that its 0 is not the absence of signal: its intensities can't be"
        " compared with those of other patients, and predictions will do without them."
    ),
    sequence=Sequence.T1C,
)

_RANK = {Severity.ALARM: 0, Severity.WARNING: 1, Severity.INFO: 2}


def analyze(
    source: Source | Path | str,
    output: Path | str,
    config: AnalyzeConfig | None = None,
    *,
    exports: ExportConfig | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> CaseResult:
    """Analyze one patient and write report, result, segmentation and manifest.

    Args:
        source: What to analyze, or just its folder.
        output: Made if it is not there; may not lie inside the input.
        config: Defaults where ``None``.
        exports: What to write for other systems beside; nothing where ``None``.
        resume: Take over the stages that an earlier, killed run of the same input and
            configuration finished.
        progress: Told of each stage and step.

    Returns:
        The result that every written file is a view of.

    Raises:
        InputError: If the input can't be used: what, where, what to do.
        OutputError: If the output can't be written.
        ModelError: If a shipped model is missing or damaged.
    """
    source = source if isinstance(source, Source) else Source(folder=Path(source))
    config = config or AnalyzeConfig()
    output = Path(output)
    _check_apart(source, output)
    if exports is not None:
        check_exportable(source)
    # an age that can't be true must not wait for the images
    Inputs(age_years=source.patient.age_years, sex=source.patient.sex)
    started = datetime.now(UTC)
    meter = Meter(progress or Silent())
    key = key_of(digest_of_inputs(source.paths), _choices(source), config, software_versions())
    stages = open_stages(output, key=key, meter=meter, resume=resume)
    study = stages.run("reading", Study, lambda: _read(source))
    result = _planned(_result(study, source, config, stages=stages), config)
    with meter.stage("report"):
        write_report(result, output)
        if result.plan is not None:
            write_plan(result.plan, output, result=result_to_json(result))
    with meter.stage("images"):
        write_case(result.case, output)
        write_segmentation(
            result.case,
            result.segmentation,
            output,
            probabilities=config.save_probabilities,
        )
    stages.clear()
    manifest = Manifest(
        case_id=study.case_id,
        started=started,
        key=key,
        study=study,
        configuration=plain(config),
        stages=tuple(meter.records),
        notices=result.notices,
        outputs=output,
    )
    write_json(manifest.to_json(), output / MANIFEST)
    if exports is not None:
        # the makers of DICOM take a second to load, which nobody else should wait for
        from glioscope.pipeline.exports import export_result  # noqa: PLC0415

        export_result(output, source.folder, config=exports, progress=meter.progress)
    return result


def _result(study: Study, source: Source, config: AnalyzeConfig, *, stages: Stages) -> CaseResult:
    progress = stages.meter.progress
    case = stages.run(
        "preparation", Case, lambda: prepare(study, config.prepare, progress=progress)
    )
    segmentation = stages.run(
        "segmentation", Segmentation, lambda: segment(case, config.segment, progress=progress)
    )
    findings = stages.run("measurement", Findings, lambda: find(case, segmentation, config))
    return CaseResult(
        patient=source.patient,
        case=case,
        segmentation=segmentation,
        findings=findings,
        assessment=assess_findings(findings, source.patient, config.known)
        if config.predict
        else None,
        versions=software_versions(),
        configuration=plain(config),
        notices=_all_notices(study, case, segmentation, findings),
    )


def _planned(result: CaseResult, config: AnalyzeConfig) -> CaseResult:
    """Return the result with a plan, made of what result.json will say."""
    if not config.plan:
        return result
    facts = facts_from_result(result_to_json(result))
    return replace(result, plan=safe_plan(facts, case_id=result.case.case_id))


def find(case: Case, segmentation: Segmentation, config: AnalyzeConfig) -> Findings:
    """Locate and measure a segmentation.

    Args:
        case: Prepared.
        segmentation: On the same grid, from a model or an expert.
        config: Its ``locate`` is used.

    Returns:
        Findings; without location, and with a notice, where the template can't be fitted; without
        intensity, and with a notice, where T1c has no true zero.
    """
    # the bias field takes as long as a quarter of the location, and needs nothing of it
    with ThreadPoolExecutor(max_workers=1) as pool:
        aside = pool.submit(_intensity, case, segmentation)
        findings = _located(case, segmentation, config)
        intensity, notices = aside.result()
    return replace(
        findings,
        measurements=replace(findings.measurements, intensity=intensity),
        notices=(*findings.notices, *notices),
    )


def _located(case: Case, segmentation: Segmentation, config: AnalyzeConfig) -> Findings:
    if config.locate is None:
        return Findings(
            case_id=case.case_id,
            measurements=measure(segmentation, brain=case.brain),
            location=None,
        )
    try:
        fit = fit_anatomy(case, segmentation)
    except CaseError as error:
        notice = Notice(
            code="location-refused",
            severity=Severity.WARNING,
            message=f"The tumor could not be located: {error}",
        )
        return Findings(
            case_id=case.case_id,
            measurements=measure(segmentation, brain=case.brain),
            location=None,
            notices=(notice,),
        )
    location = locate(case, segmentation, config.locate, fit=fit)
    placed = location.hemisphere is not None
    plane = midline_plane(case, fit=fit) if placed else None
    measurements = measure(segmentation, midline=plane, brain=case.brain)
    lesions = name_lobes(measurements.lesions, segmentation, location, config.locate, fit=fit)
    return Findings(
        case_id=case.case_id,
        measurements=replace(measurements, lesions=lesions),
        location=location,
    )


def _intensity(
    case: Case, segmentation: Segmentation
) -> tuple[Mapping[str, Quantity], tuple[Notice, ...]]:
    """Measure T1c over the tumor, its bias field removed whatever was done to it before."""
    head, tumor = case.heads.get(Sequence.T1C), segmentation.mask(Region.WT)
    if head is None or not tumor.data.any():
        return {}, ()
    covered = case.brain.with_data(case.brain.data & (head.data != 0))
    if not has_true_zero(head, brain=covered):
        return {}, (_WITHOUT_ZERO,)
    even = without_bias(head, brain=covered)
    return t1c_intensity(even, brain=covered, tumor=tumor, case_id=case.case_id), ()


def _read(source: Source) -> Study:
    return read_study(
        source.folder,
        case_id=source.case_id,
        overrides=source.overrides,
        brain_mask=source.brain_mask,
    )


def _choices(source: Source) -> dict[str, object]:
    return {
        "case_id": source.case_id or source.folder.resolve().name,
        "overrides": {sequence: path.name for sequence, path in source.overrides.items()},
        "brain_mask": source.brain_mask is not None,
        "patient": source.patient,
    }


def _check_apart(source: Source, output: Path) -> None:
    if output.resolve().is_relative_to(source.folder.resolve()):
        msg = (
            f"the output {output.name} lies inside the input, whose next reading would take it"
            " for the patient's; give another folder with -o"
        )
        raise InputError(msg)


def _all_notices(
    study: Study, case: Case, segmentation: Segmentation, findings: Findings
) -> tuple[Notice, ...]:
    location = () if findings.location is None else findings.location.notices
    groups = (
        study.notices,
        *(series.notices for series in study.series),
        case.notices,
        *(quality.notices for quality in case.qualities),
        segmentation.notices,
        findings.notices,
        location,
    )
    # a dict keeps the first of two equal notices and their order
    unique = dict.fromkeys(notice for group in groups for notice in group)
    return tuple(sorted(unique, key=lambda notice: _RANK[notice.severity]))
