"""A number, a seed and a plan decide about an example, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from glioscope.core import InputError, Sequence
from glioscope.learning import phantom
from glioscope.learning.augmentation import augmentation
from glioscope.learning.data.batch import Batch, Example, targets_of
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.drawing import Examples
from glioscope.learning.data.fitting import channels_of, padded, stripped
from glioscope.learning.data.listing import Facts, ListedCase
from glioscope.learning.data.plan import DrawPlan, Pool
from glioscope.learning.data.sampler import StepSampler
from glioscope.learning.data.whole_cases import WholeCases
from glioscope.learning.phantom import brain_with_tumor, phantom_cases
from glioscope.learning.sample import Sample

Cohort = tuple[tuple[ListedCase, ...], CaseCache]


@pytest.fixture
def cohort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cohort:
    """Eight patients: the tumor of number n is n + 1 voxels long."""

    def growing(*, shape: tuple[int, int, int], seed: int) -> Sample:
        sample = brain_with_tumor(shape=shape, seed=seed)
        regions = torch.zeros_like(sample.regions)
        regions[:, 5 : 6 + seed, 6:12, 7:13] = 1
        return replace(sample, regions=regions)

    monkeypatch.setattr(phantom, "brain_with_tumor", growing)
    return phantom_cases(tmp_path, patients=8)


def drawn(cohort: Cohort, *, unlabelled: frozenset[str] = frozenset(), **plan: Any) -> Examples:
    cases, cache = cohort
    chain = augmentation(plan.pop("augmentation", "none"), spacing_mm=2.0)
    return Examples(Pool(cases=cases, unlabelled=unlabelled), cache, DrawPlan(**plan), chain)


def numbers(examples: Examples, *, first: int, last: int) -> set[int]:
    """Return the numbers of the patients among some examples."""
    return {int(examples[n].case_id.rsplit("-", 1)[1]) for n in range(first, last)}


def same(one: Example, other: Example) -> bool:
    return one.case_id == other.case_id and torch.equal(one.sample.image, other.sample.image)


def test_a_curriculum_begins_with_the_largest_and_has_shown_all_by_its_middle(
    cohort: Cohort,
) -> None:
    examples = drawn(cohort, order="curriculum", examples=400, box=(4, 4, 4))

    # a quarter of eight at first; one more every sixth of the first half
    assert numbers(examples, first=0, last=1) <= {6, 7}
    assert numbers(examples, first=1, last=30) == {5, 6, 7}
    assert numbers(examples, first=68, last=99) == {3, 4, 5, 6, 7}
    assert numbers(examples, first=200, last=300) == set(range(8))


def test_without_a_curriculum_all_are_shown_from_the_first(cohort: Cohort) -> None:
    examples = drawn(cohort, examples=400, box=(4, 4, 4))

    assert numbers(examples, first=0, last=60) == set(range(8))


@pytest.mark.parametrize("order", ["uniform", "curriculum"])
def test_the_same_number_gives_the_same_example_in_any_order(cohort: Cohort, order: str) -> None:
    plan: dict[str, Any] = {
        "order": order,
        "examples": 20,
        "box": (12, 12, 12),
        "augmentation": "mild",
        "keep_all": 0.5,
        "cutmix": 0.5,
    }
    one, again = drawn(cohort, **plan), drawn(cohort, **plan)

    forwards = [one[n] for n in range(6)]
    backwards = [again[n] for n in reversed(range(6))][::-1]

    assert all(same(a, b) for a, b in zip(forwards, backwards, strict=True))
    other = drawn(cohort, **plan, seed=1)
    assert not all(same(a, other[n]) for n, a in enumerate(forwards))


def test_hidden_labels_are_not_looked_at(cohort: Cohort) -> None:
    cases, _ = cohort
    largest = cases[7].case_id
    hidden = drawn(
        cohort,
        unlabelled=frozenset({largest}),
        order="curriculum",
        examples=400,
        box=(6, 6, 6),
        tumor_share=1.0,
    )

    # the largest tumor is not known to be one, so it comes last, and boxes lie anywhere
    assert 7 not in numbers(hidden, first=0, last=60)
    late = [hidden[n] for n in range(200, 400)]
    shown = [example for example in late if example.case_id == largest]
    assert shown
    assert not any(example.labelled for example in shown)
    assert not any(e.sample.regions.any() or e.sample.known.any() for e in shown)
    # around this tumor there is brain only; elsewhere there is the edge of it too
    around = [example for example in late if example.case_id == cases[6].case_id]
    assert all(example.sample.brain.all() for example in around)
    assert not all(example.sample.brain.all() for example in shown)


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0.0), (0.25, 0.25), (1.0, 1.0)])
def test_so_many_examples_have_outlines_as_were_asked_for(
    cohort: Cohort, share: float, expected: float
) -> None:
    hidden = frozenset(case.case_id for case in cohort[0][1:])
    examples = drawn(cohort, unlabelled=hidden, labelled_share=share, box=(4, 4, 4))

    labelled = [float(examples[n].labelled) for n in range(200)]

    assert sum(labelled) / 200 == pytest.approx(expected, abs=0.09 if 0 < share < 1 else 0)


@pytest.mark.parametrize("share", [0.5, 0.0])
def test_a_share_of_what_is_not_there_is_refused(cohort: Cohort, share: float) -> None:
    with pytest.raises(InputError, match="no training case without outlines"):
        drawn(cohort, labelled_share=share)


def test_without_any_outline_a_share_of_them_is_refused(cohort: Cohort) -> None:
    hidden = frozenset(case.case_id for case in cohort[0])

    with pytest.raises(InputError, match=r"labelled_share = 0\.5: there is no .* with outlines"):
        drawn(cohort, unlabelled=hidden, labelled_share=0.5)


def test_boxes_around_the_tumor_hold_its_middle(cohort: Cohort) -> None:
    examples = drawn(cohort, box=(10, 10, 10), tumor_share=1.0)

    for number in range(20):
        example = examples[number]
        assert example.sample.image.shape == (4, 10, 10, 10)
        # jitter of a quarter of the edge each way keeps the middle inside
        assert example.sample.regions[0].any()


def test_a_box_larger_than_the_case_is_laid_about_its_middle(cohort: Cohort) -> None:
    examples = drawn(cohort, box=(28, 24, 20), tumor_share=0.0)

    sample = examples[0].sample

    assert sample.image.shape == (4, 28, 24, 20)
    assert not sample.brain[:, :4].any()
    assert not sample.brain[:, 24:].any()
    assert int(sample.brain.sum()) == 14 * 18 * 14


def test_cutmix_mixes_targets_in_proportion_and_what_is_unknown_stays_so(cohort: Cohort) -> None:
    cases, cache = cohort
    known = [replace(case, facts=replace(case.facts, mgmt_methylated=None)) for case in cases]
    examples = drawn((tuple(known), cache), cutmix=1.0, box=(16, 16, 16), tumor_share=1.0)
    facts = {case.case_id: targets_of(case.facts) for case in known}

    mixed = 0
    for number in range(24):
        example = examples[number]
        own = facts[example.case_id]
        grade = example.targets["grade"]
        assert grade.sum().item() == pytest.approx(1.0)
        assert not example.targets["mgmt"].any()
        host = float((grade * own["grade"]).sum())
        if host < 1:
            mixed += 1
            assert 0 <= host < 1
            kind = float((example.targets["tumor_type"] * own["tumor_type"]).sum())
            assert kind == pytest.approx(host)
    assert mixed > 12


def test_cutmix_leaves_alone_whose_class_is_unknown_or_hidden(cohort: Cohort) -> None:
    cases, cache = cohort
    nobody = tuple(replace(case, facts=Facts()) for case in cases)

    for pool, hidden in ((nobody, frozenset[str]()), (cases, frozenset(c.case_id for c in cases))):
        plain = drawn((pool, cache), unlabelled=hidden, box=(8, 8, 8))
        mixed = drawn((pool, cache), unlabelled=hidden, box=(8, 8, 8), cutmix=1.0)
        assert all(same(plain[n], mixed[n]) for n in range(5))


def test_steps_are_dealt_to_processes_without_loss_and_go_on_by_stretch() -> None:
    whole = StepSampler(steps=3, batch=4, last=5)
    parts = [StepSampler(steps=3, batch=4, last=5, rank=rank, processes=2) for rank in (0, 1)]

    assert list(whole) == list(range(12))
    assert [list(part) for part in parts] == [[0, 1, 4, 5, 8, 9], [2, 3, 6, 7, 10, 11]]
    for sampler in (whole, *parts):
        sampler.set_epoch(1)
    # the last stretch is as long as the stage is
    assert list(whole) == list(range(12, 20))
    assert [len(part) for part in parts] == [4, 4]
    assert sorted(n for part in parts for n in part) == list(whole)


def test_padding_comes_behind_and_fits_the_stride() -> None:
    sample = brain_with_tumor(shape=(9, 16, 10))

    grown = padded(sample, 8)

    assert grown.image.shape == (4, 16, 16, 16)
    assert torch.equal(grown.image[:, :9, :, :10], sample.image)
    assert grown.regions.sum() == sample.regions.sum()
    assert not grown.brain[:, 9:].any()
    assert padded(grown, 8) is grown


def test_channels_are_those_of_the_network_in_its_order() -> None:
    sample = brain_with_tumor()
    sample = replace(sample, presence=torch.tensor([1.0, 0.0, 1.0, 1.0]))
    order = list(Sequence)

    chosen = channels_of(sample, (Sequence.FLAIR, Sequence.T1C))

    places = [order.index(Sequence.FLAIR), order.index(Sequence.T1C)]
    assert torch.equal(chosen.image, sample.image[places])
    assert torch.equal(chosen.presence, sample.presence[places])
    assert channels_of(sample, tuple(Sequence)) is sample


def test_stripping_leaves_nothing_outside_the_brain() -> None:
    sample = brain_with_tumor()
    head = replace(sample, image=torch.ones_like(sample.image))

    assert torch.equal(stripped(head).image, sample.brain.expand_as(head.image))
    assert head.image.all()


def test_whole_cases_are_as_they_are(cohort: Cohort) -> None:
    cases, cache = cohort

    example = WholeCases(cases, cache, DrawPlan(stride=8, sequences=(Sequence.T1C,)))[3]

    assert example.case_id == cases[3].case_id
    assert example.sample.image.shape == (1, 24, 24, 24)
    assert example.sample.known.tolist() == [1, 1, 1]


def batch_of(cohort: Cohort, change: Callable[[Example], Example]) -> Batch:
    cases, cache = cohort
    examples = WholeCases(cases[:2], cache, DrawPlan())
    return Batch.of([examples[0], change(examples[1])])


def test_labels_that_may_not_be_used_become_unknown_in_a_batch(cohort: Cohort) -> None:
    batch = batch_of(cohort, lambda example: replace(example, labelled=False))

    assert batch.known.tolist() == [[1, 1, 1], [0, 0, 0]]
    for head, target in batch.targets.items():
        assert not target[1].any(), head
    assert batch.targets["grade"][0].tolist() == [1, 0, 0]
    assert batch.survival[0].tolist() == [300.0, 1.0]
    assert bool(batch.survival[1, 0].isnan())
    assert batch.survival[1, 1].item() == 0
    # age and sex are no labels
    assert batch.clinical.tolist() == [[40.0, -1.0], [41.0, 1.0]]


def test_cases_of_several_sizes_are_no_batch(cohort: Cohort) -> None:
    def larger(example: Example) -> Example:
        return replace(example, sample=padded(example.sample, 32))

    with pytest.raises(InputError, match="give a box, or a batch of 1"):
        batch_of(cohort, larger)


def test_a_batch_moves_with_all_it_has(cohort: Cohort) -> None:
    batch = batch_of(cohort, lambda example: example)

    moved = batch.to("meta")

    assert moved.image.device.type == "meta"
    assert all(target.device.type == "meta" for target in moved.targets.values())
    assert moved.case_ids == batch.case_ids
    assert batch.image.device.type == "cpu"
