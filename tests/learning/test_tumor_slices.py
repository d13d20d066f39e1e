from collections import Counter
from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import WeightedRandomSampler

from glioscope.core import CaseError
from glioscope.learning.phantom import brain_with_tumor
from glioscope.learning.tumor_slices import balancing_weights, tumor_slices


def test_every_slice_with_tumor_is_there_once() -> None:
    slices = tumor_slices(brain_with_tumor(), case_id="one")

    assert slices.places.tolist() == [7, 8, 9, 10, 11, 12]
    assert slices.images.shape == (6, 4, 20, 24)


def test_only_tumor_is_shown_in_all_four_sequences() -> None:
    sample = brain_with_tumor()
    before = deepcopy(sample)

    slices = tumor_slices(sample, case_id="one")
    slices.images[0].zero_()

    for image, place in zip(slices.images[1:], slices.places[1:].tolist(), strict=True):
        expected = torch.zeros(4, 20, 24)
        expected[:, 5:12, 6:14] = sample.image[:, 5:12, 6:14, place]
        assert torch.equal(image, expected)
    assert torch.equal(sample.image, before.image)


def test_slices_with_little_tumor_can_be_left_out() -> None:
    sample = brain_with_tumor()
    regions = sample.regions.clone()
    regions[0, :, :, 12] = 0
    regions[0, 5, 6, 12] = 1

    slices = tumor_slices(replace(sample, regions=regions), case_id="one", least_pixels=2)

    assert slices.places.tolist() == [7, 8, 9, 10, 11]


def test_a_tumor_too_small_is_refused() -> None:
    with pytest.raises(CaseError, match=r"case one: no slice holds 57 pixels .*most: 56.*lower"):
        tumor_slices(brain_with_tumor(), case_id="one", least_pixels=57)


def test_a_case_that_nobody_outlined_is_refused() -> None:
    sample = replace(brain_with_tumor(), known=torch.zeros(3))

    with pytest.raises(CaseError, match="case one: the whole tumor is not outlined"):
        tumor_slices(sample, case_id="one")


def test_the_minority_is_drawn_as_often_as_the_majority() -> None:
    weights = balancing_weights([0] * 30 + [1] * 10)

    assert weights.tolist() == pytest.approx([40 / 60] * 30 + [2.0] * 10)
    generator = torch.Generator().manual_seed(0)
    drawn = list(WeightedRandomSampler(weights.tolist(), 2000, generator=generator))
    assert 900 < sum(number >= 30 for number in drawn) < 1100


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_every_class_weighs_the_same_in_all(classes: list[int]) -> None:
    weights = balancing_weights(classes)

    totals: Counter[int] = Counter()
    for name, weight in zip(classes, weights.tolist(), strict=True):
        totals[name] += weight
    assert float(weights.mean()) == pytest.approx(1.0)
    assert list(totals.values()) == pytest.approx([len(classes) / len(totals)] * len(totals))


def test_no_slices_are_refused() -> None:
    with pytest.raises(ValueError, match="give the class of each slice"):
        balancing_weights([])
