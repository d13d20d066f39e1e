from __future__ import annotations

import gzip
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glioscope.core import InputError, Sequence, Volume
from glioscope.io import LabelConvention, write_volume
from glioscope.learning.data.files import fault, grid_of
from glioscope.learning.data.layouts import list_folder, merge
from glioscope.learning.data.listing import ListedCase, Listing

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("GLIOSCOPE_DATA", ROOT.parent / "shared" / "data"))
needs_data = pytest.mark.skipif(
    not (DATA / "brats").is_dir(), reason="no real data; set GLIOSCOPE_DATA to its folder"
)

SPACING_MM = np.diag([-1.0, -1.0, 2.0, 1.0])


def image(path: Path, *, size: int = 4, affine: np.ndarray = SPACING_MM, fill: int = 1) -> Path:
    write_volume(Volume(data=np.full((size, 5, 6), fill, np.int16), affine=affine), path)
    return path


def noise(path: Path) -> Path:
    """Write an image that gzip can't shorten, so that its header is a small part of the file."""
    data = np.random.default_rng(0).integers(0, 30000, (4, 5, 6000), np.int16)
    write_volume(Volume(data=data, affine=SPACING_MM), path)
    return path


def cut(path: Path) -> None:
    path.write_bytes(noise(path).read_bytes()[:-9000])


def brats(folder: Path, name: str, *words: str) -> Path:
    for word in words or ("t1", "t1ce", "t2", "flair", "seg"):
        image(folder / name / f"{name}_{word}.nii.gz")
    return folder


def reason(listing: Listing, case_id: str) -> str:
    (found,) = [left.reason for left in listing.left_out if left.case_id == case_id]
    return found


def test_a_whole_case_is_listed_with_all_its_files(tmp_path: Path) -> None:
    brats(tmp_path / "HGG", "Brats18_TCIA02_192_1")

    listing = list_folder(tmp_path)

    (case,) = listing.cases
    assert listing.left_out == ()
    assert (case.case_id, case.source) == ("Brats18_TCIA02_192_1", "BraTS 2018/2019")
    assert [path.name.split("_")[-1] for path in case.images.values()] == [
        "t1.nii.gz",
        "t1ce.nii.gz",
        "t2.nii.gz",
        "flair.nii.gz",
    ]
    assert list(case.images) == list(Sequence)
    assert case.labels == tmp_path / "HGG" / case.case_id / f"{case.case_id}_seg.nii.gz"
    assert case.facts.grade is None


def test_several_data_sets_below_one_folder_are_told_apart(tmp_path: Path) -> None:
    brats(tmp_path, "BraTS2021_00001")
    brats(tmp_path, "BraTS20_Training_355", "flair")
    image(tmp_path / "BraTS20_Training_355" / "W39_1998.09.19_Segm.nii")
    image(tmp_path / "TCGA-CS-4941_flair.nii.gz")
    image(tmp_path / "TCGA-CS-4941_flair-abnormality.nii.gz")
    image(tmp_path / "BraTS-GLI-02105-105" / "BraTS-GLI-02105-105-t2f.nii.gz")
    image(tmp_path / "BraTS-GLI-02105-105" / "BraTS-GLI-02105-105-seg.nii.gz")

    cases = {case.case_id: case for case in list_folder(tmp_path).cases}

    assert list(cases) == [
        "BraTS-GLI-02105-105",
        "BraTS2021_00001",
        "BraTS20_Training_355",
        "TCGA-CS-4941",
    ]
    assert cases["BraTS20_Training_355"].labels is not None
    assert [case.whole_tumor_only for case in cases.values()] == [False, False, False, True]
    assert cases["BraTS-GLI-02105-105"].convention is LabelConvention.BRATS_2024


def test_a_layout_by_name_passes_over_the_others(tmp_path: Path) -> None:
    brats(tmp_path, "BraTS2021_00001")
    brats(tmp_path, "BraTS20_Training_001")

    (case,) = list_folder(tmp_path, layout="brats2020").cases

    assert case.case_id == "BraTS20_Training_001"


def test_ucsf_prefers_the_corrected_images_and_the_whole_brain(tmp_path: Path) -> None:
    start = tmp_path / "UCSF-PDGM-0429_FU003d_nifti" / "UCSF-PDGM-0429_FU003d_"
    for word in ("T1", "T1_bias", "T2", "brain_parenchyma_segmentation", "brain_segmentation"):
        image(start.with_name(f"{start.name}{word}.nii.gz"))

    (case,) = list_folder(tmp_path).cases

    assert [path.name.partition("FU003d_")[2] for path in case.images.values()] == [
        "T1_bias.nii.gz",
        "T2.nii.gz",
    ]
    assert case.brain is not None
    assert case.brain.name.endswith("_brain_segmentation.nii.gz")
    assert (case.patient, case.labels) == ("UCSF-PDGM-0429", None)


def test_upenn_takes_the_labels_of_a_program_only_when_asked(tmp_path: Path) -> None:
    for case in ("UPENN-GBM-00001_11", "UPENN-GBM-00002_11"):
        image(tmp_path / "images_structural" / case / f"{case}_FLAIR.nii.gz")
        image(tmp_path / "automated_segm" / f"{case}_automated_approx_segm.nii.gz")
    image(tmp_path / "images_segm" / "UPENN-GBM-00001_11_segm.nii.gz")

    of_experts = list_folder(tmp_path).cases
    of_both = list_folder(tmp_path, layout="upenn_gbm_automated").cases

    assert [case.labels and case.labels.parent.name for case in of_experts] == ["images_segm", None]
    assert [case.labels and case.labels.parent.name for case in of_both] == [
        "images_segm",
        "automated_segm",
    ]


def test_the_folder_of_one_case_alone_is_enough(tmp_path: Path) -> None:
    image(tmp_path / "brats_2013_pat0003_1" / "T1c_subtrMeanDivStd.nii.gz")
    image(tmp_path / "brats_2013_pat0003_1" / "brainmask.nii.gz")

    (case,) = list_folder(tmp_path / "brats_2013_pat0003_1").cases

    assert (case.case_id, list(case.images)) == ("brats_2013_pat0003_1", [Sequence.T1C])


def test_hidden_files_and_links_in_circles_are_passed_over(tmp_path: Path) -> None:
    brats(tmp_path, "BraTS2021_00001")
    image(tmp_path / "__MACOSX" / "BraTS2021_00001_t1.nii.gz")
    image(tmp_path / "._BraTS2021_00001_t1.nii.gz")
    (tmp_path / "BraTS2021_00001" / "again").symlink_to(tmp_path, target_is_directory=True)

    assert [case.case_id for case in list_folder(tmp_path).cases] == ["BraTS2021_00001"]


def test_a_folder_that_can_not_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brats(tmp_path, "BraTS2021_00001")
    brats(tmp_path, "BraTS2021_00002")
    scandir = os.scandir

    def locked(path: str) -> object:
        if Path(path).name == "BraTS2021_00001":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", locked)
    listing = list_folder(tmp_path)

    assert [case.case_id for case in listing.cases] == ["BraTS2021_00002"]
    assert reason(listing, "BraTS2021_00001") == "the folder can't be read (Permission denied)"


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda path: path.write_bytes(b""), "_t1.nii.gz is empty (0 bytes)"),
        (lambda path: path.write_bytes(b"<html>" * 99), "_t1.nii.gz is damaged or not NIfTI"),
        (cut, "_t1.nii.gz is cut off or damaged"),
        (lambda path: image(path, size=3), "t1c and t1 lie on different grids"),
        (lambda path: image(path, affine=np.eye(4)), "t1c and t1 lie on different grids"),
        (lambda path: path.unlink() or path.symlink_to("gone"), "_t1.nii.gz: no such file"),
        (lambda path: image(path.with_name(path.name[:-3])), "several files for t1: BraTS2021_0"),
    ],
)
def test_a_bad_case_is_left_out_with_its_reason(
    tmp_path: Path, damage: Callable[[Path], object], told: str
) -> None:
    brats(tmp_path, "BraTS2021_00001")
    brats(tmp_path, "BraTS2021_00002")
    damage(tmp_path / "BraTS2021_00001" / "BraTS2021_00001_t1.nii.gz")

    listing = list_folder(tmp_path)

    assert [case.case_id for case in listing.cases] == ["BraTS2021_00002"]
    assert told in reason(listing, "BraTS2021_00001")
    assert "\n" not in reason(listing, "BraTS2021_00001")


def test_labels_alone_are_no_case_and_no_labels_may_be_none(tmp_path: Path) -> None:
    brats(tmp_path, "BraTS2021_00001", "seg")
    brats(tmp_path, "BraTS2021_00002", "t2")
    brats(tmp_path, "BraTS2021_00003", "flair", "seg")

    some, strict = (list_folder(tmp_path, needs_labels=needs) for needs in (False, True))

    assert [case.case_id for case in some.cases] == ["BraTS2021_00002", "BraTS2021_00003"]
    assert reason(some, "BraTS2021_00001") == "no image of any sequence"
    assert [case.case_id for case in strict.cases] == ["BraTS2021_00003"]
    assert reason(strict, "BraTS2021_00002") == "no labels"


def test_only_reading_all_finds_damage_in_the_middle(tmp_path: Path) -> None:
    path = noise(tmp_path / "BraTS2021_00001_t2.nii.gz")
    image(tmp_path / "BraTS2021_00002_t2.nii.gz")
    content = bytearray(path.read_bytes())
    content[len(content) * 3 // 4] ^= 0xFF
    path.write_bytes(bytes(content))

    quick, thorough = (list_folder(tmp_path, thorough=all_of_it) for all_of_it in (False, True))

    assert len(quick.cases) == 2
    assert [case.case_id for case in thorough.cases] == ["BraTS2021_00002"]
    assert "_t2.nii.gz is damaged" in reason(thorough, "BraTS2021_00001")


def test_only_reading_all_finds_labels_that_mean_nothing(tmp_path: Path) -> None:
    brats(tmp_path, "BraTS2021_00001", "t1")
    brats(tmp_path, "BraTS2021_00002", "t1", "seg")
    image(tmp_path / "BraTS2021_00001" / "BraTS2021_00001_seg.nii.gz", fill=9)

    assert "labels 9" in reason(list_folder(tmp_path, thorough=True), "BraTS2021_00001")


def test_a_cavity_without_enhancing_tumor_is_read_as_labels(tmp_path: Path) -> None:
    image(tmp_path / "BraTS-GLI-02105-105-t2f.nii.gz")
    image(tmp_path / "BraTS-GLI-02105-105-seg.nii.gz", fill=4)

    assert len(list_folder(tmp_path, thorough=True).cases) == 1


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_the_grid_comes_from_the_header_alone(tmp_path: Path, suffix: str) -> None:
    grid = grid_of(image(tmp_path / f"a{suffix}"))

    assert grid.shape == (4, 5, 6)
    assert np.array_equal(grid.affine, SPACING_MM)
    assert not grid.data.any()


def test_gzip_in_several_members_is_whole(tmp_path: Path) -> None:
    content = gzip.decompress(image(tmp_path / "a.nii.gz").read_bytes())
    path = tmp_path / "b.nii.gz"
    path.write_bytes(gzip.compress(content[:400]) + gzip.compress(content[400:]))

    assert grid_of(path).shape == (4, 5, 6)
    path.write_bytes(gzip.compress(content[:400]))
    with pytest.raises(InputError, match=rf"b\.nii\.gz is cut off: 400 of {352 + 2 * 120} bytes"):
        grid_of(path)


def test_an_uncompressed_file_that_is_too_short_is_cut_off(tmp_path: Path) -> None:
    path = image(tmp_path / "a.nii")
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(InputError, match=r"a\.nii is cut off: 591 of 592 bytes"):
        grid_of(path)


@pytest.mark.parametrize(
    ("shape", "dtype", "told"),
    [((4, 4), "<f4", "no single 3D"), ((4, 4, 4, 2), "<f4", "no single"), ((4, 4, 4), "<c8", "or")],
)
def test_other_images_are_refused(
    tmp_path: Path, shape: tuple[int, ...], dtype: str, told: str
) -> None:
    nib = pytest.importorskip("nibabel")
    nib.save(nib.Nifti1Image(np.zeros(shape, dtype), np.eye(4)), tmp_path / "a.nii")

    with pytest.raises(InputError, match=told):
        grid_of(tmp_path / "a.nii")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 351), value=st.integers(0, 255), more=st.binary(max_size=8))
def test_no_damage_of_a_header_crashes_the_listing(
    tmp_path: Path, place: int, value: int, more: bytes
) -> None:
    path = image(tmp_path / "a.nii")
    content = bytearray(path.read_bytes())
    damage = bytes([value]) + more
    content[place : place + len(damage)] = damage
    path.write_bytes(bytes(content))
    case = ListedCase(case_id="a", patient="a", source="here", images={Sequence.T1: path})

    told = fault(case, one_grid=True, thorough=False)

    assert told is None or "a.nii" in told


def test_a_header_that_is_not_a_number_is_refused(tmp_path: Path) -> None:
    path = image(tmp_path / "a.nii")
    content = bytearray(path.read_bytes())
    content[280:284] = struct.pack("<f", float("nan"))
    path.write_bytes(bytes(content))

    with pytest.raises(InputError, match=r"a\.nii"):
        grid_of(path)


def test_no_case_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gone: no such folder"):
        list_folder(tmp_path / "gone")
    with pytest.raises(InputError, match="holds no case of a known layout; known layouts: brats20"):
        list_folder(tmp_path)
    brats(tmp_path, "BraTS2021_00001", "seg")
    with pytest.raises(InputError, match="none of 1 cases can be used; BraTS2021_00001: no image"):
        list_folder(tmp_path)


def test_listings_unite_and_a_case_stands_once(tmp_path: Path) -> None:
    one, two = (list_folder(brats(tmp_path / name, f"BraTS2021_0000{name}", "t1")) for name in "21")

    both = merge([one, two])

    assert [case.case_id for case in both.cases] == ["BraTS2021_00001", "BraTS2021_00002"]
    with pytest.raises(InputError, match=r"case BraTS2021_00002 is in BraTS 2021 \(.*list it once"):
        merge([both, one])
    with pytest.raises(InputError, match="no listing was given"):
        merge([])


@needs_data
def test_all_real_cases_are_found() -> None:
    listing = list_folder(DATA)
    counts = {"BraTS 2013": 4, "BraTS 2018/2019": 1, "BraTS 2021": 8, "BraTS 2023": 5}

    assert listing.left_out == ()
    assert {name: sum(c.source == name for c in listing.cases) for name in counts} == counts
    assert sum(case.whole_tumor_only for case in listing.cases) == 19
