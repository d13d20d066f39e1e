from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from glioscope.core import InputError
from glioscope.learning.data.split import Split
from glioscope.learning.data.split_file import read_split, verdicts, write_split

KNOWN = Split(
    parts={
        "train": ("UCSF-PDGM-0004", "UCSF-PDGM-0429_FU003d"),
        "test": ("UPENN-GBM-00001_11",),
    },
    patients={
        "UCSF-PDGM-0004": "UCSF-PDGM-0004",
        "UCSF-PDGM-0429_FU003d": "UCSF-PDGM-0429",
        "UPENN-GBM-00001_11": "UPENN-GBM-00001",
    },
)


def written(split: Split, path: Path) -> dict[str, Any]:
    write_split(split, path)
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def test_a_split_comes_back_as_it_was_written(tmp_path: Path) -> None:
    content = written(KNOWN, tmp_path / "split.json")

    assert read_split(tmp_path / "split.json") == KNOWN
    assert content["proven_disjoint"] is True
    assert content["leakage"]["train/test"]["train_patients"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["split.json"]


def test_the_same_split_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_split(KNOWN, tmp_path / name)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_doubts_are_written_down(tmp_path: Path) -> None:
    split = Split(
        parts={
            "train": ("UCSF-PDGM-0004",),
            "validation": ("Brats18_2013_2_1",),
            "test": ("someone",),
        }
    )

    content = written(split, tmp_path / "split.json")

    assert content["proven_disjoint"] is False
    assert list(content["leakage"]) == ["train/validation", "train/test", "validation/test"]
    assert content["leakage"]["train/validation"]["doubts"][0]["train_ids"] == ["UCSF-PDGM-0004"]
    assert content["leakage"]["train/test"]["unknown_test"] == ["someone"]


def test_a_case_that_the_registry_knows_speaks_for_an_unknown_patient() -> None:
    split = Split(
        parts={"train": ("UCSF-PDGM-0004",), "test": ("UPENN-GBM-00001_11",)},
        patients={"UCSF-PDGM-0004": "patient 1", "UPENN-GBM-00001_11": "patient 2"},
    )

    assert verdicts(split)["train", "test"].proven


MIXED = [
    (("BraTS2021_01477", "BraTS2021_01477"), ("TCGA-CS-4944", "TCGA-CS-4944")),
    (("BraTS2021_01477", "one"), ("TCGA-CS-4944", "another")),
    (("UCSF-PDGM-0429", "UCSF-PDGM-0429"), ("x", "ucsf-pdgm-429")),
    (("x", "patient 1"), ("y", "Patient  1")),
]


@pytest.mark.parametrize(("train", "test"), MIXED)
def test_a_patient_under_two_names_is_refused_when_written_and_when_read(
    tmp_path: Path, train: tuple[str, str], test: tuple[str, str]
) -> None:
    path = tmp_path / "split.json"
    split = Split(parts={"train": (train[0],), "test": (test[0],)}, patients=dict([train, test]))
    told = rf"{train[0]} \(train\) = {test[0]} \(test\)|{test[0]} \(test\) = {train[0]} \(train\)"

    with pytest.raises(InputError, match=told):
        write_split(split, path)
    assert not path.exists()

    parts = {"train": [train], "test": [test]}
    rows = {
        name: [{"case": case, "patient": patient} for case, patient in pairs]
        for name, pairs in parts.items()
    }
    path.write_text(json.dumps({"format": "glioscope-split-1", "parts": rows}))
    with pytest.raises(InputError, match=told):
        read_split(path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "is no JSON"),
        ("[]", "is no split of the format"),
        ('{"format": "glioscope-split-0", "parts": {}}', "is no split of the format"),
        ('{"format": "glioscope-split-1"}', "is damaged"),
        ('{"format": "glioscope-split-1", "parts": {"train": ["a"]}}', "is damaged"),
        ('{"format": "glioscope-split-1", "parts": {"train": [{"case": 1}]}}', "is damaged"),
        ('{"format": "glioscope-split-1", "parts": {"learn": []}}', "'learn' is no part"),
    ],
)
def test_what_is_no_split_is_refused(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "split.json").write_text(content)

    with pytest.raises(InputError, match=told):
        read_split(tmp_path / "split.json")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.json: can't be read"):
        read_split(tmp_path / "gone.json")
