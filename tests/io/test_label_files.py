from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.core import InputError, Label, Volume
from glioscope.io import LabelConvention, read_labels, write_volume


def label_file(folder: Path, name: str, values: list[float], dtype: type = np.float32) -> Path:
    data: npt.NDArray[Any] = np.zeros((4, 4, 4), dtype)
    data.flat[: len(values)] = values
    write_volume(Volume(data=data, affine=np.eye(4)), folder / name)
    return folder / name


def first(path: Path, count: int, convention: LabelConvention | None = None) -> list[int]:
    labels = read_labels(path, convention=convention)
    assert labels.data.dtype == np.uint8
    return [int(value) for value in labels.data.flat[:count]]


NCR, ED, ET = int(Label.NECROSIS), int(Label.EDEMA), int(Label.ENHANCING)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("BraTS2021_00001_seg.nii.gz", [0, 1, 2, 4], [0, NCR, ED, ET]),
        ("BraTS-GLI-00001-000-seg.nii.gz", [0, 1, 2, 3], [0, NCR, ED, ET]),
        ("seg.nii.gz", [1, 2, 3], [NCR, ED, ET]),
        ("seg.nii.gz", [1, 2], [NCR, ED]),
        ("OTMultiClass.nii.gz", [0, 1, 2, 3, 4], [0, NCR, ED, NCR, ET]),
        ("OTMultiClass.nii.gz", [1, 2, 3], [NCR, ED, NCR]),
        ("VSD.Brain_3more.XX.OT.6560.nii.gz", [1, 2, 3, 4], [NCR, ED, NCR, ET]),
        ("BraTS-GLI-02066-101-seg.nii.gz", [1, 2, 3, 4], [NCR, ED, ET, 0]),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_every_convention_becomes_the_labels_of_today(
    tmp_path: Path, name: str, values: list[float], expected: list[int], dtype: type
) -> None:
    assert first(label_file(tmp_path, name, values, dtype), len(values)) == expected


def test_the_convention_given_counts_more_than_the_name(tmp_path: Path) -> None:
    path = label_file(tmp_path, "seg.nii.gz", [1, 2, 3])

    assert first(path, 3, LabelConvention.BRATS_2013) == [NCR, ED, NCR]


def test_three_and_four_under_an_unknown_name_are_refused(tmp_path: Path) -> None:
    path = label_file(tmp_path, "seg.nii.gz", [1, 2, 3, 4])

    with pytest.raises(InputError, match="mean different things in BraTS 2013 and BraTS 2024"):
        read_labels(path)


@pytest.mark.parametrize(
    ("values", "told"), [([0.5], "holds fractions"), ([1, 7], "0, 1, 7"), ([-1], "-1, 0")]
)
def test_other_values_are_refused(tmp_path: Path, values: list[float], told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_labels(label_file(tmp_path, "seg.nii.gz", values))
