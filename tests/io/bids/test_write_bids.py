import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glioscope.core import Label, OutputError, Volume
from glioscope.io import read_volume, write_volume
from glioscope.io.bids import write_bids
from glioscope.io.bids.participants import participant_of
from glioscope.io.results.folder import WrittenResult
from glioscope.io.results.measured import head_numbers, measured_groups

MINE = "sub-case001"


def renamed(result: WrittenResult, case_id: str, **patient: Any) -> WrittenResult:
    """The same result of another patient."""
    who = {**result.content["patient"], **patient}
    return replace(result, content={**result.content, "case_id": case_id, "patient": who})


def table(path: Path) -> list[dict[str, str]]:
    header, *rows = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.fixture
def dataset(written_result: WrittenResult, tmp_path: Path) -> Path:
    write_bids(written_result, tmp_path / "derivatives")
    return tmp_path / "derivatives"


def anat(dataset: Path, name: str) -> Path:
    return dataset / MINE / "anat" / f"{MINE}_{name}"


def validator() -> str:
    """The BIDS validator, of the package bids-validator-deno."""
    beside = Path(sys.executable).with_name("bids-validator-deno")
    found = shutil.which("bids-validator-deno") or (str(beside) if beside.exists() else None)
    if found is None:
        pytest.skip("needs `pip install bids-validator-deno`")
    return found


def errors(dataset: Path) -> list[str]:
    done = subprocess.run(
        [validator(), "--format", "json", str(dataset)], capture_output=True, text=True, check=False
    )
    issues = json.loads(done.stdout)["issues"]["issues"]
    return [one["code"] for one in issues if one["severity"] == "error"]


def test_the_bids_validator_finds_no_error(written_result: WrittenResult, dataset: Path) -> None:
    write_bids(renamed(written_result, "UPENN-GBM-00002_11"), dataset)

    assert errors(dataset) == []


def test_the_bids_validator_finds_what_is_wrong(dataset: Path) -> None:
    anat(dataset, "space-orig_seg-tumor_dseg.nii.gz").rename(anat(dataset, "tumor.nii.gz"))

    assert errors(dataset) != []


def test_labels_are_copied_byte_by_byte(written_result: WrittenResult, dataset: Path) -> None:
    for source, name in (
        ("segmentation.nii.gz", "space-orig_seg-tumor_dseg.nii.gz"),
        ("prepared/segmentation.nii.gz", "space-orig_seg-tumor_res-prepared_dseg.nii.gz"),
        ("prepared/brain.nii.gz", "space-orig_res-prepared_desc-brain_mask.nii.gz"),
        ("prepared/t1c.nii.gz", "ce-gadolinium_space-orig_res-prepared_desc-preproc_T1w.nii.gz"),
        ("prepared/flair.nii.gz", "space-orig_res-prepared_desc-preproc_FLAIR.nii.gz"),
    ):
        assert anat(dataset, name).read_bytes() == (written_result.folder / source).read_bytes()
    assert not anat(dataset, "space-orig_res-prepared_desc-preproc_T2w.nii.gz").exists()


def test_the_label_table_names_every_label(dataset: Path) -> None:
    rows = table(anat(dataset, "space-orig_seg-tumor_dseg.tsv"))

    assert {int(row["index"]): row["name"] for row in rows} == {
        int(label): label.name.lower() for label in Label if label
    }


def test_every_image_has_a_sidecar_with_its_space(dataset: Path) -> None:
    images = sorted((dataset / MINE).rglob("*.nii.gz"))

    assert len(images) == 5
    for image in images:
        about = json.loads(image.with_name(image.name.replace(".nii.gz", ".json")).read_bytes())
        assert about["SpatialReference"] == "orig"
        assert ("Resolution" in about) == ("res-prepared" in image.name)
        assert about.get("SkullStripped", "preproc" not in image.name) is True
    mask = json.loads(anat(dataset, "space-orig_res-prepared_desc-brain_mask.json").read_bytes())
    assert (mask["Type"], mask["Resolution"]) == (
        "Brain",
        "voxels of 3 x 3 x 3 mm, on which the images were analyzed",
    )


def test_the_table_of_measurements_has_the_digits_of_result_json(
    written_result: WrittenResult, dataset: Path
) -> None:
    rows = table(anat(dataset, "desc-measurements_morph.tsv"))
    expected = [
        (group.tracking_id, number.name, json.dumps(number.value), number.unit)
        for group in measured_groups(written_result)
        for number in group.numbers
    ]
    expected += [
        ("head", n.name, json.dumps(n.value), n.unit) for n in head_numbers(written_result)
    ]

    assert [(r["group"], r["name"], r["value"], r["unit"]) for r in rows] == expected
    columns = json.loads(anat(dataset, "desc-measurements_morph.json").read_bytes())
    assert list(columns) == list(rows[0])


def test_the_dataset_says_what_it_is(dataset: Path) -> None:
    description = json.loads((dataset / "dataset_description.json").read_bytes())

    assert description["DatasetType"] == "derivative"
    assert [one["Name"] for one in description["GeneratedBy"]] == ["Glioscope"]


def test_a_second_patient_joins_the_list(written_result: WrittenResult, dataset: Path) -> None:
    write_bids(renamed(written_result, "case-000", age=None, sex=None), dataset)

    assert table(dataset / "participants.tsv") == [
        {"participant_id": "sub-case000", "age": "n/a", "sex": "n/a", "case_id": "case-000"},
        {"participant_id": MINE, "age": "62.0", "sex": "F", "case_id": "case-001"},
    ]


def test_what_others_added_to_the_list_stays(written_result: WrittenResult, dataset: Path) -> None:
    path = dataset / "participants.tsv"
    path.write_bytes(
        b"participant_id\tsite\tage\tsex\tcase_id\r\n"
        b"sub-case001\tBonn\t62.0\tF\tcase-001\r\nsub-other\tUlm\t40\tM\tn/a\r\n"
    )
    sidecar = dataset / "participants.json"
    sidecar.write_text('{"site": {"Description": "Hospital"}, "age": {"Description": "theirs"}}')

    write_bids(renamed(written_result, "case-001", sex="M"), dataset)

    mine, other = table(path)
    assert (mine["site"], mine["sex"]) == ("Bonn", "M")
    assert other == {
        "participant_id": "sub-other",
        "site": "Ulm",
        "age": "40",
        "sex": "M",
        "case_id": "n/a",
    }
    described = json.loads(sidecar.read_bytes())
    assert described["age"] == {"Description": "theirs"}
    assert {"site", "sex", "case_id"} <= set(described)


def test_the_same_case_again_changes_nothing(written_result: WrittenResult, dataset: Path) -> None:
    before = {path: path.read_bytes() for path in dataset.rglob("*") if path.is_file()}

    write_bids(written_result, dataset)

    assert {path: path.read_bytes() for path in dataset.rglob("*") if path.is_file()} == before


def test_images_of_an_earlier_result_do_not_stay(
    written_result: WrittenResult, dataset: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    shutil.copy(written_result.folder / "segmentation.nii.gz", bare)

    write_bids(replace(written_result, folder=bare), dataset)

    assert [path.name for path in (dataset / MINE).rglob("*.nii.gz")] == [
        f"{MINE}_space-orig_seg-tumor_dseg.nii.gz"
    ]
    assert not list((dataset / MINE).rglob("*preproc*"))


def test_many_at_the_same_time_all_arrive(written_result: WrittenResult, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    write_volume(
        Volume(data=np.zeros((4, 4, 4), dtype=np.uint8), affine=np.eye(4)),
        bare / "segmentation.nii.gz",
    )
    cases = [replace(renamed(written_result, f"p{n:02}"), folder=bare) for n in range(16)]

    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda one: write_bids(one, tmp_path / "out"), cases))

    listed = [row["participant_id"] for row in table(tmp_path / "out" / "participants.tsv")]
    assert listed == [f"sub-p{n:02}" for n in range(16)]


@pytest.mark.parametrize(
    ("case_id", "participant"),
    [
        ("case-001", "sub-case001"),
        ("UPENN-GBM-00002_11", "sub-UPENNGBM0000211"),
        ("sub-01_ses-2", "sub-01ses2"),
        ("P 7 (ü)", "sub-P7"),
    ],
)
def test_names_keep_letters_and_digits(case_id: str, participant: str) -> None:
    assert participant_of(case_id) == participant


def test_a_name_without_any_is_refused(written_result: WrittenResult, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no letter or digit"):
        write_bids(renamed(written_result, "--"), tmp_path / "out")


@pytest.mark.parametrize("case_id", ["case_001", "CASE-001"])
def test_two_cases_of_one_name_are_refused_and_nothing_changes(
    case_id: str, written_result: WrittenResult, dataset: Path
) -> None:
    before = {path: path.read_bytes() for path in dataset.rglob("*") if path.is_file()}

    with pytest.raises(OutputError, match="another case as sub-case001"):
        write_bids(renamed(written_result, case_id), dataset)

    assert {path: path.read_bytes() for path in dataset.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"participant_id\tage\nsub-a\n", "row 2 has 1 cells"),
        (b"age\tsex\n40\tM\n", "does not begin with the column participant_id"),
        (b"\xff\xfe\x00", "can't be read as text"),
    ],
)
def test_a_damaged_list_is_refused_and_kept(
    content: bytes, why: str, written_result: WrittenResult, dataset: Path
) -> None:
    (dataset / "participants.tsv").write_bytes(content)

    with pytest.raises(OutputError, match=why):
        write_bids(renamed(written_result, "new"), dataset)

    assert (dataset / "participants.tsv").read_bytes() == content
    assert not (dataset / "sub-new").exists()


@pytest.mark.parametrize(
    "description",
    [
        '{"Name": "raw", "DatasetType": "raw"}',
        '{"Name": "x", "DatasetType": "derivative", "GeneratedBy": [{"Name": "fMRIPrep"}]}',
        "[]",
        "no JSON",
    ],
)
def test_a_dataset_of_others_is_refused(
    description: str, written_result: WrittenResult, tmp_path: Path
) -> None:
    (tmp_path / "dataset_description.json").write_text(description)

    with pytest.raises(OutputError, match="holds another BIDS dataset"):
        write_bids(written_result, tmp_path)

    assert (tmp_path / "dataset_description.json").read_text() == description


def test_a_folder_of_something_else_is_refused(
    written_result: WrittenResult, tmp_path: Path
) -> None:
    (tmp_path / "thesis.odt").write_text("chapter 1")

    with pytest.raises(OutputError, match="neither empty nor a BIDS dataset"):
        write_bids(written_result, tmp_path)


def test_a_file_in_the_place_of_the_dataset_is_refused(
    written_result: WrittenResult, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("")

    with pytest.raises(OutputError, match="choose another output folder"):
        write_bids(written_result, tmp_path / "out")


def test_ages_are_capped_where_bids_caps_them(
    written_result: WrittenResult, tmp_path: Path
) -> None:
    old = {**written_result.content["patient"]["age"], "value": 93.0}

    write_bids(renamed(written_result, "old", age=old), tmp_path / "out")

    assert table(tmp_path / "out" / "participants.tsv")[0]["age"] == "89"


def test_copied_labels_lie_where_the_result_says(
    written_result: WrittenResult, dataset: Path
) -> None:
    copied = read_volume(anat(dataset, "space-orig_seg-tumor_dseg.nii.gz"))

    np.testing.assert_array_equal(copied.data, written_result.labels.data)
    np.testing.assert_allclose(copied.affine, written_result.labels.affine)
