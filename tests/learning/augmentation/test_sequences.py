from collections import Counter
from dataclasses import replace

import numpy as np
import torch

from glioscope.learning.augmentation import (
    Resolution,
    ResolutionDraw,
    SequenceDropout,
    Stripping,
)
from glioscope.learning.phantom import brain_with_tumor


def test_all_fifteen_subsets_are_drawn_and_never_none() -> None:
    rng = np.random.default_rng(0)
    dropout = SequenceDropout(keep_all=0.0, keep_pair=0.0)

    found = Counter(tuple(dropout.draw(rng).tolist()) for _ in range(600))

    assert len(found) == 15
    assert (0.0, 0.0, 0.0, 0.0) not in found


def test_pairs_of_t1c_and_flair_are_as_frequent_as_asked() -> None:
    rng = np.random.default_rng(0)
    dropout = SequenceDropout(keep_all=0.5, keep_pair=0.5)

    found = Counter(tuple(dropout.draw(rng).tolist()) for _ in range(400))

    assert set(found) == {(1.0, 1.0, 1.0, 1.0), (0.0, 1.0, 0.0, 1.0)}
    assert 150 < found[0.0, 1.0, 0.0, 1.0] < 250


def test_a_dropped_sequence_is_zero_and_said_to_be_absent() -> None:
    sample = brain_with_tumor()

    left = SequenceDropout()(sample, torch.tensor([1.0, 0.0, 1.0, 1.0]))

    assert not left.image[1].any()
    assert torch.equal(left.image[0], sample.image[0])
    assert left.presence.tolist() == [1, 0, 1, 1]


def test_the_last_sequence_is_never_dropped() -> None:
    sample = replace(brain_with_tumor(), presence=torch.tensor([1.0, 0.0, 0.0, 0.0]))

    assert SequenceDropout()(sample, torch.tensor([0.0, 1.0, 1.0, 1.0])) is sample


def test_thick_slices_average_along_their_axis_only() -> None:
    sample = brain_with_tumor()
    draw = ResolutionDraw(factors=((4.0, 2), (1.0, 2), (1.0, 2), (1.0, 2)))

    thick = Resolution()(sample, draw)

    assert torch.equal(thick.image[1:], sample.image[1:])
    inner = (slice(3, -3),) * 3
    before, after = sample.image[0][inner], thick.image[0][inner]
    assert after.diff(dim=2).abs().mean() < 0.5 * before.diff(dim=2).abs().mean()
    assert after.diff(dim=0).abs().mean() > after.diff(dim=2).abs().mean()


def test_a_shrunk_brain_keeps_its_tumor() -> None:
    sample = brain_with_tumor()
    sample.regions[0, 3:6, 3:6, 3:6] = 1

    small = Stripping()(sample, -2)

    assert small.brain.sum() < sample.brain.sum()
    assert bool((small.brain[0][sample.regions[0] > 0.5] == 1).all())


def test_a_grown_brain_reaches_as_far_as_drawn() -> None:
    sample = brain_with_tumor()

    grown = Stripping()(sample, 2)

    assert grown.brain[0, 1, 10, 10] == 1
    assert grown.brain[0, 0, 10, 10] == 0
