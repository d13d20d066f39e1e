from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.core import (
    Alignment,
    Case,
    CaseError,
    InputError,
    Label,
    Sequence,
    Series,
    Study,
    Volume,
)
from glioscope.io import LabelConvention, write_volume
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.truth import read_listed, read_truth

SHAPE = (30, 28, 26)
MOVED_VOX = 4


def volume(data: npt.NDArray[np.generic], *, origin_mm: float = 0.0) -> Volume:
    affine = np.eye(4)
    affine[:3, 3] = origin_mm
    return Volume(data=data, affine=affine)


def prepared(*, aligned: bool) -> tuple[Case, Study]:
    """T1c is the reference; FLAIR's grid lies elsewhere, and was moved along the first axis."""
    brain = volume(np.ones(SHAPE, dtype=bool))
    image = brain.with_data(np.ones(SHAPE, dtype=np.float32))
    moved = np.eye(4)
    moved[0, 3] = 0.0 if aligned else MOVED_VOX
    case = Case(
        case_id="box",
        images={Sequence.T1C: image, Sequence.FLAIR: image},
        brain=brain,
        heads={},
        reference=Sequence.T1C,
        reference_grid=image,
        alignments=tuple(
            Alignment(
                sequence=sequence,
                to_reference=to_reference,
                moved_mm=0.0,
                similarity=2.0,
                already_aligned=aligned,
            )
            for sequence, to_reference in ((Sequence.T1C, np.eye(4)), (Sequence.FLAIR, moved))
        ),
    )
    series = (
        Series(series_id="1", volume=image, declared=Sequence.T1C, by_user=True),
        Series(series_id="2", volume=volume(image.data, origin_mm=-1.0), declared=Sequence.FLAIR),
    )
    return case, Study(case_id="box", series=series)


def drawn() -> npt.NDArray[np.uint8]:
    """Nested boxes, in the numbers of BraTS 2018."""
    labels = np.zeros(SHAPE, dtype=np.uint8)
    labels[6:20, 5:19, 4:18] = 2
    labels[8:14, 7:13, 6:12] = 1
    labels[9:11, 8:10, 7:9] = 4
    return labels


def listed(path: Path, labels: Volume) -> ListedCase:
    write_volume(labels, path / "seg.nii.gz")
    return ListedCase(
        case_id="box",
        patient="box",
        source="boxes",
        images={Sequence.T1C: path / "t1c.nii.gz"},
        labels=path / "seg.nii.gz",
    )


def test_labels_become_nested_regions_and_todays_labels(tmp_path: Path) -> None:
    case, study = prepared(aligned=True)

    truth = read_truth(listed(tmp_path, volume(drawn())), case=case, study=study)

    assert truth is not None
    np.testing.assert_array_equal(truth.regions[0], drawn() > 0)
    np.testing.assert_array_equal(truth.regions[1], np.isin(drawn(), (1, 4)))
    np.testing.assert_array_equal(truth.regions[2], drawn() == 4)
    assert truth.known == (1, 1, 1)
    expected = np.where(drawn() == 4, Label.ENHANCING, drawn())
    np.testing.assert_array_equal(truth.labels.data, expected)


def test_the_convention_of_the_listing_says_what_the_numbers_mean(tmp_path: Path) -> None:
    case, study = prepared(aligned=True)
    one = listed(tmp_path, volume(np.where(drawn() == 1, 3, drawn())))
    of_2013 = replace(one, convention=LabelConvention.BRATS_2013)

    truth = read_truth(of_2013, case=case, study=study)

    assert truth is not None
    np.testing.assert_array_equal(truth.regions[1], np.isin(drawn(), (1, 4)))
    with pytest.raises(InputError, match="holds both 3 and 4"):
        read_truth(one, case=case, study=study)


@pytest.mark.parametrize(("origin_mm", "shift_vox"), [(0.0, 0), (-1.0, MOVED_VOX - 1)])
def test_labels_move_with_the_image_whose_grid_they_have(
    tmp_path: Path, origin_mm: float, shift_vox: int
) -> None:
    case, study = prepared(aligned=False)
    labels = volume(drawn(), origin_mm=origin_mm)

    truth = read_truth(listed(tmp_path, labels), case=case, study=study)

    assert truth is not None
    first, *others = np.argwhere(truth.regions[0] >= 0.5).min(axis=0).tolist()
    assert first == 6 + shift_vox
    assert others == [5 + origin_mm, 4 + origin_mm]


def test_a_mask_of_the_whole_tumor_is_any_value_above_zero(tmp_path: Path) -> None:
    case, study = prepared(aligned=True)
    one = replace(listed(tmp_path, volume(drawn() * 50)), whole_tumor_only=True)

    truth = read_truth(one, case=case, study=study)

    assert truth is not None
    assert truth.known == (1, 0, 0)
    np.testing.assert_array_equal(truth.regions[0], drawn() > 0)
    assert not truth.regions[1:].any()
    np.testing.assert_array_equal(truth.labels.data, (drawn() > 0) * np.uint8(Label.EDEMA))


def test_labels_on_another_grid_are_refused_where_images_were_moved(tmp_path: Path) -> None:
    one = listed(tmp_path, volume(drawn(), origin_mm=-2.0))
    case, study = prepared(aligned=True)
    assert read_truth(one, case=case, study=study) is not None

    case, study = prepared(aligned=False)
    with pytest.raises(CaseError, match=r"on the grid of none of the images \(t1c, flair\)"):
        read_truth(one, case=case, study=study)


def test_labels_that_lie_outside_the_brain_are_refused(tmp_path: Path) -> None:
    case, study = prepared(aligned=True)
    case.brain.data[:16] = False

    with pytest.raises(CaseError, match=r"0\.8 of the 2\.7 ml .* look whether the labels belong"):
        read_truth(listed(tmp_path, volume(drawn())), case=case, study=study)


def test_a_case_without_tumor_is_known_to_have_none(tmp_path: Path) -> None:
    case, study = prepared(aligned=True)

    truth = read_truth(listed(tmp_path, volume(0 * drawn())), case=case, study=study)

    assert truth is not None
    assert truth.known == (1, 1, 1)
    assert not truth.regions.any()


def test_without_labels_there_is_no_truth(tmp_path: Path) -> None:
    case, study = prepared(aligned=True)
    one = replace(listed(tmp_path, volume(drawn())), labels=None)

    assert read_truth(one, case=case, study=study) is None


def test_exactly_the_listed_files_are_read_as_what_the_listing_says(tmp_path: Path) -> None:
    image = volume(np.random.default_rng(0).normal(size=SHAPE).astype(np.float32))
    for name in ("scan_a", "scan_b", "t2"):
        write_volume(image, tmp_path / name / "image.nii.gz")
    write_volume(volume(drawn()), tmp_path / "mask.nii.gz")
    one = ListedCase(
        case_id="box",
        patient="box",
        source="boxes",
        images={
            Sequence.FLAIR: tmp_path / "scan_a" / "image.nii.gz",
            Sequence.T1: tmp_path / "scan_b" / "image.nii.gz",
        },
        brain=tmp_path / "mask.nii.gz",
    )

    study = read_listed(one)

    assert [series.declared for series in study.series] == [Sequence.FLAIR, Sequence.T1]
    assert all(series.by_user for series in study.series)
    assert len({series.series_id for series in study.series}) == 2
    assert study.case_id == "box"
    assert study.brain_mask is not None
    np.testing.assert_array_equal(study.brain_mask.data, drawn() > 0)
