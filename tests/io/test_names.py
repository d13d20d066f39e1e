from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from glioscope.core import Sequence
from glioscope.io.names import Role, clue_of_name, patient_of_path

T1, T1C, T2, FLAIR = Sequence.T1, Sequence.T1C, Sequence.T2, Sequence.FLAIR


@pytest.mark.parametrize(
    ("name", "sequence"),
    [
        ("Brats18_2013_2_1_t1.nii.gz", T1),
        ("BraTS2021_01477_t1ce.nii.gz", T1C),
        ("BraTS20_Training_001_flair.nii", FLAIR),
        ("BraTS-GLI-00000-000-t1n.nii.gz", T1),
        ("BraTS-GLI-00000-000-t1c.nii.gz", T1C),
        ("BraTS-GLI-00000-000-t2w.nii.gz", T2),
        ("BraTS-GLI-00000-000-t2f.nii.gz", FLAIR),
        ("UCSF-PDGM-0004_T1c_bias.nii.gz", T1C),
        ("UCSF-PDGM-0004_FLAIR.nii.gz", FLAIR),
        ("UPENN-GBM-00001_11_T1GD_unstripped.nii.gz", T1C),
        ("UPENN-GBM-00001_11_T2.nii.gz", T2),
        ("sub-01_ses-02_ce-gadolinium_T1w.nii.gz", T1C),
        ("sub-03_acq-mprage_run-1_T1w.nii.gz", T1),
        ("sub-01_space-T1w_FLAIR.nii.gz", FLAIR),
        ("sub-01_T2w.nii.gz", T2),
        ("t1.nii", T1),
        ("T1CE.NII.GZ", T1C),
        ("T1_C.nii", T1C),
        ("T1+C.nii.gz", T1C),
        ("t1gd.nii.gz", T1C),
        ("Ax_T1_POST.nii.gz", T1C),
        ("AX_T1_PRE_GAD.nii", T1),
        ("T1_no_contrast.nii.gz", T1),
        ("3dT1_mprage_gd.nii.gz", T1C),
        ("mprage.nii.gz", T1),
        ("axT1.nii", T1),
        ("t2_flair_ax.nii", FLAIR),
        ("T1_FLAIR.nii", T1),
        ("FLAIR_to_T1.nii.gz", FLAIR),
        ("t2_spc_sag.nii", T2),
        ("T1c_subtrMeanDivStd.nii.gz", T1C),
        ("Flair_subtrMeanDivStd.nii.gz", FLAIR),
        ("FLAIR/image.nii.gz", FLAIR),
        ("with_seg/t1.nii.gz", T1),
        ("MRHR_FLAIR_AX_Si_TCGA-FG-6692_MRHR_FLAIR_AX_SE_IR_5_tir2d1_21_fla.nii.gz", FLAIR),
        ("MRHR_T2_AX_Si_TCGA-FG-6692_MRHR_T2_AX_SE_2_tse2d1_11_t2.nii.gz", T2),
        ("MRHR_T1_AX_POST_GAD_Si_TCGA-FG-6692_T1_AX_POST_GAD_SE_13_se2d1r_t1c.nii.gz", T1C),
        ("T1_AX_Si_TCGA-FG-6692_T1_AX_SE_10_se2d1_t1.nii.gz", T1),
        ("scan.nii.gz", None),
        ("t1_t2_ratio.nii.gz", None),
    ],
)
def test_the_sequence_is_told_by_the_name(name: str, sequence: Sequence | None) -> None:
    clue = clue_of_name(PurePosixPath(name))

    assert clue.role is Role.IMAGE
    assert clue.sequence is sequence


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("BraTS2021_01477_seg.nii.gz", Role.LABELS),
        ("UCSF-PDGM-0004_tumor_segmentation.nii.gz", Role.LABELS),
        ("UPENN-GBM-00001_11_automated_approx_segm.nii.gz", Role.LABELS),
        ("TCGA-CS-4941_flair-abnormality.nii.gz", Role.LABELS),
        ("OTMultiClass.nii.gz", Role.LABELS),
        ("truth/brain_1mm.nii.gz", Role.LABELS),
        ("tumor_seg/t1.nii.gz", Role.LABELS),
        ("t1_tumor_mask.nii.gz", Role.LABELS),
        ("brainmask.nii.gz", Role.BRAIN_MASK),
        ("UCSF-PDGM-0004_brain_parenchyma_segmentation.nii.gz", Role.BRAIN_MASK),
        ("exam_hdbet_mask_native_t1.nii.gz", Role.BRAIN_MASK),
        ("UCSF-PDGM-0004_DTI_eddy_FA.nii.gz", Role.OTHER),
        ("UCSF-PDGM-0004_ADC.nii.gz", Role.OTHER),
        ("T2star.nii.gz", Role.OTHER),
        ("sub-01_dwi.nii.gz", Role.OTHER),
    ],
)
def test_what_is_no_image_of_the_four_is_told_by_the_name(name: str, role: Role) -> None:
    assert clue_of_name(PurePosixPath(name)).role is role


@pytest.mark.parametrize(
    ("path", "patient"),
    [
        ("BraTS-GLI-00000-000-t1n.nii.gz", "brats-gli-00000-000"),
        ("BraTS2021_01477/BraTS2021_01477_t1.nii.gz", "brats2021_01477"),
        ("brats_2013_pat0003_1/Flair.nii.gz", "brats_2013_pat0003_1"),
        ("UCSF-PDGM-0004_nifti/UCSF-PDGM-0004_T1.nii.gz", "ucsf-pdgm-0004"),
        ("UPENN-GBM-00001_11_T1.nii.gz", "upenn-gbm-00001_11"),
        ("TCGA-CS-4941/series/t1.nii.gz", "tcga-cs-4941"),
        ("sub-01/ses-02/anat/sub-01_ses-02_T1w.nii.gz", "sub-01/ses-02"),
        ("patient7/t1.nii.gz", "patient7"),
        ("series/t1.nii.gz", None),
    ],
)
def test_the_patient_is_told_by_the_identifiers_of_known_sets(
    path: str, patient: str | None
) -> None:
    assert patient_of_path(PurePosixPath(path)) == patient
