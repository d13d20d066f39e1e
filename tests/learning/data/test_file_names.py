from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from glioscope.core import InputError, Sequence
from glioscope.io import LabelConvention
from glioscope.learning.data.file_names import NamedFile, layout, layout_names, readers

# layout: files of one case as published, and for each its role; the images stand for T1, T1c, T2
# and FLAIR in this order
PUBLISHED = {
    "brats2018": (
        "MICCAI_BraTS_2018_Data_Training/HGG/Brats18_TCIA02_192_1/Brats18_TCIA02_192_1_{}.nii.gz",
        ("t1", "t1ce", "t2", "flair"),
        "seg",
    ),
    "brats2020": (
        "BraTS20_Training_001/BraTS20_Training_001_{}.nii",
        ("t1", "t1ce", "t2", "flair"),
        "seg",
    ),
    "brats2021": (
        "BraTS2021_00000/BraTS2021_00000_{}.nii.gz",
        ("t1", "t1ce", "t2", "flair"),
        "seg",
    ),
    "brats2023": (
        "BraTS-GLI-00000-000/BraTS-GLI-00000-000-{}.nii.gz",
        ("t1n", "t1c", "t2w", "t2f"),
        "seg",
    ),
    "brats2024": (
        "BraTS-GLI-02105-105/BraTS-GLI-02105-105-{}.nii.gz",
        ("t1n", "t1c", "t2w", "t2f"),
        "seg",
    ),
    "brats2013": (
        "brats_2013_pat0003_1/{}.nii.gz",
        (
            "T1_subtrMeanDivStd",
            "T1c_subtrMeanDivStd",
            "T2_subtrMeanDivStd",
            "Flair_subtrMeanDivStd",
        ),
        "OTMultiClass",
    ),
    "tcga_lgg": (
        "TCGA-CS-4941/TCGA-CS-4941_{}.nii.gz",
        ("t1", "t1c", "t2", "flair"),
        "flair-abnormality",
    ),
    "ucsf_pdgm": (
        "UCSF-PDGM-0004_nifti/UCSF-PDGM-0004_{}.nii.gz",
        ("T1_bias", "T1c_bias", "T2_bias", "FLAIR_bias"),
        "tumor_segmentation",
    ),
    "upenn_gbm": (
        "images_structural/UPENN-GBM-00001_11/UPENN-GBM-00001_11_{}.nii.gz",
        ("T1", "T1GD", "T2", "FLAIR"),
        "segm",
    ),
}


def read_all(path: str, name: str | None = None) -> list[NamedFile]:
    found = (read(PurePosixPath(path)) for read in readers(name))
    return [named for named in found if named is not None]


@pytest.mark.parametrize("name", PUBLISHED)
def test_exactly_one_layout_recognizes_a_published_name(name: str) -> None:
    pattern, images, labels = PUBLISHED[name]
    words = (*images, labels)

    of_all = [read_all(pattern.format(word)) for word in words]

    assert [len(found) for found in of_all] == [1] * len(words)
    assert [found[0].role for found in of_all] == [*Sequence, "labels"]
    assert [read_all(pattern.format(word), name) for word in words] == of_all
    assert len({(found[0].case_id, found[0].source) for found in of_all}) == 1


@pytest.mark.parametrize(
    ("path", "case_id", "patient"),
    [
        ("LGG/BraTS19_2013_2_1/BraTS19_2013_2_1_t1.nii", "BraTS19_2013_2_1", "BraTS19_2013_2_1"),
        ("BraTS-GLI-00005-001-t1n.nii.gz", "BraTS-GLI-00005-001", "BraTS-GLI-00005"),
        ("BraTS-GLI-02063-101-t1n.nii.gz", "BraTS-GLI-02063-101", "BraTS-GLI-02063"),
        (
            "UCSF-PDGM-0429_FU003d_nifti/UCSF-PDGM-0429_FU003d_T1.nii.gz",
            "UCSF-PDGM-0429_FU003d",
            "UCSF-PDGM-0429",
        ),
        ("UPENN-GBM-00036_21_T1.nii.gz", "UPENN-GBM-00036_21", "UPENN-GBM-00036"),
        ("brats_2013_pat0004_1/brainmask.nii.gz", "brats_2013_pat0004_1", "brats_2013_pat0004"),
    ],
)
def test_time_points_are_cases_of_one_patient(path: str, case_id: str, patient: str) -> None:
    (found,) = read_all(path)

    assert (found.case_id, found.patient) == (case_id, patient)


@pytest.mark.parametrize(
    "path",
    [
        "UCSF-PDGM-0004_ADC.nii.gz",
        "UCSF-PDGM-0004_DTI_eddy_FA.nii.gz",
        "UPENN-GBM-00001_11_T1_unstripped.nii.gz",
        "UPENN-GBM-00001_11_automated_approx_segm.nii.gz",
        "BraTS2021_00000_t1.nii.json",
        "BraTS20_Training_354/W39_1998.09.19_Segm.nii",
        "BraTS-MEN-00000-000-t1n.nii.gz",
        "brainmask.nii.gz",
        "patient/T1.nii.gz",
    ],
)
def test_other_files_are_of_no_interest(path: str) -> None:
    assert read_all(path) == []


def test_the_mask_under_a_foreign_name_is_that_of_its_folder() -> None:
    (found,) = read_all("BraTS20_Training_355/W39_1998.09.19_Segm.nii")

    assert (found.case_id, found.role) == ("BraTS20_Training_355", "labels")


def test_only_scans_after_treatment_have_a_cavity() -> None:
    found = [read_all(f"BraTS-GLI-00005-{time}-seg.nii.gz")[0] for time in ("000", "100")]

    assert [file.convention for file in found] == [None, LabelConvention.BRATS_2024]
    assert [file.source for file in found] == ["BraTS 2023", "BraTS 2024"]


def test_brats_2025_takes_both_under_its_own_name() -> None:
    paths = [f"BraTS-GLI-00005-{time}-t1n.nii.gz" for time in ("000", "100")]

    assert [read_all(path, "brats2025")[0].source for path in paths] == ["BraTS 2025"] * 2


def test_labels_of_a_program_are_asked_for_and_come_second() -> None:
    expert, program = (
        read_all(f"UPENN-GBM-00001_11_{word}.nii.gz", "upenn_gbm_automated")[0]
        for word in ("segm", "automated_approx_segm")
    )

    assert expert.role == program.role == "labels"
    assert expert.rank < program.rank
    assert expert.source == "UPENN-GBM, automated labels"


def test_corrected_images_come_first() -> None:
    corrected, plain = (
        read_all(f"UCSF-PDGM-0004_{word}.nii.gz")[0] for word in ("FLAIR_bias", "FLAIR")
    )

    assert corrected.rank < plain.rank


def test_an_unknown_layout_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="no layout is called 'brats2022'; known: brats2013"):
        readers("brats2022")
    assert set(PUBLISHED) < set(layout_names())


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match="'brats2013' already"):
        layout("brats2013")(readers("brats2013")[0])
