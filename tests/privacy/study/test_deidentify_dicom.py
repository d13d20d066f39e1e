"""Whole DICOM studies: what was planted in them is in no byte of what comes out."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, FileDataset, dcmread
from pydicom._dicom_dict import DicomDictionary
from pydicom.config import disable_value_validation
from pydicom.dataelem import DataElement
from pydicom.sequence import Sequence
from pydicom.uid import UID, RLELossless, SecondaryCaptureImageStorage, generate_uid

from glioscope.core import Acquisition, InputError, OutputError, Volume
from glioscope.io import DicomIdentity, write_dicom_series
from glioscope.privacy.face.search import Faces, FaceStatus, SeriesFace
from glioscope.privacy.study import dicom as deidentify_dicom
from glioscope.privacy.study.deidentify import Deidentified, DeidentifyConfig, deidentify

KEY = bytes(range(32))
KEPT = DeidentifyConfig(key=KEY, keep_face=True)
IDENTITY = DicomIdentity(
    patient_id="ZQXID4711",
    study_instance_uid="1.2.826.99.1",
    frame_of_reference_uid="1.2.826.99.2",
    study_date="19870611",
    study_time="235959",
    patient_sex="F",
    patient_age_years=95,
)
SECRETS = ("zqx", "1.2.826.99", "19870611", "1987-06-11")
TEXTS = {"AE": 16, "LO": 64, "LT": 90, "PN": 64, "SH": 16, "ST": 90, "UC": 90, "UR": 90, "UT": 90}
BY_MACHINES = {
    *("CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion", "ImagedNucleus"),
    *("ManufacturerModelName", "PulseSequenceName", "ReceiveCoilName", "RescaleType"),
    *("ResonantNucleus", "SequenceName", "SoftwareVersions", "StackID", "TransmitCoilName"),
}


def write_study(folder: Path, *, description: str = "t1 mprage", number: int = 1) -> list[Path]:
    volume = Volume(
        data=np.random.default_rng(number).integers(1, 4000, (9, 8, 6)),
        affine=np.diag([-1.0, -1.0, 4.0, 1.0]),
    )
    acquisition = Acquisition(
        series_description=f"{description} ZQXPATIENT",
        protocol_name="head routine Zqxphysician",
        echo_time_ms=3.5,
        acquisition_date="19870611",
        acquisition_time="120001",
        image_type=("ORIGINAL", "PRIMARY", "M", "ND"),
    )
    paths = write_dicom_series(
        volume, folder=folder, acquisition=acquisition, identity=IDENTITY, series_number=number
    )
    for path in paths:
        change(path, PatientName="Zqxpatient^Jane", InstitutionName="ZQXHOSPITAL")
    return list(paths)


def change(path: Path, **values: Any) -> None:
    file = dcmread(path)
    for keyword, value in values.items():
        setattr(file, keyword, value)
    save(file, path)


def save(file: FileDataset, path: Path) -> None:
    with disable_value_validation():
        file.save_as(path)


def planted() -> Iterator[DataElement]:
    """A text of its own for every text attribute of the dictionary, codes and machines' too."""
    for number, tag in enumerate(DicomDictionary):
        vr, _, _, _, keyword = DicomDictionary[tag]
        if tag >> 16 < 8 or tag >> 16 == 0xFFFE or not keyword or keyword == "SpecificCharacterSet":
            continue
        if keyword in BY_MACHINES:
            yield DataElement(tag, vr, "Zqxpatient")
        elif vr in TEXTS:
            yield DataElement(tag, vr, f"Zqx{number}"[: TEXTS[vr]])
        elif vr == "UI" and keyword not in {"SOPClassUID", "SOPInstanceUID"}:
            yield DataElement(tag, vr, f"1.2.826.99.7.{number}")
        elif vr in {"DA", "DT"}:
            yield DataElement(tag, vr, "19870611")
        elif vr in {"OB", "UN"}:
            yield DataElement(tag, vr, b"Zqx" + str(number).encode().rjust(5))


def plant(path: Path) -> None:
    file = dcmread(path)
    own = ("PatientID", "PatientName", "StudyInstanceUID", "SeriesInstanceUID", "PixelData")
    kept = {keyword: file[keyword] for keyword in own}
    item = Dataset()
    with disable_value_validation():
        for element in planted():
            item[element.tag] = element
            file[element.tag] = element
        for element in kept.values():
            file[element.tag] = element
        file.ReferencedImageSequence = Sequence([item])
        file.RequestAttributesSequence = Sequence([item])
        file.MRImagingModifierSequence = Sequence([item])
        block = file.private_block(0x0029, "ZQX CSA", create=True)
        block.add_new(0x10, "OB", b"Zqxprivate")
        block.add_new(0x11, "SQ", Sequence([item]))
        safe = file.private_block(0x0019, "SIEMENS MR HEADER", create=True)
        safe.add_new(0x0C, "IS", "1000")
        safe.add_new(0x0D, "CS", "ZQXPATIENT")
        file.BurnedInAnnotation = "NO"
        file.file_meta.SourceApplicationEntityTitle = "ZQXAE"
        file.file_meta.PrivateInformationCreatorUID = UID("1.2.826.99.3")
        file.file_meta.PrivateInformation = b"Zqxmeta "
        file.file_meta.ImplementationVersionName = "ZQXVERSION"
        file.preamble = b"Zqxpreamble".ljust(128, b"\0")
    save(file, path)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "Zqxpatient Jane"
    write_study(folder / "Zqx" / "a")
    return folder


def run(study: Path, tmp_path: Path, config: DeidentifyConfig = KEPT) -> Deidentified:
    return deidentify(study, tmp_path / "out", config)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.dcm"))


def everything(folder: Path) -> str:
    parts = [str(path.relative_to(folder)).encode() for path in folder.rglob("*")]
    parts += [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return b"\n".join(parts).decode("latin-1").lower()


def test_nothing_planted_is_in_any_byte_of_the_output(study: Path, tmp_path: Path) -> None:
    plant(files(study)[0])
    assert all(secret in everything(study) for secret in SECRETS[:3])

    done = run(study, tmp_path)

    out = everything(tmp_path / "out")
    assert [secret for secret in SECRETS if secret in out] == []
    assert "mprage" in out
    assert done.report["files_written"] == 6
    first = dcmread(files(tmp_path / "out")[0])
    assert first.private_block(0x0019, "SIEMENS MR HEADER")[0x0C].value == 1000


def test_every_pixel_keeps_its_value(study: Path, tmp_path: Path) -> None:
    run(study, tmp_path)

    for before, after in zip(files(study), files(tmp_path / "out"), strict=True):
        assert np.array_equal(dcmread(before).pixel_array, dcmread(after).pixel_array)


def test_the_header_says_what_was_done(study: Path, tmp_path: Path) -> None:
    run(study, tmp_path)

    header = dcmread(files(tmp_path / "out")[0])
    assert header.PatientIdentityRemoved == "YES"
    assert header.LongitudinalTemporalInformationModified == "MODIFIED"
    assert header.RecognizableVisualFeatures == "YES"
    codes = [item.CodeValue for item in header.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113105", "113107", "113108", "113111"]
    assert header.DeidentificationMethod[1] == "DICOM PS3.15 2026d"
    assert header.file_meta.MediaStorageSOPInstanceUID == header.SOPInstanceUID


def test_what_matters_for_the_scan_stays(study: Path, tmp_path: Path) -> None:
    run(study, tmp_path)

    header = dcmread(files(tmp_path / "out")[0])
    assert header.SeriesDescription == "t1 mprage"
    assert header.ProtocolName == "head routine"
    assert header.EchoTime == 3.5
    assert list(header.ImageType) == ["ORIGINAL", "PRIMARY", "M", "ND"]
    assert (header.PatientAge, header.PatientSex, header.PatientBirthDate) == ("090Y", "F", "")
    assert (header.StudyTime, header.AcquisitionTime) == ("235959", "120001")
    assert header.StudyDate == header.AcquisitionDate != "19870611"


def test_names_of_folders_and_files_come_from_the_new_headers(study: Path, tmp_path: Path) -> None:
    done = run(study, tmp_path, DeidentifyConfig(key=KEY, patient="P007", keep_face=True))

    first = files(tmp_path / "out")[0].relative_to(tmp_path / "out")
    header = dcmread(tmp_path / "out" / first)
    patient, where, series, name = first.parts
    assert (patient, name) == ("P007", "0001.dcm")
    assert where == f"{header.StudyDate}_{header.StudyInstanceUID[-4:]}"
    assert series == f"001_{header.SeriesInstanceUID[-4:]}_t1-mprage"
    assert header.PatientID == header.PatientName == "P007"
    assert done.table is not None
    assert done.table["patient"] == {"ZQXID4711": "P007"}


def test_uids_agree_over_files_and_runs(study: Path, tmp_path: Path) -> None:
    deidentify(study, tmp_path / "one", KEPT)
    deidentify(study, tmp_path / "two", KEPT)

    assert everything(tmp_path / "one") == everything(tmp_path / "two")
    headers = [dcmread(path) for path in files(tmp_path / "one")]
    assert len({header.StudyInstanceUID for header in headers}) == 1
    assert len({header.FrameOfReferenceUID for header in headers}) == 1
    assert len({header.SOPInstanceUID for header in headers}) == 6


def test_another_key_gives_another_patient(study: Path, tmp_path: Path) -> None:
    deidentify(study, tmp_path / "one", KEPT)
    deidentify(study, tmp_path / "two", DeidentifyConfig(key=bytes(32), keep_face=True))

    one, two = (dcmread(files(tmp_path / name)[0]) for name in ("one", "two"))
    assert one.PatientID != two.PatientID
    assert one.StudyInstanceUID != two.StudyInstanceUID


def test_a_later_study_of_the_patient_matches_and_keeps_the_interval(
    study: Path, tmp_path: Path
) -> None:
    later = tmp_path / "later"
    shutil.copytree(study, later)
    for path in files(later):
        change(path, StudyDate="19870711", StudyInstanceUID="1.2.826.99.5", PatientName="Zqx^J")

    deidentify(study, tmp_path / "one", KEPT)
    deidentify(later, tmp_path / "two", KEPT)

    one, two = (dcmread(files(tmp_path / name)[0]) for name in ("one", "two"))
    assert one.PatientID == two.PatientID
    days = np.datetime64(iso(two.StudyDate)) - np.datetime64(iso(one.StudyDate))
    assert days == np.timedelta64(30, "D")


def iso(date: str) -> str:
    return f"{date[:4]}-{date[4:6]}-{date[6:]}"


def test_the_way_back_is_in_the_table_and_nowhere_else(study: Path, tmp_path: Path) -> None:
    done = run(study, tmp_path)

    header = dcmread(files(tmp_path / "out")[0])
    assert done.table is not None
    assert done.table["studies"] == {"1.2.826.99.1": header.StudyInstanceUID}
    assert header.SOPInstanceUID in done.table["instances"].values()
    moved = np.datetime64(iso(header.StudyDate)) - np.datetime64("1987-06-11")
    assert int(moved.astype(int)) == done.table["days_added_to_dates"]
    assert "ZQX" not in repr(done)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"BurnedInAnnotation": "YES"}, "burned_in"),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "screen"),
        ({"ConversionType": "WSD"}, "screen"),
        ({"SOPClassUID": SecondaryCaptureImageStorage}, "not_mr"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.22"}, "not_mr"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1"}, "not_mr"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.11.1"}, "not_mr"),
        ({"Modality": "US"}, "not_mr"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "color"),
        ({"SamplesPerPixel": 3}, "color"),
        ({"Rows": 0}, "no_pixels"),
        ({"BitsStored": 17}, "damaged"),
    ],
)
def test_files_that_may_show_text_are_left_out_with_their_reason(
    study: Path, tmp_path: Path, values: dict[str, Any], reason: str
) -> None:
    change(files(study)[2], **values)

    done = run(study, tmp_path)

    assert [(one["reason"], one["files"]) for one in done.report["files_left_out"]] == [(reason, 1)]
    assert len(files(tmp_path / "out")) == 5


def test_an_overlay_within_the_pixels_is_left_out_and_one_beside_them_removed(
    study: Path, tmp_path: Path
) -> None:
    first, second = files(study)[:2]
    for path in (first, second):
        file = dcmread(path)
        file.add_new(0x60000010, "US", 8)
        if path == second:
            file.add_new(0x60003000, "OW", b"Zqx!" * 3)
        save(file, path)

    done = run(study, tmp_path)

    assert [one["reason"] for one in done.report["files_left_out"]] == ["overlay_in_pixels"]
    assert all((0x6000, 0x3000) not in dcmread(path) for path in files(tmp_path / "out"))


def test_damaged_files_copies_and_letters_are_left_out(study: Path, tmp_path: Path) -> None:
    first, second = files(study)[:2]
    first.write_bytes(first.read_bytes()[:700])
    shutil.copy(second, study / "copy.dcm")
    (study / "letter.txt").write_text("Dear Dr Zqx")

    done = run(study, tmp_path)

    reasons = {one["reason"]: one["files"] for one in done.report["files_left_out"]}
    assert reasons == {"damaged": 1, "duplicate": 1, "other_file": 1}
    assert "zqx" not in everything(tmp_path / "out")


@pytest.mark.parametrize("signed", [False, True])
def test_spare_bits_and_padding_of_the_pixels_are_cleared(
    study: Path, tmp_path: Path, *, signed: bool
) -> None:
    path = files(study)[0]
    file = dcmread(path)
    values = file.pixel_array & 0x0FFF
    file.PixelRepresentation = int(signed)
    file.PixelData = (values | 0xA000).astype("<u2").tobytes() + b"Zqxpad"
    file["PixelData"].VR = "OW"
    save(file, path)

    run(study, tmp_path)

    plain = values.astype("<u2") << 4
    plain = (plain.view("<i2") if signed else plain) >> 4
    assert dcmread(files(tmp_path / "out")[0]).PixelData == plain.tobytes()


def test_compressed_pixels_come_out_plain(study: Path, tmp_path: Path) -> None:
    path = files(study)[0]
    file = dcmread(path)
    before = file.pixel_array.copy()
    file.compress(RLELossless, generate_instance_uid=False)
    file.save_as(path)

    run(study, tmp_path)

    after = dcmread(files(tmp_path / "out")[0])
    assert not after.file_meta.TransferSyntaxUID.is_compressed
    assert np.array_equal(after.pixel_array, before)


def test_two_patients_are_refused_without_their_names(study: Path, tmp_path: Path) -> None:
    change(files(study)[3], PatientID="ZQXOTHER")

    with pytest.raises(InputError, match="of 2 patients") as caught:
        run(study, tmp_path)

    assert "ZQX" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_an_output_within_the_study_is_refused(study: Path) -> None:
    with pytest.raises(InputError, match="another folder"):
        deidentify(study, study / "out", KEPT)


def test_a_study_within_the_output_is_refused(study: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="another folder"):
        deidentify(study, tmp_path, KEPT)


def test_an_output_that_holds_files_is_refused(study: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("mine")

    with pytest.raises(OutputError, match="holds files already"):
        run(study, tmp_path)

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["letter.txt"]


def test_an_empty_output_is_taken(study: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()

    assert run(study, tmp_path).report["files_written"] == 6


def test_a_full_disk_leaves_nothing(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []

    def full(path: Path, content: bytes) -> None:
        if len(written) == 3:
            raise OutputError(f"{path.name}: {errno.ENOSPC}")  # noqa: EM102, TRY003
        written.append(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    monkeypatch.setattr(deidentify_dicom, "write_atomically", full)

    with pytest.raises(OutputError):
        run(study, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [study.name]


def test_an_interrupted_run_goes_on_with_resume_alone(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(deidentify_dicom, "write_atomically", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(study, tmp_path)
    with pytest.raises(OutputError, match="go on with --resume"):
        run(study, tmp_path)
    other = DeidentifyConfig(key=bytes(32), keep_face=True)
    with pytest.raises(OutputError, match="another study, key or settings"):
        deidentify(study, tmp_path / "out", other, resume=True)

    deidentify(study, tmp_path / "out", KEPT, resume=True)

    deidentify(study, tmp_path / "plain", KEPT)
    assert everything(tmp_path / "out") == everything(tmp_path / "plain")
    assert not (tmp_path / ".out.partial").exists()


def test_a_finished_run_is_left_as_it_is_with_resume(study: Path, tmp_path: Path) -> None:
    first = run(study, tmp_path)

    again = deidentify(study, tmp_path / "out", KEPT, resume=True)

    assert again.report == first.report
    assert again.table is None


def test_without_its_table_no_output_appears(study: Path, tmp_path: Path) -> None:
    def fail(_: Any) -> None:
        raise OutputError("the table")  # noqa: EM101, TRY003

    with pytest.raises(OutputError, match="the table"):
        deidentify(study, tmp_path / "out", KEPT, keep_table=fail)

    assert [path.name for path in tmp_path.iterdir()] == [study.name]


def test_the_table_of_a_finished_output_is_not_promised(study: Path, tmp_path: Path) -> None:
    tables: list[Any] = []
    deidentify(study, tmp_path / "out", KEPT, keep_table=tables.append)

    with pytest.raises(OutputError, match="finished before"):
        deidentify(study, tmp_path / "out", KEPT, resume=True, keep_table=tables.append)

    assert len(tables) == 1


def test_a_study_of_nothing_but_documents_is_refused(study: Path, tmp_path: Path) -> None:
    for path in files(study):
        change(path, Modality="DOC")

    with pytest.raises(InputError, match=r"no file .* may be shared \(6 not an MR image"):
        run(study, tmp_path)


def test_a_folder_that_can_t_be_renamed_is_told(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Path:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)

    with pytest.raises(OutputError, match="Permission denied"):
        run(study, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [study.name]


def faces_of(paths: list[Path]) -> Faces:
    """The face of a series is its first two rows."""
    header = dcmread(paths[0])
    shape = (int(header.Columns), int(header.Rows), len(paths))
    mask = np.zeros(shape, dtype=bool)
    mask[:, :2, :] = True
    volume = Volume(data=mask, affine=np.eye(4))
    face = SeriesFace(
        series_id=str(header.SeriesInstanceUID),
        status=FaceStatus.NOT_IN_VIEW,
        mask=volume,
        background=0.0,
        to_reference=np.eye(4),
    )
    return Faces(case_id="P", by_series={face.series_id: face}, notices=())


def test_series_without_a_found_face_are_left_out(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = files(study)
    write_study(study / "b", number=2)
    monkeypatch.setattr(deidentify_dicom, "find_faces", lambda *_, **__: faces_of(known))

    done = run(study, tmp_path, DeidentifyConfig(key=KEY))

    reasons = {one["reason"]: one["files"] for one in done.report["files_left_out"]}
    assert reasons == {"no_face_removed": 6}
    assert done.report["face"] == "removed"
    headers = [dcmread(path) for path in files(tmp_path / "out")]
    assert len(headers) == 6
    assert {header.RecognizableVisualFeatures for header in headers} == {"NO"}
    codes = [item.CodeValue for item in headers[0].DeidentificationMethodCodeSequence]
    assert "113102" in codes


def test_several_studies_of_a_patient_are_each_looked_at_for_a_face(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = generate_uid()
    for path in write_study(study / "b", number=2):
        change(path, StudyInstanceUID=other, StudyDate="19880101")
    seen: list[int] = []

    def find(read: Any, **_: Any) -> Faces:
        seen.append(len(read.series))
        which = "a" if read.study_instance_uid == "1.2.826.99.1" else "b"
        return faces_of(sorted(study.rglob(f"{which}/*.dcm")))

    monkeypatch.setattr(deidentify_dicom, "find_faces", find)

    done = run(study, tmp_path, DeidentifyConfig(key=KEY))

    assert seen == [1, 1]
    assert done.report["files_written"] == 12
    assert len(list((tmp_path / "out").glob("*/*"))) == 2


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="Debian's dicom3tools is not there")
@pytest.mark.parametrize("enhanced", [False, True])
def test_dciodvfy_finds_no_new_error(tmp_path: Path, *, enhanced: bool) -> None:
    study = tmp_path / "study"
    write_dicom_series(
        Volume(data=np.arange(480).reshape(10, 8, 6), affine=np.diag([-1.0, -1.0, 4.0, 1.0])),
        folder=study,
        acquisition=Acquisition(series_description="T1", manufacturer="Siemens"),
        identity=IDENTITY,
        enhanced=enhanced,
    )
    run(study, tmp_path)

    before, after = files(study)[0], files(tmp_path / "out")[0]
    assert errors_of(after) <= errors_of(before)


def errors_of(path: Path) -> set[str]:
    done = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False)  # noqa: S607
    lines = (done.stderr + done.stdout).splitlines()
    return {line for line in lines if line.startswith("Error")}


@pytest.mark.parametrize(
    ("character_set", "name"),
    [
        ("ISO_IR 100", "Müller^Jörg"),
        ("ISO_IR 192", "王^小東"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞"),
    ],
)
def test_names_in_any_character_set_leave_descriptions(
    study: Path, tmp_path: Path, character_set: str | list[str], name: str
) -> None:
    parts = name.replace("=", "^").split("^")
    for path in files(study):
        change(
            path,
            SpecificCharacterSet=character_set,
            PatientName=name,
            SeriesDescription="T1 " + " ".join(parts),
        )

    run(study, tmp_path)

    for path in files(tmp_path / "out"):
        assert dcmread(path).SeriesDescription == "T1"
        header = path.read_bytes()[: -2 * 9 * 8]
        assert not any(part.encode() in header for part in parts)


def test_an_unknown_character_set_is_no_obstacle(study: Path, tmp_path: Path) -> None:
    for path in files(study):
        path.write_bytes(path.read_bytes().replace(b"ISO_IR 192", b"ZQX-SET 12"))

    run(study, tmp_path)

    assert "zqx" not in everything(tmp_path / "out")
    assert dcmread(files(tmp_path / "out")[0]).SpecificCharacterSet == "ISO_IR 192"


SCANNED = [
    *("MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm"),
    *("MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "examples_overlay.dcm"),
]
"""Of scanners, in the transfer syntaxes that they use; they come with pydicom."""


@pytest.mark.parametrize("name", SCANNED)
def test_files_of_scanners_keep_their_pixels_and_their_form(tmp_path: Path, name: str) -> None:
    source = Path(str(resources.files("pydicom") / "data" / "test_files" / name))
    if not source.is_file():
        pytest.skip("this pydicom comes without its test files")
    (tmp_path / "in").mkdir()
    copy = Path(shutil.copy(source, tmp_path / "in"))

    run(tmp_path / "in", tmp_path)

    (made,) = files(tmp_path / "out")
    before = dcmread(copy)
    assert np.array_equal(dcmread(made).pixel_array, before.pixel_array)
    assert str(before.PatientName).encode() not in made.read_bytes()
    assert str(before.StudyInstanceUID).encode() not in made.read_bytes()
    if shutil.which("dciodvfy") is not None:
        assert errors_of(made) <= errors_of(copy)


def test_the_report_is_what_lies_beside_the_files(study: Path, tmp_path: Path) -> None:
    done = run(study, tmp_path)

    written = json.loads((tmp_path / "out" / "deidentification.json").read_text())
    assert written == done.report
    assert written["standard"] == "DICOM PS3.15 2026d, Table E.1-1"
    assert written["attributes"]["replaced by a dummy"]["InstitutionName"] == 6
    assert written["attributes"]["replaced by another UID"]["StudyInstanceUID"] == 6
