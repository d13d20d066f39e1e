"""An evaluation that mixes training and test patients is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glioscope.core import InputError, Volume
from glioscope.io import write_volume
from glioscope.pipeline import evaluate_labels


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """One case of BraTS 2021, who is TCGA-CS-4944."""
    data = np.zeros((6, 6, 6), dtype=np.uint8)
    data[2:4, 2:4, 2:4] = 3
    path = tmp_path / "labels" / "BraTS2021_01477.nii.gz"
    path.parent.mkdir()
    write_volume(Volume(data=data, affine=np.eye(4)), path)
    return path.parent


def trained_on(tmp_path: Path, name: str) -> Path:
    path = tmp_path / "train.csv"
    path.write_text(f"id\n{name}\n", encoding="utf-8")
    return path


def test_a_patient_seen_in_training_under_another_name_is_refused(
    labels: Path, tmp_path: Path
) -> None:
    seen = trained_on(tmp_path, "TCGA-CS-4944")

    with pytest.raises(InputError, match="TCGA-CS-4944"):
        evaluate_labels(labels, labels, trained_on=seen)


def test_a_patient_who_was_not_seen_is_scored(labels: Path, tmp_path: Path) -> None:
    seen = trained_on(tmp_path, "UPENN-GBM-00001_11")

    scores = evaluate_labels(labels, labels, trained_on=seen)

    assert [case.case_id for case in scores.cases] == ["BraTS2021_01477"]
