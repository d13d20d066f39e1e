"""The whole way, on one simulated patient."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from glioscope.core import CaseResult, Hemisphere, InputError, ModelError, Patient, Region
from glioscope.io import read_volume
from glioscope.pipeline import AnalyzeConfig, Source, analyze, analyze_cohort
from glioscope.report import result_schema
from glioscope.segmentation import SegmentConfig


@pytest.fixture(scope="module")
def run(
    stripped_patient: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[CaseResult, Path]:
    output = tmp_path_factory.mktemp("output") / "undisturbed"
    source = Source(folder=stripped_patient, patient=Patient(age_years=62.0, sex="F"))
    return analyze(source, output), output


def files_of(folder: Path) -> dict[str, str]:
    """SHA-256 of every file but the manifest, which alone holds dates."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "run.json"
    }


def test_the_output_folder_holds_what_is_promised(run: tuple[CaseResult, Path]) -> None:
    assert set(files_of(run[1])) == {
        "report.html",
        "report.pdf",
        "result.json",
        "segmentation.nii.gz",
        "prepared/brain.nii.gz",
        "prepared/flair.nii.gz",
        "prepared/segmentation.nii.gz",
        "prepared/t1c.nii.gz",
    }


def test_the_result_fits_its_schema(run: tuple[CaseResult, Path]) -> None:
    result = json.loads((run[1] / "result.json").read_text(encoding="utf-8"))

    jsonschema.validate(result, result_schema())


def test_the_segmentation_lies_on_the_patients_own_grid(
    run: tuple[CaseResult, Path], stripped_patient: Path
) -> None:
    labels = read_volume(run[1] / "segmentation.nii.gz")
    own = read_volume(stripped_patient / "P003_t1c.nii.gz")

    assert labels.shape == own.shape
    np.testing.assert_allclose(labels.affine, own.affine, atol=1e-4)
    assert set(np.unique(labels.data)) <= {0, 1, 2, 3}


def test_a_tumor_on_the_left_is_found_on_the_left(run: tuple[CaseResult, Path]) -> None:
    result = run[0]
    volume = result.findings.measurements.volumes[Region.WT].value

    assert volume is not None
    assert volume > 5.0
    assert result.findings.location is not None
    assert result.findings.location.hemisphere is Hemisphere.LEFT
    text = (run[1] / "report.html").read_text(encoding="utf-8")
    assert "left" in text


def test_missing_sequences_are_told_with_their_cost(run: tuple[CaseResult, Path]) -> None:
    notices = {notice.code: notice.message for notice in run[0].notices}

    assert "T1, T2" in notices["sequence-missing"]
    assert "instead of" in notices["sequence-missing"]


def test_the_manifest_explains_the_run(run: tuple[CaseResult, Path]) -> None:
    manifest = json.loads((run[1] / "run.json").read_text(encoding="utf-8"))
    hashes = files_of(run[1])

    assert manifest["outputs"] == hashes
    assert [stage["stage"] for stage in manifest["stages"]][:2] == ["reading", "preparation"]
    assert all(stage["peak_memory_mb"] > 10 for stage in manifest["stages"])
    assert manifest["configuration"]["segment"]["model"] == "tumor"
    assert all(len(file["sha256"]) == 64 for s in manifest["series"] for file in s["files"])


def test_killed_and_resumed_ends_with_the_same_bytes(
    run: tuple[CaseResult, Path], stripped_patient: Path, tmp_path: Path
) -> None:
    output = tmp_path / "killed"
    command = [sys.executable, "-m", "glioscope", "analyze", str(stripped_patient)]
    command += ["-o", str(output), "--age", "62", "--sex", "F"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "measurement" in line:
                process.send_signal(signal.SIGKILL)
                break
    assert not (output / "result.json").exists()

    subprocess.run([*command, "--resume", "--quiet"], check=True)

    manifest = json.loads((output / "run.json").read_text(encoding="utf-8"))
    resumed = {stage["stage"]: stage["resumed"] for stage in manifest["stages"]}
    assert resumed["preparation"]
    assert resumed["segmentation"]
    assert files_of(output) == files_of(run[1])


def test_a_broken_patient_never_stops_the_others(
    run: tuple[CaseResult, Path], stripped_patient: Path, tmp_path: Path
) -> None:
    cohort = tmp_path / "cohort"
    shutil.copytree(stripped_patient, cohort / "P003")
    (cohort / "P004").mkdir()
    (cohort / "P004" / "P004_t1c.nii.gz").write_bytes(b"no image at all")

    own = Patient(age_years=62.0, sex="F")

    rows = analyze_cohort(Source(folder=cohort), tmp_path / "out", patients={"P003": own}, jobs=2)

    by_case = {row.case_id: row for row in rows}
    assert by_case["P003"].status == "done"
    assert by_case["P003"].hemisphere == "left"
    assert (by_case["P003"].p_idh_mutant is None) == (by_case["P003"].abstained is not None)
    assert by_case["P004"].status == "failed"
    assert by_case["P004"].exit_code == 2
    table = (tmp_path / "out" / "cohort.csv").read_text(encoding="utf-8").splitlines()
    assert len(table) == 3
    assert table[0].startswith("case_id,status,exit_code")
    one = files_of(tmp_path / "out" / "P003")["segmentation.nii.gz"]
    assert one == files_of(run[1])["segmentation.nii.gz"]


def test_a_patient_who_has_no_folder_is_refused(stripped_patient: Path, tmp_path: Path) -> None:
    for name in ("P003", "P004"):
        shutil.copytree(stripped_patient, tmp_path / "cohort" / name)
    patients = {"P003": Patient(age_years=62.0), "P030": Patient(age_years=26.0)}

    with pytest.raises(InputError, match="P030"):
        analyze_cohort(Source(folder=tmp_path / "cohort"), tmp_path / "out", patients=patients)

    assert not (tmp_path / "out").exists()


def test_an_unknown_model_is_refused_before_anything_is_written(
    stripped_patient: Path, tmp_path: Path
) -> None:
    config = AnalyzeConfig(segment=SegmentConfig(model="nobody"))

    with pytest.raises(ModelError, match="nobody"):
        analyze(stripped_patient, tmp_path / "out", config)

    assert not (tmp_path / "out" / "result.json").exists()


def test_an_output_inside_the_input_is_refused(stripped_patient: Path) -> None:
    with pytest.raises(InputError, match="inside the input"):
        analyze(stripped_patient, stripped_patient / "out")


def test_what_other_systems_read_is_written_beside_the_report(
    stripped_patient: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "glioscope",
        "analyze",
        str(stripped_patient),
        "-o",
        str(output),
    ]
    done = subprocess.run(
        [*command, "--dicom", "--fhir", "--plan"], capture_output=True, text=True, check=True
    )

    written = set(json.loads((output / "run.json").read_text(encoding="utf-8"))["outputs"])
    assert {"dicom/measurements.dcm", "dicom/segmentation.dcm", "fhir/bundle.json"} <= written
    assert {"plan.html", "plan.pdf", "plan.json", "patient.html"} <= written
    assert any(name.startswith("dicom/series/") for name in written)
    assert done.stdout.splitlines() == [
        f"report: {output / 'report.html'}",
        f"plan: {output / 'plan.html'}",
        f"dicom: {output / 'dicom'}",
        f"fhir: {output / 'fhir'}",
    ]
    assert not list(output.glob(".dicom*"))
    assert "What guidelines support" in (output / "report.html").read_text(encoding="utf-8")
    plan = json.loads((output / "plan.json").read_text(encoding="utf-8"))
    assert plan["tests"][0]["test"] == "tissue"
    assert {refusal["refused"] for refusal in plan["refusals"]} >= {"no-tissue"}
