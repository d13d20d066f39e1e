from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def leakage(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "glioscope", "leakage", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def test_csv(tmp_path: Path) -> Path:
    return written(tmp_path / "test.csv", b"patient\nTCGA-CS-4944\nUPENN-GBM-00002_11\n")


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_clean_split_ends_with_0_and_says_that_it_is_proven(
    tmp_path: Path, test_csv: Path
) -> None:
    train = written(tmp_path / "train.csv", b"ID,age\nUPENN-GBM-00001_11,60\nW10,50\n")

    result = leakage(train, test_csv)

    assert result.returncode == 0, result.stderr
    assert "train.csv: 2 ids, 2 patients (column 'ID')" in result.stdout
    assert "all ids are known, and no patient is on both sides" in result.stdout


def test_a_shared_patient_ends_with_2_and_a_table(tmp_path: Path, test_csv: Path) -> None:
    train = written(tmp_path / "train.csv", b"case\nBraTS2021_01477\nBraTS2021_01478\n")

    result = leakage(train, test_csv)

    assert result.returncode == 2
    assert "  BraTS2021_01477  TCGA-CS-4944\n" in result.stdout
    assert result.stderr.count("\n") == 1
    assert "BraTS2021_01477 = TCGA-CS-4944" in result.stderr


def test_json_is_one_object_with_all_there_is(tmp_path: Path, test_csv: Path) -> None:
    train = written(tmp_path / "train.csv", b"case\nBraTS2021_01477\nBrats18_CBICA_AAB_1\n")

    result = leakage(train, test_csv, "--json")

    report = json.loads(result.stdout)
    assert result.returncode == 2
    assert report["disjoint"] is False
    assert report["train_column"] == "case"
    assert report["shared"] == [{"train_ids": ["BraTS2021_01477"], "test_ids": ["TCGA-CS-4944"]}]
    assert report["unknown_train"] == ["Brats18_CBICA_AAB_1"]


def test_an_unknown_id_is_told_although_nothing_overlaps(tmp_path: Path, test_csv: Path) -> None:
    train = written(tmp_path / "train.csv", b"case\nBrats18_TCIA02_192_1\n")

    result = leakage(train, test_csv)

    assert result.returncode == 0
    assert "unknown to the registry" in result.stdout
    assert "can't be excluded: BraTS 2017-2019, source unknown" in result.stdout
    assert "all ids are known" not in result.stdout


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xef\xbb\xbfid,age\r\nTCGA-CS-4944,1\r\n", "(column 'id')"),
        (b"age;Patient ID\n1;TCGA-CS-4944\n2;\n", "(column 'Patient ID', 1 row without an id"),
        (b"TCGA-CS-4944\n", "(no header line)"),
        (b"scan\tage\nTCGA-CS-4944\t3\n", "(column 'scan', the first"),
    ],
)
def test_tables_are_read_as_people_keep_them(
    tmp_path: Path, test_csv: Path, content: bytes, told: str
) -> None:
    result = leakage(written(tmp_path / "train.csv", content), test_csv)

    assert told in result.stdout
    assert "patients known to be on both sides: 1" in result.stdout


def test_the_column_can_be_named(tmp_path: Path) -> None:
    table = written(tmp_path / "both.csv", b"id,other\nUPENN-GBM-00001_11,W1\n")
    test = written(tmp_path / "test.csv", b"other\nW2\n")

    assert leakage(table, test, "--id-column", "other").returncode == 0
    assert "has no column 'id'; it has other" in leakage(table, test, "--id-column", "id").stderr


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"id,age\n", "holds no id"),
        (b"PK\x03\x04\0\0", "is a binary file"),
        (b"\xff\xfei\0d\0", "is no UTF-8 text"),
        (b'id\n"' + b"x" * 200_000, "is no CSV table"),
    ],
)
def test_what_is_no_table_is_one_line_and_exit_code_2(
    tmp_path: Path, test_csv: Path, content: bytes, why: str
) -> None:
    result = leakage(written(tmp_path / "train.csv", content), test_csv)

    assert result.returncode == 2
    assert result.stderr.startswith("glioscope: error: train.csv: ")
    assert why in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path, test_csv: Path) -> None:
    for path in (tmp_path / "nobody.csv", tmp_path):
        result = leakage(path, test_csv)

        assert result.returncode == 2
        assert "can't be read" in result.stderr
