"""A result folder is read whole, or refused with what is wrong."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from glioscope.core import InputError
from glioscope.io import read_volume, write_volume
from glioscope.io.results.folder import WrittenResult, read_result


@pytest.fixture
def folder(written_result: WrittenResult, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(written_result.folder, tmp_path / "result"))


def edit(path: Path, change: Callable[[dict[str, object]], object]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_the_files_of_the_reference_series_are_known_with_their_hashes(
    written_result: WrittenResult, dicom_study: Path
) -> None:
    files = written_result.files_of(written_result.reference_series)

    assert len(files) == written_result.labels.shape[2]
    assert all((dicom_study / name).is_file() for name in files)
    assert all(len(digest) == 64 for digest in files.values())


def test_a_series_in_a_folder_of_nifti_is_found_by_its_path(folder: Path) -> None:
    def rename(run: dict[str, object]) -> None:
        run["series"] = [
            {
                "series_id": "series/t1c.nii.gz",
                "files": [{"path": "series/t1c.nii.gz", "sha256": "0"}],
            }
        ]

    edit(folder / "run.json", rename)

    assert read_result(folder).files_of("series/t1c.nii.gz") == {"series/t1c.nii.gz": "0"}


def test_result_json_itself_names_the_folder_too(folder: Path) -> None:
    assert read_result(folder / "result.json").digest == read_result(folder).digest


def test_another_number_or_voxel_is_another_digest(folder: Path) -> None:
    before = read_result(folder).digest
    labels = read_volume(folder / "segmentation.nii.gz")
    data = labels.data.copy()
    data[0, 0, 0] = 2
    write_volume(labels.with_data(data), folder / "segmentation.nii.gz")
    voxel = read_result(folder).digest
    edit(folder / "result.json", lambda content: content.update(has_tumor=False))

    assert len({before, voxel, read_result(folder).digest}) == 3


@pytest.mark.parametrize("name", ["result.json", "run.json", "segmentation.nii.gz"])
def test_an_incomplete_result_is_refused_by_the_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()

    with pytest.raises(InputError, match=name):
        read_result(folder)


@pytest.mark.parametrize("content", ["{", "[]", '{"schema_version": "2.0"}', "{}"])
def test_a_damaged_or_foreign_result_is_refused(folder: Path, content: str) -> None:
    (folder / "result.json").write_text(content, encoding="utf-8")

    with pytest.raises(InputError, match=r"result\.json"):
        read_result(folder)


def test_files_of_two_analyses_are_refused(folder: Path) -> None:
    edit(folder / "run.json", lambda run: run.update(case_id="another"))

    with pytest.raises(InputError, match="not of one analysis"):
        read_result(folder)


def test_labels_on_another_grid_are_refused(folder: Path) -> None:
    labels = read_volume(folder / "segmentation.nii.gz")
    moved = labels.affine.copy()
    moved[0, 3] += 1.0
    write_volume(
        type(labels)(data=labels.data.astype(np.uint8), affine=moved),
        folder / "segmentation.nii.gz",
    )

    with pytest.raises(InputError, match="not of one analysis"):
        read_result(folder)
