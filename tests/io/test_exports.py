"""The whole export of a written result: files, their study, their UIDs, and what it refuses."""

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pydicom import dcmread

from glioscope.core import InputError, OutputError, Sequence
from glioscope.io import write_volume
from glioscope.io.results.folder import WrittenResult
from glioscope.pipeline import ExportConfig, Source, Standard, analyze, export_result

EVERYTHING = ExportConfig(standards=tuple(Standard), structures=True)


@pytest.fixture(scope="module")
def exported(
    written_result: WrittenResult, dicom_study: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    output = tmp_path_factory.mktemp("exported")
    export_result(written_result.folder, dicom_study, output, EVERYTHING)
    return output


def uids(folder: Path) -> dict[str, str]:
    return {path.name: str(dcmread(path).SOPInstanceUID) for path in folder.glob("*.dcm")}


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_each_standard_has_its_folder(exported: Path) -> None:
    assert sorted(path.name for path in (exported / "dicom").iterdir()) == [
        "measurements.dcm",
        "picture-1.dcm",
        "picture-2.dcm",
        "picture-3.dcm",
        "report.dcm",
        "segmentation.dcm",
        "structures.dcm",
    ]
    assert (exported / "fhir" / "bundle.json").is_file()
    assert (exported / "bids" / "dataset_description.json").is_file()


def test_every_object_is_of_the_patients_study(exported: Path, dicom_study: Path) -> None:
    source = dcmread(next(dicom_study.rglob("*.dcm")))
    written = [dcmread(path) for path in (exported / "dicom").glob("*.dcm")]

    assert {one.StudyInstanceUID for one in written} == {source.StudyInstanceUID}
    assert {str(one.PatientID) for one in written} == {str(source.PatientID)}
    assert len({one.SeriesInstanceUID for one in written}) == 5
    assert len({one.SOPInstanceUID for one in written}) == len(written)


def test_written_again_it_is_the_same_to_the_byte(
    exported: Path, written_result: WrittenResult, dicom_study: Path, tmp_path: Path
) -> None:
    export_result(written_result.folder, dicom_study, tmp_path, EVERYTHING)

    assert digests(tmp_path / "dicom") == digests(exported / "dicom")
    assert digests(tmp_path / "fhir") == digests(exported / "fhir")


def test_another_version_gives_other_uids(
    exported: Path,
    written_result: WrittenResult,
    dicom_study: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("glioscope.io.dicom_out.identity.__version__", "99.0.0")
    export_result(written_result.folder, dicom_study, tmp_path)

    before, after = uids(exported / "dicom"), uids(tmp_path / "dicom")
    assert set(after) == set(before) - {"structures.dcm"}
    assert not set(after.values()) & set(before.values())


def test_what_an_earlier_export_left_and_this_one_does_not_write_goes(
    written_result: WrittenResult, dicom_study: Path, tmp_path: Path
) -> None:
    export_result(written_result.folder, dicom_study, tmp_path, EVERYTHING)
    (tmp_path / "dicom" / "of-the-user.txt").write_text("mine", encoding="utf-8")

    export_result(written_result.folder, dicom_study, tmp_path, ExportConfig(labelmap=True))

    left = {path.name for path in (tmp_path / "dicom").iterdir()}
    assert "labelmap.dcm" in left
    assert not left & {"segmentation.dcm", "structures.dcm"}
    assert "of-the-user.txt" in left


def test_an_export_into_the_result_is_listed_in_its_manifest(
    written_result: WrittenResult, dicom_study: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "result"
    shutil.copytree(written_result.folder, folder)

    export_result(folder, dicom_study)

    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    written = folder / "dicom" / "segmentation.dcm"
    assert run["outputs"]["dicom/segmentation.dcm"] == (
        hashlib.sha256(written.read_bytes()).hexdigest()
    )
    assert run["finished"] == written_result.run["finished"]


def test_another_study_is_refused(
    written_result: WrittenResult, dicom_study: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(dicom_study, other)
    reference = dcmread(next(path for path in other.rglob("*.dcm") if "T1c" in str(path)))
    changed = Path(str(reference.filename))
    reference.ImageComments = "changed"
    reference.save_as(changed)

    with pytest.raises(InputError, match="not the file that was analyzed"):
        export_result(written_result.folder, other, tmp_path / "out")

    assert not list((tmp_path / "out").rglob("*"))


def test_bids_needs_no_study_but_dicom_does(written_result: WrittenResult, tmp_path: Path) -> None:
    export_result(written_result.folder, None, tmp_path, ExportConfig(standards=(Standard.BIDS,)))

    assert (tmp_path / "bids" / "participants.tsv").is_file()
    with pytest.raises(InputError, match="as STUDY"):
        export_result(written_result.folder, None, tmp_path)


def test_a_full_disk_leaves_what_was_there(
    written_result: WrittenResult,
    dicom_study: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    export_result(written_result.folder, dicom_study, tmp_path)
    before = digests(tmp_path)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("glioscope.pipeline.exports._move", full)
    with pytest.raises(OutputError, match="No space left"):
        export_result(written_result.folder, dicom_study, tmp_path, ExportConfig(labelmap=True))

    assert digests(tmp_path) == before


def test_the_command_writes_dicom_where_nothing_is_asked_for(
    written_result: WrittenResult, dicom_study: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "glioscope", "export", str(written_result.folder)]
    done = subprocess.run(
        [*command, str(dicom_study), "-o", str(tmp_path), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )

    files = json.loads(done.stdout)["files"]
    assert len(files) == 6
    assert all(Path(name).parent == tmp_path / "dicom" for name in files)


def test_a_folder_that_is_no_result_is_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "glioscope", "export", str(tmp_path), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "result.json" in done.stderr


def test_a_series_from_elsewhere_is_refused_before_anything_is_computed(
    written_result: WrittenResult, dicom_study: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "t1c.nii.gz"
    write_volume(written_result.labels, elsewhere)
    source = Source(folder=dicom_study, overrides={Sequence.T1C: elsewhere})

    with pytest.raises(InputError, match="lies outside"):
        analyze(source, tmp_path / "out", exports=ExportConfig())

    assert not (tmp_path / "out").exists()
