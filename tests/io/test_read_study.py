from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.core import InputError, Sequence, Severity, Volume
from glioscope.io import find_patients, read_study, write_volume

T1, T1C, T2, FLAIR = Sequence.T1, Sequence.T1C, Sequence.T2, Sequence.FLAIR
AFFINE = np.diag([-1.0, -1.0, 2.0, 1.0])


def image(path: Path, data: npt.NDArray[Any] | None = None) -> Path:
    if data is None:
        data = np.random.default_rng(len(path.name)).integers(0, 100, (6, 7, 8)).astype(np.int16)
    write_volume(Volume(data=data, affine=AFFINE), path)
    return path


def declared(folder: Path) -> dict[str, Sequence | None]:
    return {series.series_id: series.declared for series in read_study(folder).series}


def refusal(folder: Path, **options: Any) -> str:
    with pytest.raises(InputError) as refused:
        read_study(folder, **options)
    assert refused.value.exit_code == 2
    assert str(folder.parent) not in str(refused.value)
    return str(refused.value)


def test_a_brats_folder_gives_four_series_and_no_labels(tmp_path: Path) -> None:
    for name in ("t1", "t1ce", "t2", "flair", "seg"):
        image(tmp_path / f"BraTS2021_00001_{name}.nii.gz")

    study = read_study(tmp_path)

    assert {series.declared for series in study.series} == set(Sequence)
    assert all(series.volume.data.dtype == np.float32 for series in study.series)
    assert study.case_id == tmp_path.name
    (notice,) = study.notices
    assert (notice.code, notice.severity) == ("left-out-not-an-image", Severity.INFO)
    assert "BraTS2021_00001_seg.nii.gz" in notice.message


def test_a_series_knows_its_file(tmp_path: Path) -> None:
    path = image(tmp_path / "anat" / "t1.nii.gz")

    (series,) = read_study(tmp_path).series

    assert series.series_id == "anat/t1.nii.gz"
    assert series.sources[0].path == "anat/t1.nii.gz"
    assert series.sources[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_plain_file_is_preferred_to_processed_copies(tmp_path: Path) -> None:
    for name in ("T1", "T1_bias", "T1c", "T1c_bias", "FLAIR_bias", "brain_segmentation", "ADC"):
        image(tmp_path / f"UCSF-PDGM-0004_{name}.nii.gz")

    study = read_study(tmp_path)

    assert sorted(series.series_id for series in study.series) == [
        "UCSF-PDGM-0004_FLAIR_bias.nii.gz",
        "UCSF-PDGM-0004_T1.nii.gz",
        "UCSF-PDGM-0004_T1c.nii.gz",
    ]
    told = " ".join(notice.message for notice in study.notices)
    assert "processed copies: UCSF-PDGM-0004_T1_bias.nii.gz, UCSF-PDGM-0004_T1c_bias" in told
    assert "brain masks (give one with --brain-mask to use it): UCSF-PDGM-0004_brain" in told
    assert "none of the four sequences: UCSF-PDGM-0004_ADC.nii.gz" in told


def test_two_files_of_one_sequence_are_both_read(tmp_path: Path) -> None:
    image(tmp_path / "ax_t1.nii")
    image(tmp_path / "sag_t1.nii")

    assert declared(tmp_path) == {"ax_t1.nii": T1, "sag_t1.nii": T1}


def test_a_bids_sidecar_tells_the_tags_in_milliseconds(tmp_path: Path) -> None:
    image(tmp_path / "anat" / "sub-01_ce-gadolinium_T1w.nii.gz")
    (tmp_path / "anat" / "sub-01_ce-gadolinium_T1w.json").write_text(
        json.dumps(
            {
                "RepetitionTime": 0.5,
                "EchoTime": 0.0125,
                "InversionTime": 0.9,
                "FlipAngle": 70,
                "ContrastBolusIngredient": "GADOLINIUM",
                "SeriesDescription": "T1 post",
                "MagneticFieldStrength": 3,
                "ImageType": ["ORIGINAL", "PRIMARY"],
                "ScanningSequence": "SE_IR",
                "PatientName": "Nobody",
            }
        )
    )

    (series,) = read_study(tmp_path).series

    tags = series.acquisition
    assert series.declared is T1C
    assert (tags.repetition_time_ms, tags.echo_time_ms) == (500.0, 12.5)
    assert (tags.inversion_time_ms, tags.flip_angle_deg) == (900.0, 70.0)
    assert (tags.contrast_bolus_agent, tags.series_description) == ("GADOLINIUM", "T1 post")
    assert tags.magnetic_field_strength_t == 3.0
    assert (tags.image_type, tags.scanning_sequence) == (("ORIGINAL", "PRIMARY"), ("SE", "IR"))


def test_a_sidecar_that_is_not_json_is_refused(tmp_path: Path) -> None:
    image(tmp_path / "t1.nii.gz")
    (tmp_path / "t1.json").write_text("{")

    assert "the JSON file beside t1.nii.gz can't be read; repair or remove it" in refusal(tmp_path)


def test_the_users_choice_counts_more_than_names(tmp_path: Path) -> None:
    image(tmp_path / "patient" / "t1.nii.gz")
    image(tmp_path / "patient" / "strange.nii.gz")
    outside = image(tmp_path / "elsewhere" / "t2.nii.gz")

    study = read_study(
        tmp_path / "patient",
        case_id="CASE-1",
        overrides={T1C: tmp_path / "patient" / "strange.nii.gz", FLAIR: outside},
    )

    chosen = {one.series_id: (one.declared, one.by_user) for one in study.series}
    assert chosen == {
        "strange.nii.gz": (T1C, True),
        "t2.nii.gz (given as flair)": (FLAIR, True),
        "t1.nii.gz": (T1, False),
    }
    assert study.case_id == "CASE-1"


def test_a_choice_makes_up_for_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "patient").mkdir()
    outside = image(tmp_path / "t2.nii.gz")

    study = read_study(tmp_path / "patient", overrides={T2: outside})

    assert [one.declared for one in study.series] == [T2]


def test_a_file_chosen_twice_is_refused(tmp_path: Path) -> None:
    path = image(tmp_path / "t1.nii.gz")

    message = refusal(tmp_path, overrides={T1: path, T2: path})

    assert "t1.nii.gz, given as t1, is given twice" in message


def test_derivatives_of_bids_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "dataset_description.json").write_text("{}")
    for folder in ("sub-1/anat", "derivatives/sub-1/anat", "sub-2/anat"):
        image(tmp_path / folder / f"{Path(folder).parent.name}_T1w.nii.gz")

    assert find_patients(tmp_path) == (tmp_path / "sub-1", tmp_path / "sub-2")


def test_names_that_are_not_utf_8_can_still_be_written_down(tmp_path: Path) -> None:
    image(tmp_path / "t1.nii.gz").rename(tmp_path / os.fsdecode(b"t1_b\xfcrste.nii.gz"))

    (series,) = read_study(tmp_path).series

    assert series.series_id.encode("utf-8").decode("utf-8") == "t1_b\ufffdrste.nii.gz"
    assert series.declared is T1


def test_a_missing_choice_is_refused(tmp_path: Path) -> None:
    image(tmp_path / "t1.nii.gz")

    message = refusal(tmp_path, overrides={T2: tmp_path / "none.nii"})

    assert message == "none.nii, given as t2: no such file or folder; check the path"


def test_the_users_brain_mask_is_a_mask_and_no_series(tmp_path: Path) -> None:
    image(tmp_path / "t1.nii.gz")
    mask = np.zeros((6, 7, 8), np.uint8)
    mask[2:4, 2:4, 2:4] = 255
    path = image(tmp_path / "head.nii.gz", mask)

    study = read_study(tmp_path, brain_mask=path)

    assert study.brain_mask is not None
    assert study.brain_mask.data.dtype == bool
    assert int(study.brain_mask.data.sum()) == 8
    assert [one.series_id for one in study.series] == ["t1.nii.gz"]


@pytest.mark.parametrize("value", [0, 1])
def test_a_brain_mask_without_a_brain_is_refused(tmp_path: Path, value: int) -> None:
    image(tmp_path / "t1.nii.gz")
    mask = image(tmp_path / "mask.nii.gz", np.full((6, 7, 8), value, np.uint8))

    assert "mask.nii.gz holds no brain" in refusal(tmp_path, brain_mask=mask)
    assert "no.nii is no NIfTI file" in refusal(tmp_path, brain_mask=tmp_path / "no.nii")


def test_a_constant_image_is_refused(tmp_path: Path) -> None:
    image(tmp_path / "t1.nii.gz", np.full((6, 7, 8), 3, np.int16))

    assert "t1.nii.gz is constant (3 everywhere); convert it again" in refusal(tmp_path)


def test_a_useless_file_of_no_sequence_is_left_out(tmp_path: Path) -> None:
    image(tmp_path / "t1.nii.gz")
    image(tmp_path / "picture.nii.gz", np.full((6, 7, 8), 3, np.int16))

    study = read_study(tmp_path)

    assert [one.series_id for one in study.series] == ["t1.nii.gz"]
    (notice,) = study.notices
    assert notice.severity is Severity.WARNING
    assert "picture.nii.gz is constant" in notice.message


def test_a_useless_file_alone_is_refused_with_its_reason(tmp_path: Path) -> None:
    image(tmp_path / "picture.nii.gz", np.full((6, 7, 8), 3, np.int16))

    message = refusal(tmp_path)

    assert "no usable series" in message
    assert "picture.nii.gz is constant" in message
    assert "--t1c" in message


def test_earlier_results_are_not_read_as_input(tmp_path: Path) -> None:
    image(tmp_path / "t1.nii.gz")
    image(tmp_path / "result" / "t1c.nii.gz")
    (tmp_path / "result" / "run.json").write_text("{}")

    study = read_study(tmp_path)

    assert [one.series_id for one in study.series] == ["t1.nii.gz"]
    assert study.notices[0].message == "result was passed over: no raw images."


def test_two_patients_in_one_folder_are_refused(tmp_path: Path) -> None:
    for case in ("BraTS2021_00001", "BraTS2021_00002"):
        image(tmp_path / f"{case}_t1.nii.gz")

    assert "images of 2 patients or sessions (1 in ., 1 in .)" in refusal(tmp_path)


def test_two_prefixes_with_the_same_sequences_are_two_patients(tmp_path: Path) -> None:
    for case in ("anna", "bert"):
        image(tmp_path / f"{case}_t1.nii.gz")
        image(tmp_path / f"{case}_flair.nii.gz")

    assert "2 patients" in refusal(tmp_path)


def test_two_sessions_are_refused(tmp_path: Path) -> None:
    for session in ("01", "02"):
        image(tmp_path / f"ses-{session}" / "anat" / f"sub-1_ses-{session}_T1w.nii.gz")

    assert "2 patients or sessions (1 in ses-01/anat, 1 in ses-02/anat)" in refusal(tmp_path)


@pytest.mark.parametrize("junk", [False, True])
def test_a_folder_without_images_is_refused(tmp_path: Path, junk: bool) -> None:
    if junk:
        (tmp_path / "notes.txt").write_text("nothing")
        (tmp_path / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
        (tmp_path / "lost.nii.gz").write_bytes(b"")

    message = refusal(tmp_path)

    assert f"(0 DICOM, 0 NIfTI, {int(junk)} other files)" in message
    assert ("lost.nii.gz has no content" in message) is junk


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    path = image(tmp_path / "t1.nii.gz")

    assert "t1.nii.gz is a file; give the folder" in refusal(path)
    assert "none: no such folder; check the path" in refusal(tmp_path / "none")


def cohort(folder: Path, *paths: str) -> tuple[str, ...]:
    for path in paths:
        image(folder / path)
    return tuple(str(found.relative_to(folder)) for found in find_patients(folder))


@pytest.mark.parametrize(
    ("paths", "patients"),
    [
        (("t1.nii", "flair.nii"), (".",)),
        (("T1/a.nii", "FLAIR/a.nii"), (".",)),
        (("anat/t1.nii",), (".",)),
        (("a/t1.nii", "a/t2.nii", "b/t1.nii", "b/t2.nii"), ("a", "b")),
        (("a/t1.nii", "b/flair.nii"), ("a", "b")),
        (("T1/a.nii", "T1_again/a.nii"), ("T1", "T1_again")),
        (
            ("x/BraTS2021_00001/BraTS2021_00001_t1.nii", "BraTS2021_00002/BraTS2021_00002_t1.nii"),
            ("BraTS2021_00002", "x"),
        ),
        (
            (
                "sub-1/ses-1/anat/sub-1_ses-1_T1w.nii",
                "sub-1/ses-2/anat/sub-1_ses-2_T1w.nii",
                "sub-2/anat/sub-2_T1w.nii",
            ),
            ("sub-1/ses-1", "sub-1/ses-2", "sub-2"),
        ),
        (("TCGA-CS-1234/T1_raw/x.nii", "TCGA-CS-1234/other/y.nii"), (".",)),
        (("a_t1.nii", "a_t2.nii", "b_t1.nii", "b_t2.nii"), (".",)),
    ],
)
def test_patients_of_a_cohort_are_told_apart(
    tmp_path: Path, paths: tuple[str, ...], patients: tuple[str, ...]
) -> None:
    assert cohort(tmp_path, *paths) == patients


def test_a_cohort_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")

    with pytest.raises(InputError, match="holds no NIfTI and no DICOM image; 1 other files"):
        find_patients(tmp_path)
