"""A small study of DICOM files and the result of analyzing it, as `glioscope analyze` leaves it.

The tumor is drawn, not found, so that nothing waits for a network; every number is measured on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from glioscope.core import (
    Acquisition,
    Case,
    CaseResult,
    Choice,
    EloquentDistance,
    Findings,
    Hemisphere,
    Involvement,
    Label,
    Location,
    ModelInfo,
    Notice,
    Patient,
    Quality,
    Quantity,
    Region,
    Segmentation,
    Sequence,
    Severity,
    Study,
    Volume,
)
from glioscope.io import DicomIdentity, read_study, write_dicom_series
from glioscope.io.results.folder import WrittenResult, read_result
from glioscope.measurement import measure
from glioscope.pipeline import write_case, write_segmentation
from glioscope.pipeline.manifest import Manifest, plain, software_versions, write_json
from glioscope.pipeline.predict import assess_findings
from glioscope.prediction import Known
from glioscope.report import write_report
from glioscope.simulation import ellipsoid, empty_grid, marker_head

SCAN_SHAPE = (52, 62, 25)
SCAN_SPACING_MM = (3.0, 3.0, 6.0)
CASE_ID = "case-001"
LOBE = "frontal lobe"
Point = tuple[float, float, float]

MAIN: Point = (-30.0, 15.0, 20.0)
"""Middle of the larger lesion, RAS+ mm: the patient's left."""
SATELLITE: Point = (32.0, -30.0, 10.0)
"""Middle of the smaller one, on the right."""


def scan_grid() -> Volume:
    """Axial slices as scanners order them: columns to the left, rows to the back, slices up."""
    spacing = np.array(SCAN_SPACING_MM)
    affine = np.diag([*(spacing * [-1.0, -1.0, 1.0]), 1.0])
    affine[:3, 3] = [77.0, 83.0, -64.0]
    return Volume(data=np.zeros(SCAN_SHAPE, dtype=np.float32), affine=affine)


def draw_labels(grid: Volume) -> Volume:
    """Two lesions: rim, necrosis and edema on the left, a small rim with edema on the right."""
    labels = np.zeros(grid.shape, dtype=np.uint8)
    drawn: tuple[tuple[Point, Point, Label], ...] = (
        (MAIN, (24.0, 30.0, 21.0), Label.EDEMA),
        (MAIN, (15.0, 18.0, 14.0), Label.ENHANCING),
        (MAIN, (7.0, 9.0, 8.0), Label.NECROSIS),
        (SATELLITE, (12.0, 11.0, 13.0), Label.EDEMA),
        (SATELLITE, (7.0, 7.0, 7.0), Label.ENHANCING),
    )
    for center_mm, radii_mm, label in drawn:
        labels[ellipsoid(grid, center_mm=center_mm, radii_mm=radii_mm).data] = label
    return grid.with_data(labels)


def scan(grid: Volume, *, bright: Label, seed: int) -> Volume:
    """A head with noise in which one part of the tumor is bright, whole numbers."""
    texture = np.random.default_rng(seed).normal(0.0, 15.0, grid.shape)
    image = marker_head(grid, marker_mm=MAIN).data + np.abs(texture)
    image[draw_labels(grid).data == bright] = 1500.0
    return grid.with_data(np.rint(image).astype(np.float32))


@pytest.fixture(scope="session")
def dicom_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """T1c and FLAIR of one patient as classic DICOM files, one folder a series."""
    folder = tmp_path_factory.mktemp("study") / "patient"
    identity = DicomIdentity(
        patient_id="PSEUDONYM",
        study_instance_uid="2.25.71",
        frame_of_reference_uid="2.25.72",
        patient_sex="F",
        patient_age_years=62,
    )
    for number, (name, bright) in enumerate((("T1c", Label.ENHANCING), ("FLAIR", Label.EDEMA)), 1):
        acquisition = Acquisition(
            series_description=name,
            repetition_time_ms=2000.0,
            echo_time_ms=10.0,
            magnetic_field_strength_t=1.5,
        )
        write_dicom_series(
            scan(scan_grid(), bright=bright, seed=number),
            folder=folder / name,
            acquisition=acquisition,
            identity=identity,
            series_number=number,
        )
    return folder


WriteResult = Callable[..., Path]


@pytest.fixture(scope="session")
def write_result(tmp_path_factory: pytest.TempPathFactory) -> WriteResult:
    """Write the result folder of a study folder whose series are named T1c and FLAIR.

    Args: the study; ``tumor`` (default ``True``); ``known`` (a ``Known`` of prediction).
    """

    def write(study_folder: Path, *, tumor: bool = True, known: Known | None = None) -> Path:
        study = read_study(study_folder, case_id=CASE_ID)
        result = _result(study, tumor=tumor, known=known)
        folder = tmp_path_factory.mktemp("result") / CASE_ID
        _write(result, study, folder)
        return folder

    return write


@pytest.fixture(scope="session")
def written_result(dicom_study: Path, write_result: WriteResult) -> WrittenResult:
    """Everything that `glioscope analyze` writes of `dicom_study`: two lesions, predictions."""
    return read_result(write_result(dicom_study))


def _write(result: CaseResult, study: Study, folder: Path) -> None:
    write_report(result, folder)
    write_case(result.case, folder)
    write_segmentation(result.case, result.segmentation, folder, probabilities=False)
    manifest = Manifest(
        case_id=CASE_ID,
        started=datetime.now(UTC),
        key="0" * 64,
        study=study,
        configuration=plain(result.configuration),
        stages=(),
        notices=result.notices,
        outputs=folder,
    )
    write_json(manifest.to_json(), folder / "run.json")


def _result(study: Study, *, tumor: bool, known: Known | None) -> CaseResult:
    case = _case(study)
    segmentation = _segmentation(case, tumor=tumor)
    measurements = measure(segmentation, brain=case.brain)
    lesions = tuple(
        replace(lesion, hemisphere=_side(lesion.centroid_mm), main_lobe=LOBE)
        for lesion in measurements.lesions
    )
    findings = Findings(
        case_id=CASE_ID,
        measurements=replace(measurements, lesions=lesions),
        location=_location(tumor=tumor),
    )
    patient = Patient(age_years=62.0, sex="F")
    return CaseResult(
        patient=patient,
        case=case,
        segmentation=segmentation,
        findings=findings,
        assessment=assess_findings(findings, patient, known or Known()),
        versions=software_versions(),
        configuration={"segment": {"model": "tumor"}},
        notices=(
            Notice(
                code="sequence-missing",
                severity=Severity.WARNING,
                message="T1 and T2 are missing; the result rests on T1c and FLAIR.",
            ),
            *study.notices,
        ),
    )


def _case(study: Study) -> Case:
    by_sequence = {
        sequence: next(one for one in study.series if one.sources[0].path.startswith(name))
        for sequence, name in ((Sequence.T1C, "T1c"), (Sequence.FLAIR, "FLAIR"))
    }
    grid = empty_grid(extent_mm=(150.0, 180.0, 144.0), spacing_mm=(3.0, 3.0, 3.0))
    heads = {
        sequence: scan(grid, bright=bright, seed=9)
        for sequence, bright in ((Sequence.T1C, Label.ENHANCING), (Sequence.FLAIR, Label.EDEMA))
    }
    brain = ellipsoid(grid, center_mm=(0.0, -10.0, 5.0), radii_mm=(65.0, 82.0, 65.0))
    return Case(
        case_id=CASE_ID,
        images={
            sequence: head.with_data(np.where(brain.data, head.data / 600.0 - 1.0, 0.0))
            for sequence, head in heads.items()
        },
        brain=brain,
        heads=heads,
        reference=Sequence.T1C,
        reference_grid=by_sequence[Sequence.T1C].volume,
        to_template=np.eye(4),
        choices=tuple(
            Choice(
                sequence=sequence,
                series_id=series.series_id,
                by_tags=sequence,
                by_content=sequence,
                by_name=None,
                content_probability=0.97,
            )
            for sequence, series in by_sequence.items()
        ),
        qualities=tuple(
            Quality(
                sequence=sequence,
                series_id=series.series_id,
                shape=series.volume.shape,
                spacing_mm=series.volume.spacing_mm,
                coverage_mm=144.0,
                snr=31.25,
                contrast_to_noise=4.5,
                motion=0.0123,
                saturated_percent=0.04,
            )
            for sequence, series in by_sequence.items()
        ),
    )


def _segmentation(case: Case, *, tumor: bool) -> Segmentation:
    labels = draw_labels(case.brain)
    if not tumor:
        labels = labels.with_data(np.zeros_like(labels.data))
    dice = {Region.WT: (0.912, 0.88, 0.94), Region.TC: (0.8, 0.7, 0.86), Region.ET: (0.7, 0.6, 0.8)}
    return Segmentation(
        case_id=CASE_ID,
        labels=labels,
        sequences=case.sequences,
        model=ModelInfo(
            name="tumor", version="1.0", sha256="0f" * 32, runtime="OpenVINO CPU f32", members=5
        ),
        expected_dice=dice,
        complete_dice={region: (d + 0.02, lo, hi) for region, (d, lo, hi) in dice.items()},
    )


def _side(center_mm: Point) -> Hemisphere:
    return Hemisphere.LEFT if center_mm[0] < 0 else Hemisphere.RIGHT


def _location(*, tumor: bool) -> Location:
    """Where the drawn tumor lies; without one, only the midline was measured."""
    shift = Quantity(
        name="midline_shift",
        value=4.17 if tumor else 0.62,
        unit="mm",
        region=None,
        method="largest displacement of the midline from the ideal plane",
    )
    bare = Location(
        atlas="Glioscope lobes 1.0",
        hemisphere=None,
        left_percent=None,
        crosses_midline=None,
        midline_shift=shift,
        midline_shift_towards=Hemisphere.RIGHT if tumor else None,
        involvement={},
        main_lobe=None,
        main_lobe_hemisphere=None,
        eloquent=(),
        contact_ventricles=None,
        contact_cortex=None,
        registration_quality=0.93,
        centroid_template_mm=None,
    )
    if not tumor:
        return bare
    involvement = (
        Involvement(
            structure=LOBE,
            hemisphere=Hemisphere.LEFT,
            percent_of_region=71.25,
            percent_of_structure=18.5,
        ),
    )
    distance = Quantity(
        name="distance",
        value=4.26,
        unit="mm",
        region=Region.WT,
        method="shortest distance to the structure",
    )
    return replace(
        bare,
        hemisphere=Hemisphere.LEFT,
        left_percent=91.5,
        crosses_midline=False,
        involvement=dict.fromkeys((Region.WT, Region.TC, Region.ET), involvement),
        main_lobe=LOBE,
        main_lobe_hemisphere=Hemisphere.LEFT,
        eloquent=(
            EloquentDistance(
                structure="primary motor cortex (hand)",
                hemisphere=Hemisphere.LEFT,
                distance=distance,
                region=Region.WT,
                uncertainty_mm=8.0,
                source="Mayka 2006, NeuroImage 31:1453",
            ),
        ),
        contact_ventricles=False,
        contact_cortex=True,
        centroid_template_mm=(-30.25, 15.0, 20.125),
    )
