from pathlib import Path

import numpy as np
import pytest
import torch

from glioscope.core import CaseError, InputError, Sequence
from glioscope.learning import phantom
from glioscope.learning.augmentation import SLICE_CHANGES
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.listing import Facts, ListedCase
from glioscope.learning.data.plan import Pool
from glioscope.learning.data.question import (
    answered,
    class_of,
    question_loss,
    question_targets,
    target_of,
    upsampled,
)
from glioscope.learning.data.slice_batch import SliceBatch
from glioscope.learning.data.slice_crops import changed_crop, plain_crop
from glioscope.learning.data.slice_examples import (
    PatientSlices,
    SliceExamples,
    SliceOptions,
    SlicePlan,
    shape_of,
    tumor_places,
)
from glioscope.learning.phantom import brain_with_tumor, phantom_cases
from glioscope.learning.sample import Sample

Cohort = tuple[tuple[ListedCase, ...], CaseCache]


@pytest.fixture
def cohort(tmp_path: Path) -> Cohort:
    return phantom_cases(tmp_path, patients=6)


def plan_of(*, examples: int = 40, seed: int = 0, **options: object) -> SlicePlan:
    return SlicePlan(
        options=SliceOptions(**{"edge": 32, **options}),  # type: ignore[arg-type]
        sequences=tuple(Sequence),
        shape_names=("VoxelVolume", "Elongation"),
        examples=examples,
        seed=seed,
    )


def test_the_same_number_gives_the_same_slice_in_whatever_order(cohort: Cohort) -> None:
    cases, cache = cohort
    one = SliceExamples(Pool(cases=cases), cache, plan_of())
    two = SliceExamples(Pool(cases=cases), cache, plan_of())

    expected = [one[number] for number in range(8)]
    for number in reversed(range(8)):
        assert two[number].image.numpy().tobytes() == expected[number].image.numpy().tobytes()
        assert two[number].case_ids == expected[number].case_ids
    assert {slices.image.shape for slices in expected} == {(1, 4, 32, 32)}


def test_every_class_comes_up_equally_often(cohort: Cohort) -> None:
    cases, cache = cohort
    # two thirds of the phantoms are of grade 2 or 3
    slices = SliceExamples(Pool(cases=cases), cache, plan_of(examples=400, augment="none"))

    high = sum(float(slices[number].target[0, 1]) for number in range(400))

    assert high == pytest.approx(200, abs=3 * 10)


def test_only_the_minority_is_magnified(cohort: Cohort) -> None:
    cases, cache = cohort
    slices = SliceExamples(Pool(cases=cases), cache, plan_of())
    pixels: dict[int, set[int]] = {0: set(), 1: set()}
    for number in range(40):
        batch = slices[number]
        pixels[int(batch.target[0, 1])].add(int((batch.image[0, 0] != 0).sum()))

    # the tumor of the phantoms is 7 x 8 pixels in every slice
    assert pixels[0] == {56}
    assert len(pixels[1]) > 5
    assert max(pixels[1]) > 100


def test_a_patient_has_every_slice_that_holds_tumor_and_nothing_but_tumor(cohort: Cohort) -> None:
    cases, cache = cohort
    batch = PatientSlices(cases[:1], cache, plan_of())[0]
    sample = cache.open(cases[0].case_id).sample()

    tumor = sample.image * sample.brain * (sample.regions[:1] > 0.5)
    # rows 5 to 11 and columns 6 to 13 of 20 and 24, on a canvas of 48, of which 32 are shown
    expected = tumor[..., 7:13].permute(3, 0, 1, 2)
    assert batch.image.shape == (6, 4, 32, 32)
    assert torch.equal(batch.image[:, :, 6:26, 4:28], expected)
    assert float(batch.image.abs().sum()) == pytest.approx(float(expected.abs().sum()))
    assert batch.case_ids == ("PHANTOM-00",) * 6
    assert batch.shape[:, 0].tolist() == [7 * 8 * 6 * 8.0] * 6


def test_channels_are_those_of_the_network(cohort: Cohort) -> None:
    cases, cache = cohort
    plan = plan_of()
    single = SlicePlan(options=plan.options, sequences=(Sequence.FLAIR,), shape_names=())

    alone = PatientSlices(cases[:1], cache, single)[0]
    both = PatientSlices(cases[:1], cache, plan)[0]

    place = list(Sequence).index(Sequence.FLAIR)
    assert torch.equal(alone.image, both.image[:, place : place + 1])
    assert alone.shape.shape == (6, 0)


def test_a_crop_without_tumor_is_drawn_again_and_then_laid_about_the_tumor() -> None:
    canvas = torch.zeros(2, 48, 48)
    canvas[:, 44:47, 44:47] = 1

    for seed in range(10):
        shown = changed_crop(canvas, np.random.default_rng(seed), edge=32, tries=2)
        # pepper may hide some of it, and a turn cuts corners
        assert float(shown.sum()) > 5
    assert float(plain_crop(canvas, 32).sum()) == 9


def test_changes_are_left_out_by_their_names(cohort: Cohort) -> None:
    cases, cache = cohort
    cut = SliceExamples(Pool(cases=cases), cache, plan_of(augment="all", without=SLICE_CHANGES))
    rolled = plan_of(augment="all", without=("flips", "rotation", "noise"))
    shifted = SliceExamples(Pool(cases=cases), cache, rolled)

    moved = 0
    for number in range(6):
        plain, other = cut[number].image, shifted[number].image
        # a roll moves all pixels and changes none
        assert torch.equal(plain.flatten().sort().values, other.flatten().sort().values)
        moved += not torch.equal(plain, other)
    assert 0 < moved < 6


def test_slices_are_joined_in_their_order(cohort: Cohort) -> None:
    cases, cache = cohort
    patients = PatientSlices(cases, cache, plan_of())

    joined = SliceBatch.of([patients[0], patients[2]]).to("cpu")

    assert joined.image.shape == (12, 4, 32, 32)
    assert joined.case_ids == ("PHANTOM-00",) * 6 + ("PHANTOM-02",) * 6
    assert joined.target.tolist() == [[1.0, 0.0]] * 6 + [[0.0, 1.0]] * 6


def test_a_tumor_too_small_for_a_slice_or_a_shape_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flat(*, shape: tuple[int, int, int] = (20, 24, 20), seed: int = 0) -> Sample:
        sample = brain_with_tumor(shape=shape, seed=seed)
        sample.regions[:] = 0
        sample.regions[0, 5, 6, 7] = 1
        return sample

    monkeypatch.setattr(phantom, "brain_with_tumor", flat)
    cases, cache = phantom_cases(tmp_path, patients=1)
    cached = cache.open(cases[0].case_id)

    with pytest.raises(CaseError, match=r"no slice holds 2 pixels of tumor \(most: 1\)"):
        tumor_places(cached, least_pixels=2)
    with pytest.raises(CaseError, match="PHANTOM-00: its tumor has no Elongation; leave"):
        shape_of(cached, ("VoxelVolume", "Elongation"))
    assert tumor_places(cached) == (7,)
    assert float(shape_of(cached, ("VoxelVolume",))) == 8.0


@pytest.mark.parametrize(
    ("grade", "expected"), [(2, [1, 0]), (3, [1, 0]), (4, [0, 1]), (None, [0, 0])]
)
def test_grade_4_is_asked_against_2_and_3(grade: int | None, expected: list[int]) -> None:
    assert target_of(Facts(grade=grade), "grade4").tolist() == expected


def test_mixed_grades_are_mixed_answers() -> None:
    mixed = question_targets({"grade": torch.tensor([[0.2, 0.3, 0.5]])}, "grade4")

    torch.testing.assert_close(mixed, torch.tensor([[0.5, 0.5]]))


def test_what_may_not_be_used_or_is_not_known_is_no_example(cohort: Cohort) -> None:
    cases, _ = cohort
    hidden = cases[2].case_id
    known = answered(Pool(cases=cases, unlabelled=frozenset({hidden})), "grade4")

    assert [case.case_id for case in known] == [c.case_id for c in cases if c.case_id != hidden]
    with pytest.raises(InputError, match="known 'mgmt' are of 0 classes"):
        answered(Pool(cases=cases), "mgmt")


def test_the_minority_is_repeated_until_all_classes_are_as_large(cohort: Cohort) -> None:
    cases, _ = cohort
    # of grades 2, 3, 4, 2, 3 the fourth is one of five
    repeated = upsampled(cases[:5], "grade4")

    assert [class_of(case, "grade4") for case in repeated] == [0] * 4 + [1] * 4
    assert {case.case_id for case in repeated[4:]} == {"PHANTOM-02"}


def test_the_loss_is_the_cross_entropy_of_whose_answer_is_known() -> None:
    logits = torch.tensor([[0.3, -1.0], [2.0, 0.5], [0.0, 1.0]])
    targets = torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]])

    expected = torch.nn.functional.cross_entropy(logits[[0, 2]], torch.tensor([0, 1]))
    torch.testing.assert_close(question_loss(logits, targets), expected)
    assert float(question_loss(logits, torch.zeros(3, 2))) == 0.0
